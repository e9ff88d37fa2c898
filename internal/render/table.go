package render

import (
	"cmp"
	"io"
	"muster/internal/safe"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// table compiles table and wide: columns two spaces apart, no lines drawn, as
// kubectl has it. Only table is fitted to a terminal. The paths are those of the
// columns.
func (c *compiler) table(wide bool) (func(*run) format, []*shape.Path, error) {
	columns := c.view.Columns
	if wide || len(columns) == 0 {
		columns = nil
		for _, name := range c.wide() {
			columns = append(columns, Column{Field: name})
		}
	}
	g, paths, err := c.grid(columns)
	if err != nil {
		return nil, nil, err
	}
	return func(*run) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			rows := make([]row, len(records))
			for i, r := range records {
				rows[i] = row{marked: r, cells: cells(paths, r.record)}
			}
			width := 0
			if !wide {
				width = c.Width()
			}
			return c.printGrid(b, g, rows, width)
		}}
	}, paths, nil
}

// grid has the user's columns, or else the default ones.
func (c *compiler) grid(columns []Column) (grid, []*shape.Path, error) {
	defaults := make([]string, len(columns))
	for i, column := range columns {
		defaults[i] = column.Field
	}
	paths, err := c.columns(defaults)
	if err != nil {
		return grid{}, nil, err
	}
	g := grid{headers: !c.NoHeaders, color: c.Color}
	for _, p := range paths {
		column := Column{Field: p.Text, Shorten: p.EndsAtKey}
		for _, known := range c.view.Columns {
			if known.Field == p.Text {
				column = known
			}
		}
		g.columns = append(g.columns, gridColumn{Column: column, pinned: len(c.Columns) > 0})
	}
	return g, paths, nil
}

// printGrid adds what belongs to no field: the bars of counts, and the marks of
// what has changed.
func (c *compiler) printGrid(b []byte, g grid, rows []row, width int) ([]byte, error) {
	g.width, g.tellLeftOut = width, c.LeftOut
	g.columns = slices.Clone(g.columns)
	if c.Watch {
		g.columns = slices.Insert(g.columns, 0, gridColumn{Column: Column{Title: " ", Colors: markColors}, pinned: true})
		for i := range rows {
			rows[i].cells = slices.Insert(rows[i].cells, 0, cell{cmp.Or(string(rows[i].mark), " ")})
		}
		g.labels = 1
	}
	if c.counted {
		g.addBars(rows)
	}
	return g.print(b, rows)
}

// row is a record's line of a table, or several.
type row struct {
	marked
	cells   []cell
	rail    string // what the label goes on with where the row takes several lines
	heading bool   // there is nothing beside the label
}

// cells are the values of a record.
func cells(paths []*shape.Path, record shape.Value) []cell {
	cells := make([]cell, len(paths))
	for i, p := range paths {
		cells[i] = newCell(encode.Items(p, record))
	}
	return cells
}

// grid prints rows of cells.
type grid struct {
	columns []gridColumn
	headers bool
	color   bool
	width   int // the terminal's; 0: whatever it takes
	labels  int // the column that the rows' rails are in

	tellLeftOut func(titles []string) // nil: nobody is told
}

type gridColumn struct {
	Column
	pinned bool // the user asked for it, so it is not dropped
}

func (c *gridColumn) title() string {
	return safe.Text(cmp.Or(c.Title, c.Field))
}

// cell is a list of texts, safe for a terminal, each to be kept on one line.
type cell []string

// newCell shows nothing as a dash, which keeps the columns countable for awk and
// tells an empty cell from the lines below a list.
func newCell(items []string) cell {
	for i := range items {
		items[i] = safe.Text(items[i])
	}
	if len(items) == 0 || len(items) == 1 && items[0] == "" {
		return cell{"-"}
	}
	return items
}

// empty says whether there is nothing but the dash.
func (c cell) empty() bool { return len(c) == 1 && c[0] == "-" }

