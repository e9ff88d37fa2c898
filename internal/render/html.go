package render

import (
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/expr"
	"muster/internal/render/html"
	"muster/internal/render/shape"
)

// html compiles html. The page sorts the records itself, unless --sort-by has sorted them.
func (c *compiler) html() (func(*expr.Output) format, error) {
	if c.Page == nil {
		return nil, &caret.Error{Flag: "--output html", Msg: "is for commands that list the records of accounts, such as instances", Offset: -1}
	}
	columns, err := c.pageColumns()
	if err != nil {
		return nil, err
	}
	var order []string
	if len(c.SortBy) == 0 {
		paths, err := c.identity()
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			order = append(order, p.Text)
		}
	}
	return func(*expr.Output) format {
		page := html.NewWriter(c.Page, c.record, columns, order)
		return format{
			record: func(b []byte, record shape.Value) ([]byte, error) { return page.Record(b, record), nil },
			finish: page.End,
		}
	}, nil
}

// pageColumns returns the columns of --columns, or of the table.
func (c *compiler) pageColumns() (columns []html.Column, err error) {
	shown := c.view.Columns
	if len(c.Columns) > 0 {
		shown = nil
		for _, name := range c.Columns {
			shown = append(shown, Column{Field: strings.TrimSpace(name)})
		}
	}
	for _, column := range shown {
		p, err := shape.ParsePath("--columns", column.Field, c.record)
		if err != nil {
			return nil, err
		}
		page := html.Column{Path: p, Title: column.Title}
		if column.Color != nil {
			page.Color = func(value string) string { return colorNames[column.Color(value)] }
		}
		columns = append(columns, page)
	}
	return columns, nil
}

var colorNames = map[Color]string{Red: "red", Green: "green", Yellow: "yellow", Faint: "faint"}
