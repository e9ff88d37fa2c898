package render

import (
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"muster/internal/jmespath"
)

// object is a map whose keys have an order.
type (
	object = jmespath.Object
	member = jmespath.Member
)

func sortedObject(m map[string]any) object {
	o := make(object, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		o = append(o, member{Key: key, Value: m[key]})
	}
	return o
}

// tree turns a value into nil, bool, string, number, []any, and map[string]any or
// object: what gojq and JMESPath work on.
type tree struct {
	ordered bool // objects, not maps
}

func (t tree) value(v reflect.Value, s *shape) any {
	switch s.kind {
	case aString:
		return s.text(v)
	case aBool:
		return v.Bool()
	case aNumber:
		switch {
		case v.CanInt():
			return int(v.Int())
		case v.CanUint():
			return new(big.Int).SetUint64(v.Uint())
		}
		return v.Float()
	case aList:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = t.value(v.Index(i), s.elem)
		}
		return list
	case aMap:
		if t.ordered {
			o := make(object, 0, v.Len())
			for _, key := range sortedKeys(v) {
				o = append(o, member{Key: key.String(), Value: t.value(v.MapIndex(key), s.elem)})
			}
			return o
		}
		m := make(map[string]any, v.Len())
		if strings, ok := stringMap(v); ok {
			for key, value := range strings {
				m[key] = value
			}
			return m
		}
		for iter := v.MapRange(); iter.Next(); {
			m[iter.Key().String()] = t.value(iter.Value(), s.elem)
		}
		return m
	case aStruct:
		if t.ordered {
			o := make(object, 0, len(s.fields))
			for i := range s.fields {
				f := &s.fields[i]
				if value := s.get(v, f); value.IsValid() {
					o = append(o, member{Key: f.name, Value: t.value(value, f.shape)})
				}
			}
			return o
		}
		m := make(map[string]any, len(s.fields))
		t.fill(m, v, s)
		return m
	}
	return t.any(v.Interface())
}

// fill turns a struct into the map of one like it. Where both have the same text,
// as records of one account do, nothing has to be allocated.
func (t tree) fill(m map[string]any, v reflect.Value, s *shape) {
	for i := range s.fields {
		f := &s.fields[i]
		value := s.get(v, f)
		if !value.IsValid() {
			delete(m, f.name)
			continue
		}
		if f.shape.kind == aString {
			text := f.shape.text(value)
			if before, ok := m[f.name].(string); !ok || before != text {
				m[f.name] = text
			}
			continue
		}
		m[f.name] = t.value(value, f.shape)
	}
}

// any copies what hides in an interface, so that no filter can change a record.
func (t tree) any(x any) any {
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
	return t.value(v, shapeOf(v.Type()))
}
