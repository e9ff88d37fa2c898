package render

import (
	"encoding/csv"
	"muster/internal/safe"
	"reflect"
	"strings"
)

// text compiles -o text: values with a tab between them, no header, as the AWS CLI has it.
func (c *compiler) text() (func(*run) format, error) {
	defaults := c.view.Text
	if len(defaults) == 0 {
		for _, column := range c.view.Columns {
			defaults = append(defaults, column.Field)
		}
	}
	paths, err := c.columns(defaults)
	if err != nil {
		return nil, err
	}
	return func(*run) format {
		var cell []byte
		return format{record: func(b []byte, record reflect.Value) ([]byte, error) {
			for i, p := range paths {
				if i > 0 {
					b = append(b, '\t')
				}
				cell = p.appendText(cell[:0], record)
				b = appendField(b, string(cell))
			}
			return append(b, '\n'), nil
		}}
	}, nil
}

// appendField writes a value of a tab-separated line, which it must not break.
func appendField(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}

// name compiles -o name: the records' ids.
func (c *compiler) name(id *path) (func(*run) format, error) {
	if id == nil {
		return nil, &Error{Flag: "--output name", Msg: "these records have no id", Offset: -1}
	}
	f := format{record: func(b []byte, record reflect.Value) ([]byte, error) {
		b = append(b, safe.Text(string(id.appendText(nil, record)))...)
		return append(b, '\n'), nil
	}}
	return func(*run) format { return f }, nil
}

// csv compiles -o csv. Lists are joined by commas; what has more structure is JSON.
func (c *compiler) csv() (func(*run) format, error) {
	defaults := c.view.CSV
	if len(defaults) == 0 {
		defaults = c.wide()
	}
	paths, err := c.columns(defaults)
	if err != nil {
		return nil, err
	}
	var header []byte
	if !c.NoHeaders {
		names := make([]string, len(paths))
		for i, p := range paths {
			names[i] = p.text
		}
		header = newCSV(c.CSVSafe).append(nil, names)
	}
	return func(*run) format {
		rows, cells, cell := newCSV(c.CSVSafe), make([]string, len(paths)), []byte(nil)
		return format{open: string(header), none: string(header), record: func(b []byte, record reflect.Value) ([]byte, error) {
			for i, p := range paths {
				cell = p.appendCell(cell[:0], record)
				cells[i] = string(cell)
			}
			return rows.append(b, cells), nil
		}}
	}, nil
}

// appender is the end of a buffer as an io.Writer, for libraries that write.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// csvRows quotes with encoding/csv and appends to a buffer.
type csvRows struct {
	appender
	writer *csv.Writer
	safe   bool // no cell begins as a formula of a spreadsheet
}

func newCSV(safe bool) *csvRows {
	rows := &csvRows{safe: safe}
	rows.writer = csv.NewWriter(&rows.appender)
	return rows
}

func (rows *csvRows) append(b []byte, cells []string) []byte {
	if rows.safe {
		for i, cell := range cells {
			if cell != "" && strings.IndexAny(cell, "=+-@\t\r\n＝＋－＠") == 0 { // the wide ones are for East Asian keyboards
				cells[i] = "'" + cell // as spreadsheets mark text
			}
		}
	}
	if len(cells) == 1 && cells[0] == "" { // encoding/csv writes a blank line, which readers skip
		return append(b, "\"\"\n"...)
	}
	rows.b = b
	rows.writer.Write(cells)
	rows.writer.Flush()
	return rows.b
}

// wide are the paths that wide and csv show by default.
func (c *compiler) wide() []string {
	if len(c.view.Wide) > 0 {
		return c.view.Wide
	}
	var names []string
	for _, f := range c.record.fields {
		if f.shape.scalar() || f.shape.kind == aList && f.shape.elem.scalar() {
			names = append(names, f.name)
		}
	}
	return names
}

// appendText writes what the path leads to, several values joined by commas.
func (p *path) appendText(b []byte, record reflect.Value) []byte {
	first := true
	p.visit(record, func(v reflect.Value) {
		if p.many && p.leaf.kind == aList && v.Len() == 0 {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendPlain(b, v, p.leaf)
	})
	return b
}

// appendCell is appendText, but JSON where joined text would be ambiguous.
func (p *path) appendCell(b []byte, record reflect.Value) []byte {
	if s := p.leaf; s.scalar() || s.kind == anything || s.kind == aList && s.elem.scalar() {
		return p.appendText(b, record)
	}
	if p.many {
		b = append(b, '[')
	}
	first := true
	p.visit(record, func(v reflect.Value) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = jsonWriter{}.value(b, v, p.leaf, 0)
	})
	if p.many {
		b = append(b, ']')
	}
	return b
}

// items are the texts of the single values that the path leads to.
func (p *path) items(record reflect.Value) []string {
	var items []string
	add := func(b []byte) { items = append(items, string(b)) }
	p.visit(record, func(v reflect.Value) {
		switch s := p.leaf; s.kind {
		case aList:
			for i := range v.Len() {
				add(appendPlain(nil, v.Index(i), s.elem))
			}
		case aMap:
			for _, key := range sortedKeys(v) {
				add(appendPlain([]byte(key.String()+"="), v.MapIndex(key), s.elem))
			}
		default:
			add(appendPlain(nil, v, s))
		}
	})
	return items
}

// appendPlain writes a value as people read it: strings as they are, a,b for lists,
// k=v,k=v for maps, JSON for what is nested deeper.
func appendPlain(b []byte, v reflect.Value, s *shape) []byte {
	switch {
	case s.kind == aString:
		return append(b, s.text(v)...)
	case s.kind == anything && (v.Kind() != reflect.Interface || v.IsNil()):
		return b
	case s.kind == anything:
		v = v.Elem()
		return appendPlain(b, v, shapeOf(v.Type()))
	case s.kind == aList && s.elem.scalar():
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPlain(b, v.Index(i), s.elem)
		}
		return b
	case s.kind == aMap && s.elem.scalar():
		for i, key := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, key.String()...), '=')
			b = appendPlain(b, v.MapIndex(key), s.elem)
		}
		return b
	}
	return jsonWriter{}.value(b, v, s, 0)
}
