package render

import (
	"cmp"
	"encoding/binary"
	"iter"

	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/grid"
	"muster/internal/render/shape"
	"muster/internal/safe"
)

// table compiles table, wide and markdown. Only table is fitted to the terminal. The
// paths leads to the value of each column.
func (c *compiler) table(name string) (func(*expr.Output) format, []*shape.Path, error) {
	columns := c.view.Columns
	if name == "wide" || len(columns) == 0 {
		columns = nil
		for _, field := range c.wide() {
			columns = append(columns, Column{Field: field})
		}
	}
	s, err := c.sheet(columns)
	if err != nil {
		return nil, nil, err
	}
	return func(out *expr.Output) format {
		return format{
			all: func(b []byte, records []marked) ([]byte, error) {
				return draw(out, b, s.table(c, name), func(yield func(grid.Row) bool) {
					for _, record := range records {
						if !yield(s.row(record, nil)) {
							return
						}
					}
				})
			},
			keep: func(b []byte, record shape.Value) []byte {
				return appendCells(b, s.row(marked{record: record}, nil).Cells)
			},
			kept: func(b []byte, forms iter.Seq[[]byte]) ([]byte, error) {
				return draw(out, b, s.table(c, name), func(yield func(grid.Row) bool) {
					for form := range forms {
						if !yield(grid.Row{Cells: cellsOf(string(form))}) {
							return
						}
					}
				})
			},
		}
	}, s.paths, nil
}

// appendCells appends cells in a form that takes little memory: the number of texts of
// each, and then each text behind its length.
func appendCells(b []byte, cells []grid.Cell) []byte {
	for _, cell := range cells {
		b = binary.AppendUvarint(b, uint64(len(cell)))
		for _, text := range cell {
			b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		}
	}
	return b
}

// cellsOf reverses appendCells.
func cellsOf(form string) (cells []grid.Cell) {
	number := func() int {
		n, size := binary.Uvarint([]byte(form[:min(len(form), binary.MaxVarintLen64)]))
		form = form[size:]
		return int(n)
	}
	for form != "" {
		cell := make(grid.Cell, number())
		for i := range cell {
			n := number()
			cell[i], form = form[:n], form[n:]
		}
		cells = append(cells, cell)
	}
	return cells
}

// sheet turns records into rows of a table or tree.
type sheet struct {
	columns []grid.Column
	paths   []*shape.Path
	colors  []func(string) Color // for each path; nil: no colors
	counts  bool                 // the last column has counts

	marks      bool        // the first column has marks: of --watch, or of the field mark
	mark       *shape.Path // View.Mark; nil: there is none
	markColors map[string]Color
}

// sheet returns the sheet with the user's columns, or else with the default ones.
func (c *compiler) sheet(defaults []Column) (*sheet, error) {
	fields := make([]string, len(defaults))
	for i, column := range defaults {
		fields[i] = column.Field
	}
	paths, err := c.columns(fields)
	if err != nil {
		return nil, err
	}
	s := &sheet{paths: paths, colors: make([]func(string) Color, len(paths)), marks: c.Watch || c.view.Mark != ""}
	if c.view.Mark != "" {
		if s.mark, err = shape.ParsePath("the mark", c.view.Mark, c.record); err != nil {
			return nil, err
		}
	}
	if s.marks {
		s.columns = append(s.columns, grid.Column{Title: " ", Keep: true})
	}
	color := c.Color && c.Output != "markdown" // Markdown has no colors
	if color {
		s.markColors = markColors
	}
	for i, p := range paths {
		column := Column{Field: p.Text, Shorten: p.EndsAtKey}
		for _, known := range c.view.Columns {
			if known.Field == p.Text {
				column = known
			}
		}
		if color {
			s.colors[i] = column.Color
		}
		s.columns = append(s.columns, grid.Column{
			Title:   safe.Text(cmp.Or(column.Title, column.Field)),
			Need:    column.Need,
			Shorten: column.Shorten,
			Min:     column.Min,
			Keep:    len(c.Columns) > 0,
		})
		s.counts = c.counted && p.Text == countField
	}
	return s, nil
}

// table returns the layout for a format.
func (s *sheet) table(c *compiler, name string) grid.Table {
	t := grid.Table{Columns: s.columns, Headers: !c.NoHeaders, Bars: s.counts, Dropped: c.LeftOut}
	if s.marks {
		t.Label = 1
	}
	layOut(&t, c.Options, name)
	return t
}

// layOut sets the width and the style for a format.
func layOut(t *grid.Table, o Options, name string) {
	switch name {
	case "markdown":
		t.Style = grid.Markdown
	case "wide":
		t.Style = grid.Style(o.Style)
	case "tree":
		t.Width = o.Width()
	default:
		t.Style, t.Width = grid.Style(o.Style), o.Width()
	}
}

// row returns the row of a record. The cells in first stand before the cells of the paths.
func (s *sheet) row(r marked, first []grid.Cell) grid.Row {
	row := grid.Row{Cells: make([]grid.Cell, 0, len(s.columns)+1)}
	if s.mark != nil {
		r.mark = marks[string(encode.Text(nil, s.mark, r.record))]
	}
	if s.marks {
		mark := cmp.Or(string(r.mark), " ")
		row.Cells = append(row.Cells, grid.Cell{s.markColors[mark].paint(mark)})
	}
	row.Cells = append(row.Cells, first...)
	for i, p := range s.paths {
		cell := grid.NewCell(encode.Items(p, r.record))
		if color := s.colors[i]; color != nil {
			for j, text := range cell {
				cell[j] = color(text).paint(text)
			}
		}
		row.Cells = append(row.Cells, cell)
	}
	if s.counts {
		row.Count = int(r.record.Reflect().FieldByName(countField).Int())
	}
	return row
}

// paint adds the color to a text that is safe for a terminal.
func (c Color) paint(text string) string {
	if c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
