package expr

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"muster/internal/render/grid"
	"muster/internal/render/shape"
)

// startTable is Start for a template that makes a table. Each run collects rows of its
// own. A record for which the template prints nothing but a row takes no line.
func (t *Template) startTable(out *Output) (record func(b []byte, record shape.Value) ([]byte, error), finish func(b []byte) []byte) {
	table := &templateTable{env: t.env}
	clone := template.Must(t.template.Clone())
	clone.Funcs(template.FuncMap{"tablerow": table.row, "tableheader": table.header, "tablerender": table.render})
	out.Write = nil // blank lines are removed from the buffer
	execute := executor(clone, t.text, out)
	record = func(b []byte, record shape.Value) ([]byte, error) {
		start := len(b)
		b, err := execute(b, record)
		switch text := b[start:]; {
		case len(bytes.TrimSpace(text)) == 0:
			b = b[:start]
		case bytes.HasSuffix(text, []byte("\n\n")):
			b = b[:len(b)-1]
		}
		return b, err
	}
	return record, func(b []byte) []byte { return append(b, table.render()...) }
}

// templateTable collects rows until the template renders them.
type templateTable struct {
	env  *templateEnv
	top  []grid.Cell
	rows [][]grid.Cell
}

// row adds a row, and prints nothing at its own place.
func (t *templateTable) row(value any, more ...any) string {
	t.rows = append(t.rows, t.cells(value, more))
	return ""
}

// header sets the first row. Templates call it for each record.
func (t *templateTable) header(value any, more ...any) string {
	if t.env.Headers {
		t.top = t.cells(value, more)
	}
	return ""
}

func (t *templateTable) cells(value any, more []any) []grid.Cell {
	values := append([]any{value}, more...)
	cells := make([]grid.Cell, len(values))
	for i, value := range values {
		if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && t.env.known.Of(v.Type()).Elem.IsScalar() {
			for j := range v.Len() {
				cells[i] = append(cells[i], t.env.styled(v.Index(j).Interface()).String())
			}
		} else {
			cells[i] = grid.Cell{t.env.styled(value).String()}
		}
	}
	return cells
}

// render returns the table of the rows so far, and starts a new one.
func (t *templateTable) render() string {
	rows := t.rows
	if len(rows) == 0 {
		return ""
	}
	if t.top != nil {
		rows = slices.Insert(rows, 0, t.top)
	}
	t.rows, t.top = nil, nil
	columns := 0
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	layout := grid.Table{Columns: make([]grid.Column, columns), Width: t.env.Width()}
	for i := range layout.Columns {
		layout.Columns[i] = grid.Column{Keep: true, Shorten: true, SpareID: true}
	}
	var b strings.Builder
	layout.Draw(&b, func(yield func(grid.Row) bool) {
		for _, cells := range rows {
			if !yield(grid.Row{Cells: cells}) {
				return
			}
		}
	})
	return b.String()
}
