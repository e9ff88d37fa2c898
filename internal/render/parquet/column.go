package parquet

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	pq "github.com/parquet-go/parquet-go"

	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// put adds a value to the columns below a node of the schema. present is false if the value,
// or something around it, is missing. repetition and definition are the levels of Parquet's
// format: the innermost list that goes on with this value, and how many of the lists and
// nullable nodes around it are there.
type put func(w *Writer, v shape.Value, present bool, repetition, definition int)

// compiler turns a schema into nodes of Parquet's, and numbers their columns.
type compiler struct{ columns int }

// node compiles the schema of a field or an item. lists is the number of lists around it,
// outer are the objects around it.
func (c *compiler) node(s *shape.Schema, lists int, outer []*shape.Schema) (pq.Node, put) {
	switch s.Kind {
	case shape.String:
		return c.text(s)
	case shape.Number:
		return c.number(s)
	case shape.Bool:
		return c.leaf(pq.Leaf(pq.BooleanType), func(_ *Writer, v shape.Value) pq.Value { return pq.BooleanValue(v.Bool()) })
	case shape.List:
		return c.list(s, lists, outer)
	case shape.Map:
		return c.mapping(s, lists, outer)
	case shape.Object:
		if len(s.Fields) > 0 && !slices.Contains(outer, s) {
			return c.object(s, lists, outer)
		}
	}
	return c.json()
}

// leaf compiles a column whose values are always there if what is around them is.
func (c *compiler) leaf(node pq.Node, value func(*Writer, shape.Value) pq.Value) (pq.Node, put) {
	column := c.columns
	c.columns++
	return node, func(w *Writer, v shape.Value, present bool, repetition, definition int) {
		p := pq.NullValue()
		if present {
			p = value(w, v)
		}
		w.add(column, p, repetition, definition)
	}
}

func (w *Writer) add(column int, value pq.Value, repetition, definition int) {
	w.columns[column] = append(w.columns[column], value.Level(repetition, definition, column))
}

// nullable makes a node nullable. absent reports values that are null in the file; nil:
// those that are missing.
func nullable(node pq.Node, inner put, absent func(shape.Value) bool) (pq.Node, put) {
	return pq.Optional(node), func(w *Writer, v shape.Value, present bool, repetition, definition int) {
		if present = present && (absent == nil || !absent(v)); present {
			definition++
		}
		inner(w, v, present, repetition, definition)
	}
}

// text compiles texts, bytes and times. A time that is an empty text is null.
func (c *compiler) text(s *shape.Schema) (pq.Node, put) {
	switch s.Format {
	case shape.Timestamp:
		return c.leaf(pq.Timestamp(pq.Microsecond), func(_ *Writer, v shape.Value) pq.Value {
			return pq.Int64Value(v.Reflect().Interface().(time.Time).UnixMicro())
		})
	case shape.TimeText:
		node, put := c.leaf(pq.Timestamp(pq.Microsecond), func(_ *Writer, v shape.Value) pq.Value {
			t, _ := time.Parse(time.RFC3339, v.Text())
			return pq.Int64Value(t.UnixMicro())
		})
		return nullable(node, put, func(v shape.Value) bool {
			_, err := time.Parse(time.RFC3339, v.Text())
			return err != nil
		})
	case shape.Blob:
		return c.leaf(pq.Leaf(pq.ByteArrayType), func(_ *Writer, v shape.Value) pq.Value { return pq.ByteArrayValue(v.Reflect().Bytes()) })
	}
	return c.leaf(pq.Encoded(pq.String(), &pq.RLEDictionary), func(w *Writer, v shape.Value) pq.Value {
		return w.keep(append(w.text, strings.ToValidUTF8(v.Text(), "\ufffd")...)) // readers refuse a file with other bytes
	})
}

// keep returns the text behind the batch's texts as a value.
func (w *Writer) keep(text []byte) pq.Value {
	from := len(w.text)
	w.text = text
	return pq.ByteArrayValue(text[from:])
}

