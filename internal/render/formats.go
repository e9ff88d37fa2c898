package render

import (
	"encoding/csv"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
	"muster/internal/safe"
)

// json compiles json, ndjson and yaml.
func (c *compiler) json(name string) func(*expr.Output) format {
	var f format
	switch {
	case c.view.Single && name == "json":
		f.record = func(b []byte, record shape.Value) ([]byte, error) {
			return append(encode.JSON{Indent: true}.Value(b, record, 0), '\n'), nil
		}
		return func(*expr.Output) format { return f }
	case c.view.Single && name == "yaml":
		f.record = func(b []byte, record shape.Value) ([]byte, error) {
			return encode.YAML(b, encode.Tree{Ordered: true}.Value(record)), nil
		}
		return func(*expr.Output) format { return f }
	}
	switch name {
	case "ndjson":
		f.record = func(b []byte, record shape.Value) ([]byte, error) {
			return append(encode.JSON{}.Value(b, record, 0), '\n'), nil
		}
	case "json":
		f = format{open: "[\n  ", between: ",\n  ", close: "\n]\n", none: "[]\n"}
		f.record = func(b []byte, record shape.Value) ([]byte, error) {
			return encode.JSON{Indent: true}.Value(b, record, 1), nil
		}
	case "yaml":
		f.none = "[]\n"
		f.record = func(b []byte, record shape.Value) ([]byte, error) {
			return encode.YAML(b, []any{encode.Tree{Ordered: true}.Value(record)}), nil
		}
	}
	return func(*expr.Output) format { return f }
}

// text compiles text: values with tabs between them and no header, as in the AWS CLI.
func (c *compiler) text() (func(*expr.Output) format, error) {
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
	return func(*expr.Output) format {
		var cell []byte
		return keepingForms(format{record: func(b []byte, record shape.Value) ([]byte, error) {
			for i, p := range paths {
				if i > 0 {
					b = append(b, '\t')
				}
				cell = encode.Text(cell[:0], p, record)
				b = encode.AppendField(b, string(cell))
			}
			return append(b, '\n'), nil
		}})
	}, nil
}

// keepingForms returns a format whose records wait as they are printed. Its record must not
// fail.
func keepingForms(f format) format {
	f.keep = func(b []byte, record shape.Value) []byte {
		b, _ = f.record(b, record)
		return b
	}
	return f
}

// name compiles name: the records' ids.
func (c *compiler) name(id *shape.Path) (func(*expr.Output) format, error) {
	if id == nil {
		return nil, &caret.Error{Flag: "--output name", Msg: "these records have no id", Offset: -1}
	}
	f := keepingForms(format{record: func(b []byte, record shape.Value) ([]byte, error) {
		b = append(b, safe.Text(string(encode.Text(nil, id, record)))...)
		return append(b, '\n'), nil
	}})
	return func(*expr.Output) format { return f }, nil
}

// csv compiles csv. Lists are joined by commas; deeper structures are JSON.
func (c *compiler) csv() (func(*expr.Output) format, error) {
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
			names[i] = p.Text
		}
		header = newCSV(c.CSVSafe).append(nil, names)
	}
	return func(*expr.Output) format {
		rows, cells, cell := newCSV(c.CSVSafe), make([]string, len(paths)), []byte(nil)
		return keepingForms(format{open: string(header), none: string(header), record: func(b []byte, record shape.Value) ([]byte, error) {
			for i, p := range paths {
				cell = encode.Cell(cell[:0], p, record)
				cells[i] = string(cell)
			}
			return rows.append(b, cells), nil
		}})
	}, nil
}

// appender is a buffer as an io.Writer.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// csvRows quotes with encoding/csv and appends to a buffer.
type csvRows struct {
	appender
	writer *csv.Writer
	safe   bool // --csv-safe
}

func newCSV(safe bool) *csvRows {
	rows := &csvRows{safe: safe}
	rows.writer = csv.NewWriter(&rows.appender)
	return rows
}

// formulaStarts are the characters with which a spreadsheet takes a cell for a formula;
// East Asian keyboards type the wide ones.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

func (rows *csvRows) append(b []byte, cells []string) []byte {
	if rows.safe {
		for i, cell := range cells {
			if cell != "" && strings.IndexAny(cell, formulaStarts) == 0 {
				cells[i] = "'" + cell // spreadsheets mark text so
			}
		}
	}
	if len(cells) == 1 && cells[0] == "" { // encoding/csv writes a blank line, but readers skip those
		return append(b, "\"\"\n"...)
	}
	rows.b = b
	rows.writer.Write(cells)
	rows.writer.Flush()
	return rows.b
}

// wide lists the paths that wide and csv show by default.
func (c *compiler) wide() []string {
	if len(c.view.Wide) > 0 {
		return c.view.Wide
	}
	var names []string
	for _, f := range c.record.Fields {
		if f.Schema.IsScalar() || f.Schema.IsScalarList() {
			names = append(names, f.Name)
		}
	}
	return names
}
