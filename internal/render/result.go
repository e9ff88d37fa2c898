package render

import (
	"slices"
	"strings"

	"muster/internal/render/encode"
	"muster/internal/render/grid"
	"muster/internal/safe"
)

// resultFormat returns the function that prints the result of a query in a format. The
// default is JSON.
func resultFormat(name string, o Options) func(b []byte, x any) ([]byte, error) {
	switch name {
	case "ndjson":
		return func(b []byte, x any) ([]byte, error) {
			for _, item := range itemsOfResult(x) {
				b = append(encode.JSON{}.Any(b, item, 0), '\n')
			}
			return b, nil
		}
	case "yaml":
		return func(b []byte, x any) ([]byte, error) { return encode.YAML(b, x), nil }
	case "text":
		return func(b []byte, x any) ([]byte, error) { return encode.AWSText(b, x), nil }
	case "csv":
		return func(b []byte, x any) ([]byte, error) { return resultCSV(b, o, x), nil }
	case "table", "wide", "markdown":
		return func(b []byte, x any) ([]byte, error) { return drawResult(b, name, o, x) }
	}
	return func(b []byte, x any) ([]byte, error) {
		return append(encode.JSON{Indent: true}.Any(b, x, 0), '\n'), nil
	}
}

func resultCSV(b []byte, o Options, x any) []byte {
	header, rows := resultRows(x)
	w := newCSV(o.CSVSafe)
	if header != nil && !o.NoHeaders {
		b = w.append(b, header)
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, value := range row {
			if cells[i] = strings.Join(resultTexts(value), ","); o.Terminal {
				cells[i] = safe.Text(cells[i])
			}
		}
		b = w.append(b, cells)
	}
	return b
}

// drawResult draws a result as a table. All columns stay, since the query chose them.
func drawResult(b []byte, name string, o Options, x any) ([]byte, error) {
	header, rows := resultRows(x)
	columns := len(header)
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	t := grid.Table{Columns: make([]grid.Column, columns)}
	for i := range t.Columns {
		t.Columns[i].Keep = true
		if i < len(header) {
			t.Columns[i].Title = safe.Text(header[i])
		}
	}
	layOut(&t, o, name)
	// Without a header Markdown has no table.
	t.Headers = !o.NoHeaders && (header != nil || name == "markdown")
	out := &appender{b}
	err := t.Draw(out, func(yield func(grid.Row) bool) {
		for _, values := range rows {
			row := grid.Row{Cells: make([]grid.Cell, columns)}
			for i := range row.Cells {
				var texts []string
				if i < len(values) {
					texts = resultTexts(values[i])
				}
				row.Cells[i] = grid.NewCell(texts)
			}
			if !yield(row) {
				return
			}
		}
	})
	return out.b, err
}

// itemsOfResult returns the items of a list, or any other value as the only item.
func itemsOfResult(x any) []any {
	if list, ok := x.([]any); ok {
		return list
	}
	return []any{x}
}

// resultRows arranges a result as a table: an object becomes a row below a header with the
// keys of all objects, a list becomes a row, and any other value a row with one cell. A
// null has no rows.
func resultRows(x any) (header []string, rows [][]any) {
	if x == nil {
		return nil, nil
	}
	list := itemsOfResult(x)
	column := map[string]int{}
	for _, item := range list {
		if o, ok := item.(encode.Object); ok {
			for _, m := range o {
				if _, known := column[m.Key]; !known {
					column[m.Key] = len(header)
					header = append(header, m.Key)
				}
			}
		}
	}
	for _, item := range list {
		switch item := item.(type) {
		case encode.Object:
			row := make([]any, len(header))
			for _, m := range item {
				row[column[m.Key]] = m.Value
			}
			rows = append(rows, row)
		case []any:
			rows = append(rows, item)
		default:
			rows = append(rows, []any{item})
		}
	}
	return header, rows
}

// resultTexts returns the texts of a list of scalars, or the one text of any other value.
// Nested values are JSON.
func resultTexts(x any) []string {
	switch x := x.(type) {
	case nil:
		return nil
	case string:
		return []string{x}
	case []any:
		if !slices.ContainsFunc(x, encode.IsNested) {
			var texts []string
			for _, item := range x {
				texts = append(texts, strings.Join(resultTexts(item), ","))
			}
			return texts
		}
	}
	return []string{string(encode.JSON{}.Any(nil, x, 0))}
}
