package encode

import (
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"muster/internal/jmespath"
	"muster/internal/render/shape"
)

// Object is a JSON object that keeps the order of its keys.
type Object = jmespath.Object

type member = jmespath.Member

func sortedObject(m map[string]any) Object {
	o := make(Object, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		o = append(o, member{Key: key, Value: m[key]})
	}
	return o
}

// Tree turns values into nil, bool, string, int, *big.Int, float64, []any, and
// map[string]any as jq needs them. A tree shares no lists or maps with the record.
type Tree struct {
	Ordered bool // Objects instead of maps, for YAML and JMESPath
}

// Value returns the tree of a record or of a part of one.
func (t Tree) Value(v shape.Value) any {
	switch v.Schema.Kind {
	case shape.String:
		return v.Text()
	case shape.Bool:
		return v.Bool()
	case shape.Number:
		return v.Number()
	case shape.List:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = t.Value(v.Index(i))
		}
		return list
	case shape.Map:
		return t.entries(v)
	case shape.Object:
		if t.Ordered {
			return t.object(v)
		}
		m := make(map[string]any, len(v.Schema.Fields))
		t.Fill(m, v)
		return m
	}
	return t.any(v.Interface())
}

func (t Tree) entries(v shape.Value) any {
	if t.Ordered {
		o := make(Object, 0, v.Len())
		for _, e := range v.Entries() {
			o = append(o, member{Key: e.Key, Value: t.Value(e.Value)})
		}
		return o
	}
	m := make(map[string]any, v.Len())
	if strings, ok := v.StringMap(); ok {
		for key, value := range strings {
			m[key] = value
		}
		return m
	}
	for _, e := range v.Entries() {
		m[e.Key] = t.Value(e.Value)
	}
	return m
}

func (t Tree) object(v shape.Value) Object {
	o := make(Object, 0, len(v.Schema.Fields))
	for i := range v.Schema.Fields {
		if value, ok := v.Field(i); ok {
			o = append(o, member{Key: v.Schema.Fields[i].Name, Value: t.Value(value)})
		}
	}
	return o
}

// Fill turns the tree of one record into the tree of another record of the same
// schema. Texts that both have, such as the account's name, cost no allocation.
func (t Tree) Fill(m map[string]any, v shape.Value) {
	for i := range v.Schema.Fields {
		f := &v.Schema.Fields[i]
		value, ok := v.Field(i)
		switch {
		case !ok:
			delete(m, f.Name)
		case f.Schema.Kind == shape.String:
			text := value.Text()
			if before, ok := m[f.Name].(string); !ok || before != text {
				m[f.Name] = text
			}
		default:
			m[f.Name] = t.Value(value)
		}
	}
}

// any copies the value of an Any, so that no filter can change a record.
func (t Tree) any(x any) any {
	switch x := x.(type) {
	case nil:
		return nil
	case json.Number:
		if n, err := strconv.Atoi(x.String()); err == nil {
			return n
		}
		if n, ok := new(big.Int).SetString(x.String(), 10); ok {
			return n
		}
		n, _ := x.Float64()
		return n
	case *big.Int:
		return x
	}
	v := reflect.ValueOf(x)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return t.Value(shape.ValueOf(shape.OfGoType(v.Type()), v))
}
