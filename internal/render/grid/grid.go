// Package grid draws rows of text as a table: fitted to the width of a terminal, in
// one of several styles, or as Markdown.
//
// tablewriter's renderers draw every table. They get the width of each column and then
// row after row, so that a table of any length takes no memory. Three things are done
// here, because tablewriter cannot do them:
//
//   - fit.go chooses the columns for a narrow terminal, by how much each is needed.
//     tablewriter can only wrap or cut all columns alike.
//   - lines.go measures text by grapheme clusters, as terminals do. tablewriter measures
//     rune by rune. It also leaves blanks at the ends of lines without a frame.
//   - tree.go and bars.go draw what tablewriter lacks: trees, and bars beside counts.
//
// Text must be safe for a terminal. The only escape sequences in it are those that the
// caller adds for colors and links.
package grid

import (
	"io"
	"iter"
	"slices"

	"muster/internal/safe"
)

// Table is the layout of a table.
type Table struct {
	Columns []Column
	Headers bool // draw the titles
	Style   Style
	Width   int // of the terminal, in columns; 0: the table is as wide as its text

	// Label is the column that headings and Row.Rail belong to. The columns in front of
	// it hold one character each.
	Label int

	// Bars draws a bar for Row.Count beside the last column, where there is room.
	Bars bool

	// Dropped is called with the titles of the columns that hold text and do not fit in
	// the terminal. It may be nil.
	Dropped func(titles []string)
}

// Column is a column of a table.
type Column struct {
	Title   string
	Need    int  // in a narrow terminal, the column with the highest Need is dropped first; of equal ones, the rightmost
	Keep    bool // never drop the column
	Shorten bool // text may be cut; without it text is whole, even if it is wider than the terminal
	SpareID bool // do not cut a column that holds ids or addresses
	Min     int  // the width to which text is cut before a column with the same Need is dropped; 0: 8
}

// Row is a row of a table.
type Row struct {
	Cells   []Cell // missing ones are blank
	Rail    string // drawn below the label if the row takes several lines
	Heading string // if set, the row is this text alone, from the label's column on; the style must have no frame
	Count   int    // for Table.Bars
}

// Cell is a list of texts. They share a line, separated by commas. If the terminal is too
// narrow for that, each gets a line of its own.
type Cell []string

// NewCell returns a cell of untrusted texts. If there are none, the cell has a dash. So
// awk finds as many fields in every line, and an empty cell differs from the space below
// a list.
func NewCell(texts []string) Cell {
	if len(texts) == 0 || len(texts) == 1 && texts[0] == "" {
		return Cell{none}
	}
	cell := make(Cell, len(texts))
	for i, text := range texts {
		cell[i] = safe.Text(text)
	}
	return cell
}

const none = "-"

func (c Cell) empty() bool { return len(c) == 0 || len(c) == 1 && c[0] == none }

// cell returns the cell of a column.
func (r *Row) cell(column int) Cell {
	if column < len(r.Cells) {
		return r.Cells[column]
	}
	return nil
}

// Draw draws the rows, or nothing if there are none. It ranges over rows twice, first to
// measure them, then to draw them. It may change the cells of the rows that it receives.
func (t Table) Draw(w io.Writer, rows iter.Seq[Row]) error {
	if t.Style == Markdown {
		t.Columns, rows = markdown(t.Columns, rows)
	}
	m := t.measure(rows)
	if m.rows == 0 {
		return nil
	}
	if t.Bars {
		rows = t.addBars(&m, rows)
	}
	f := t.fit(m)
	if t.Dropped != nil {
		if titles := t.dropped(m, f); len(titles) > 0 {
			t.Dropped(titles)
		}
	}
	return t.draw(w, f, rows)
}

// draw draws the columns that fit chose.
func (t *Table) draw(w io.Writer, f fitting, rows iter.Seq[Row]) error {
	out := &lines{w: w, trim: !t.Style.framed()}
	r := t.Style.newRenderer(out, f.widths)
	texts := make([]string, len(f.columns))
	r.top()
	if t.Headers {
		for i, column := range f.columns {
			texts[i] = out.hide(truncate(t.Columns[column].Title, f.widths[i]))
		}
		r.header(texts)
	}
	label := slices.Index(f.columns, t.Label)
	for row := range rows {
		if row.Heading != "" {
			out.heading(t, row.Heading)
			continue
		}
		r.startRow()
		height := 1
		if f.stack {
			for _, column := range f.columns {
				height = max(height, len(row.cell(column)))
			}
		}
		for line := range height {
			out.hidden = out.hidden[:0]
			for i, column := range f.columns {
				texts[i] = out.hide(f.text(row.cell(column), i, line))
			}
			if line > 0 && row.Rail != "" {
				texts[label] = out.hide(row.Rail)
			}
			r.line(texts)
		}
		if out.err != nil { // renderers ignore errors of their writer
			return out.err
		}
	}
	r.bottom()
	return out.err
}