func (c *compiler) number(s *shape.Schema) (pq.Node, put) {
	switch zero := reflect.Zero(s.GoType()); {
	case zero.CanInt():
		return c.leaf(pq.Int(64), func(_ *Writer, v shape.Value) pq.Value { return pq.Int64Value(v.Reflect().Int()) })
	case zero.CanUint():
		return c.leaf(pq.Uint(64), func(_ *Writer, v shape.Value) pq.Value { return pq.Int64Value(int64(v.Reflect().Uint())) })
	}
	return c.leaf(pq.Leaf(pq.DoubleType), func(_ *Writer, v shape.Value) pq.Value { return pq.DoubleValue(v.Reflect().Float()) })
}

// json compiles values of any type, and objects that may contain themselves.
func (c *compiler) json() (pq.Node, put) {
	node, put := c.leaf(pq.JSON(), func(w *Writer, v shape.Value) pq.Value { return w.keep(encode.JSON{}.Value(w.text, v, 0)) })
	return nullable(node, put, func(v shape.Value) bool { return v.Schema.Kind == shape.Any && v.Interface() == nil })
}

func (c *compiler) list(s *shape.Schema, lists int, outer []*shape.Schema) (pq.Node, put) {
	item, put := c.node(s.Elem, lists+1, outer)
	return pq.List(item), func(w *Writer, v shape.Value, present bool, repetition, definition int) {
		if !present || v.Len() == 0 {
			put(w, shape.Value{}, false, repetition, definition)
			return
		}
		for i := range v.Len() {
			put(w, v.Index(i), true, repetition, definition+1)
			repetition = lists + 1
		}
	}
}

// mapping compiles maps. Their keys are in alphabetical order.
func (c *compiler) mapping(s *shape.Schema, lists int, outer []*shape.Schema) (pq.Node, put) {
	keys := c.columns
	c.columns++
	value, putValue := c.node(s.Elem, lists+1, outer)
	return pq.Map(pq.String(), value), func(w *Writer, v shape.Value, present bool, repetition, definition int) {
		var entries []shape.Entry
		if present {
			entries = v.Entries()
		}
		if len(entries) == 0 {
			w.add(keys, pq.NullValue(), repetition, definition)
			putValue(w, shape.Value{}, false, repetition, definition)
		}
		for _, e := range entries {
			w.add(keys, w.keep(append(w.text, strings.ToValidUTF8(e.Key, "\ufffd")...)), repetition, definition+1)
			putValue(w, e.Value, true, repetition, definition+1)
			repetition = lists + 1
		}
	}
}

// object compiles the fields of an object, without some.
func (c *compiler) object(s *shape.Schema, lists int, outer []*shape.Schema, without ...string) (pq.Node, put) {
	outer = append(slices.Clip(outer), s)
	group := object{Group: pq.Group{}}
	puts := make([]put, len(s.Fields)) // nil for a field that is left out
	names := columnNames(s.Fields)
	for i, f := range s.Fields {
		if slices.Contains(without, f.Name) {
			continue
		}
		var node pq.Node
		node, puts[i] = c.node(f.Schema, lists, outer)
		if f.Optional && !node.Optional() {
			node, puts[i] = nullable(node, puts[i], nil)
		}
		group.Group[names[i]] = node
		group.fields = append(group.fields, field{node, names[i]})
	}
	return group, func(w *Writer, v shape.Value, present bool, repetition, definition int) {
		for i, put := range puts {
			switch {
			case put == nil:
			case present:
				inner, ok := v.Field(i)
				put(w, inner, ok, repetition, definition)
			default:
				put(w, shape.Value{}, false, repetition, definition)
			}
		}
	}
}

// columnNames returns the names of the columns of fields. Engines find columns by name in
// any case, and some refuse a file with two that differ only in case. So a later one gets
// a number, as DuckDB would name it.
func columnNames(fields []shape.Field) []string {
	names := make([]string, len(fields))
	taken := map[string]bool{}
	for i, f := range fields {
		names[i] = f.Name
		for n := 1; taken[strings.ToLower(names[i])]; n++ {
			names[i] = fmt.Sprintf("%s_%d", f.Name, n)
		}
		taken[strings.ToLower(names[i])] = true
	}
	return names
}

// object is a group whose fields keep their order.
type object struct {
	pq.Group
	fields []pq.Field
}

func (o object) Fields() []pq.Field { return o.fields }

type field struct {
	pq.Node
	name string
}

func (f field) Name() string { return f.name }

// Value is for rows of Go values, which this package does not write.
func (field) Value(reflect.Value) reflect.Value { return reflect.Value{} }