func (g grid) print(b []byte, rows []row) ([]byte, error) {
	if len(rows) == 0 {
		return b, nil
	}
	f := g.fit(rows)
	if titles := g.leftOut(f, rows); len(titles) > 0 && g.tellLeftOut != nil {
		g.tellLeftOut(titles)
	}
	separator := ","
	if f.stack {
		separator = "\n"
	}
	r := &plainRenderer{color: g.color}
	titles := make([]string, len(f.columns))
	for i, column := range f.columns {
		titles[i] = displaywidth.TruncateString(g.columns[column].title(), f.widths[i], "…")
		r.columns = append(r.columns, plainColumn{f.widths[i], g.columns[column].Colors})
	}
	out := &appender{b}
	t := newTable(out, r)
	if g.headers {
		t.Header(titles)
	}
	for _, row := range rows {
		texts := make([]string, len(f.columns))
		height := 1
		for i, column := range f.columns {
			items := row.cells[column]
			height = max(height, len(items))
			if g.columns[column].Shorten {
				items = slices.Clone(items)
				for j := range items {
					items[j] = displaywidth.TruncateString(items[j], f.widths[i], "…")
				}
			}
			texts[i] = strings.Join(items, separator)
		}
		if row.heading && g.width > 0 {
			label := slices.Index(f.columns, g.labels)
			texts[label] = displaywidth.TruncateString(texts[label], max(g.width-g.labels*(1+gap), 1), "…")
		}
		if row.rail != "" && f.stack {
			texts[slices.Index(f.columns, g.labels)] += strings.Repeat("\n"+row.rail, height-1)
		}
		if err := t.Append(texts); err != nil {
			return b, err
		}
	}
	err := t.Render()
	return out.b, err
}

// newTable is a tablewriter.Table that leaves texts as they are.
func newTable(w io.Writer, r tw.Renderer) *tablewriter.Table {
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		Padding:    tw.CellPadding{Global: tw.PaddingNone},
	}
	return tablewriter.NewTable(w, tablewriter.WithRenderer(r), tablewriter.WithConfig(tablewriter.Config{
		Header:   cell,
		Row:      cell,
		Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off},
	}))
}

// plainRenderer draws tablewriter's rows. Its own renderers draw lines, leave blanks
// at the ends of lines, and take the width of text from the locale in the environment.
type plainRenderer struct {
	columns []plainColumn
	color   bool
	w       io.Writer
	line    []byte
}

type plainColumn struct {
	width  int
	colors map[string]Color
}

// Columns are this far apart.
const gap = 2

func (r *plainRenderer) draw(cells map[int]tw.CellContext, color bool) {
	r.line = r.line[:0]
	blanks := 0
	for i, column := range r.columns {
		text := cells[i].Data
		if text != "" {
			r.line = append(r.line, strings.Repeat(" ", blanks)...)
			blanks = 0
		}
		if code := column.colors[text]; color && code != "" {
			r.line = append(r.line, "\x1b["+string(code)+"m"+text+"\x1b[0m"...)
		} else {
			r.line = append(r.line, text...)
		}
		blanks += max(column.width-displaywidth.String(text), 0) + gap
	}
	r.w.Write(append(r.line, '\n'))
}

func (r *plainRenderer) Start(w io.Writer) error { r.w = w; return nil }
func (r *plainRenderer) Header(_ [][]string, ctx tw.Formatting) {
	r.draw(ctx.Row.Current, false)
}
func (r *plainRenderer) Row(_ []string, ctx tw.Formatting) { r.draw(ctx.Row.Current, r.color) }
func (*plainRenderer) Footer([][]string, tw.Formatting)    {}
func (*plainRenderer) Line(tw.Formatting)                  {}
func (*plainRenderer) Close() error                        { return nil }
func (*plainRenderer) Logger(*ll.Logger)                   {}
func (*plainRenderer) Config() tw.Rendition {
	return tw.Rendition{Borders: tw.BorderNone, Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone}}
}
