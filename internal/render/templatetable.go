package render

import (
	"bytes"
	"reflect"
	"strings"
	"text/template"

	"muster/internal/render/grid"
	"muster/internal/render/shape"
)

// tables is the format of a template that makes tables. It is a template of its own
// for each run, since the rows are collected in it. A record of which nothing is
// printed but rows takes no line.
func (e *templateEnv) tables(r *run, t *template.Template, text string, width func() int, headers bool) format {
	own := *e
	own.table = &templateTable{env: e, width: width, headers: headers}
	t = template.Must(t.Clone()) // which fails only where two templates have one name
	t.Funcs(template.FuncMap{"tablerow": own.table.row, "tableheader": own.table.header, "tablerender": own.table.render})
	r.write = nil // blank lines are taken back
	execute := executor(t, text, r)
	return format{
		record: func(b []byte, record shape.Value) ([]byte, error) {
			start := len(b)
			b, err := execute(b, record)
			switch text := b[start:]; {
			case len(bytes.TrimSpace(text)) == 0:
				b = b[:start]
			case bytes.HasSuffix(text, []byte("\n\n")):
				b = b[:len(b)-1]
			}
			return b, err
		},
		finish: func(b []byte) []byte { return append(b, own.table.render()...) },
	}
}

// templateTable collects the rows of a run.
type templateTable struct {
	env     *templateEnv
	width   func() int // of the terminal; 0: whatever it takes
	headers bool
	top     []tableCell
	rows    [][]tableCell
}

// tableCell is a value of a row, each item of a list by itself.
type tableCell []styled

// row adds a row. Where it is called it prints nothing.
func (t *templateTable) row(value any, more ...any) string {
	t.rows = append(t.rows, t.cells(value, more))
	return ""
}

// header sets the first row, which stays the same however often it is called for.
func (t *templateTable) header(value any, more ...any) string {
	if t.headers {
		t.top = t.cells(value, more)
	}
	return ""
}

func (t *templateTable) cells(value any, more []any) []tableCell {
	values := append([]any{value}, more...)
	cells := make([]tableCell, len(values))
	for i, value := range values {
		if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && t.env.known.Of(v.Type()).Elem.IsScalar() {
			for j := range v.Len() {
				cells[i] = append(cells[i], t.env.styled(v.Index(j).Interface()))
			}
		} else {
			cells[i] = tableCell{t.env.styled(value)}
		}
	}
	return cells
}

// render is the table of the rows so far, which ends with it.
func (t *templateTable) render() string {
	rows := t.rows
	if len(rows) == 0 {
		return ""
	}
	if t.top != nil {
		rows = append([][]tableCell{t.top}, rows...)
	}
	t.rows, t.top = nil, nil
	columns := 0
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	table := grid.Table{Columns: make([]grid.Column, columns), Width: t.width()}
	for i := range table.Columns {
		table.Columns[i] = grid.Column{Keep: true, Shorten: true, SpareID: true}
	}
	var b strings.Builder
	table.Draw(&b, func(yield func(grid.Row) bool) { // a strings.Builder never fails
		for _, cells := range rows {
			var row grid.Row
			for _, cell := range cells {
				row.Cells = append(row.Cells, cell.grid())
			}
			if !yield(row) {
				return
			}
		}
	})
	return b.String()
}

// grid returns the cell with the escape sequences of its items.
func (c tableCell) grid() grid.Cell {
	texts := make(grid.Cell, len(c))
	for i, item := range c {
		texts[i] = item.String()
	}
	return texts
}
