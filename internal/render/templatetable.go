package render

import (
	"bytes"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"text/template"

	"github.com/clipperhouse/displaywidth"
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
	g := grid{columns: make([]gridColumn, columns), width: t.width()}
	texts := make([]row, len(rows))
	for i, cells := range rows {
		texts[i].cells = make([]cell, columns)
		for j, items := range cells {
			for _, item := range items {
				texts[i].cells[j] = append(texts[i].cells[j], item.text)
			}
		}
	}
	for j := range g.columns {
		g.columns[j] = gridColumn{Column: Column{Shorten: g.width > 0 && !fixed(texts, j)}, pinned: true}
	}
	f := g.fit(texts)
	var b strings.Builder
	for _, row := range rows {
		lines := 1
		for _, items := range row {
			if f.stack {
				lines = max(lines, len(items))
			}
		}
		for line := range lines {
			blanks := 0
			for j, items := range row {
				if f.stack {
					items = items[min(line, len(items)):min(line+1, len(items))]
				}
				text, width := items.line(f.widths[j])
				if width > 0 {
					b.WriteString(strings.Repeat(" ", blanks))
					b.WriteString(text)
					blanks = 0
				}
				blanks += f.widths[j] - width + gap
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// line is the items side by side, cut to a width, and what they take of it.
func (c tableCell) line(most int) (text string, width int) {
	for i, item := range c {
		if i > 0 && width < most {
			text += ","
			width++
		}
		item.text = displaywidth.TruncateString(item.text, most-width, "…")
		if item.text == "" {
			continue
		}
		text += item.String()
		width += displaywidth.String(item.text)
	}
	return text, width
}

// fixed says whether a column holds ids or addresses, which are of no use when cut.
func fixed(rows []row, column int) bool {
	for _, row := range rows {
		for _, text := range row.cells[column] {
			if _, err := netip.ParseAddr(text); err == nil || idPattern().MatchString(text) {
				return true
			}
		}
	}
	return false
}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[a-z]+-)*[0-9a-f]{8,17}$|^arn:`) })
