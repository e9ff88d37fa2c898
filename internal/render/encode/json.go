// Package encode writes records and the results of expressions as JSON, YAML, plain
// text, and the AWS CLI's text. It also converts records to trees of plain values, the input
// of jq and JMESPath.
package encode

import (
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"muster/internal/render/shape"
)

// JSON appends JSON to buffers. It escapes nothing for HTML, but everything that could
// disturb a terminal. Lists and maps that are nil are empty.
type JSON struct {
	Indent bool          // each key or item on a line of its own, by two spaces per level
	Known  shape.GoTypes // the schemas of Go values that Any writes
}

// Value appends a record or a part of one. depth is the number of brackets around it.
func (w JSON) Value(b []byte, v shape.Value, depth int) []byte {
	switch v.Schema.Kind {
	case shape.String:
		return appendQuoted(b, v.Text(), false)
	case shape.Number:
		return v.AppendNumber(b)
	case shape.Bool:
		return strconv.AppendBool(b, v.Bool())
	case shape.List:
		b = append(b, '[')
		for i := range v.Len() {
			b = w.Value(w.next(b, i, depth+1), v.Index(i), depth+1)
		}
		return w.end(b, v.Len(), depth, ']')
	case shape.Map:
		return w.entries(b, v, depth)
	case shape.Object:
		return w.fields(b, v, depth)
	}
	return w.Any(b, v.Interface(), depth)
}

func (w JSON) fields(b []byte, v shape.Value, depth int) []byte {
	b = append(b, '{')
	printed := 0
	for i := range v.Schema.Fields {
		value, ok := v.Field(i)
		if !ok {
			continue
		}
		b = append(w.next(b, printed, depth+1), '"')
		b = append(append(b, v.Schema.Fields[i].Name...), '"', ':')
		if w.Indent {
			b = append(b, ' ')
		}
		b = w.Value(b, value, depth+1)
		printed++
	}
	return w.end(b, printed, depth, '}')
}

func (w JSON) entries(b []byte, v shape.Value, depth int) []byte {
	b = append(b, '{')
	if m, ok := v.StringMap(); ok {
		var few [16]string
		keys := few[:0]
		for key := range m {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for i, key := range keys {
			b = appendQuoted(w.key(b, i, key, depth+1), m[key], false)
		}
		return w.end(b, len(keys), depth, '}')
	}
	entries := v.Entries()
	for i, e := range entries {
		b = w.Value(w.key(b, i, e.Key, depth+1), e.Value, depth+1)
	}
	return w.end(b, len(entries), depth, '}')
}

// Any appends a tree, or a Go value of another type that JSON can express.
func (w JSON) Any(b []byte, x any, depth int) []byte {
	switch x := x.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendQuoted(b, x, false)
	case json.Number:
		return append(b, x...)
	case *big.Int:
		return x.Append(b, 10)
	case []any:
		b = append(b, '[')
		for i, item := range x {
			b = w.Any(w.next(b, i, depth+1), item, depth+1)
		}
		return w.end(b, len(x), depth, ']')
	case map[string]any:
		return w.Any(b, sortedObject(x), depth)
	case Object:
		b = append(b, '{')
		for i, m := range x {
			b = w.Any(w.key(b, i, m.Key, depth+1), m.Value, depth+1)
		}
		return w.end(b, len(x), depth, '}')
	}
	v := reflect.ValueOf(x)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	return w.Value(b, shape.ValueOf(w.Known.Of(v.Type()), v), depth)
}

// key starts the member i of an object.
func (w JSON) key(b []byte, i int, key string, depth int) []byte {
	b = append(appendQuoted(w.next(b, i, depth), key, false), ':')
	if w.Indent {
		b = append(b, ' ')
	}
	return b
}

// next starts the item or member i.
func (w JSON) next(b []byte, i, depth int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return w.line(b, depth)
}

// end closes a list or an object of n items.
func (w JSON) end(b []byte, n, depth int, bracket byte) []byte {
	if n > 0 {
		b = w.line(b, depth)
	}
	return append(b, bracket)
}

func (w JSON) line(b []byte, depth int) []byte {
	if w.Indent {
		b = append(b, '\n')
		for range depth {
			b = append(b, "  "...)
		}
	}
	return b
}
