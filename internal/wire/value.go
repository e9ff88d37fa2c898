package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Object is a structure, a union, a map or a JSON object: names with values. A
// structure has its members in the order of AWS's model, and only the members that the
// message had.
//
// A value is a string, a bool, an int64, a float64, a []byte (blob), a time.Time, an
// Object or a []any; nil is null.
type Object []Field

// Field is a member of an Object.
type Field struct {
	Name  string
	Value any
}

// Get returns a member's value; nil where the object does not have it.
func (o Object) Get(name string) any {
	for i := range o {
		if o[i].Name == name {
			return o[i].Value
		}
	}
	return nil
}

// Text returns a member's text; "" where it has none.
func (o Object) Text(name string) string {
	text, _ := o.Get(name).(string)
	return text
}

// Objects returns the objects of a member that is a list; nil where it is none. An item
// that is no object is an empty one.
func (o Object) Objects(name string) []Object {
	list, ok := o.Get(name).([]any)
	if !ok {
		return nil
	}
	objects := make([]Object, len(list))
	for i := range list {
		objects[i], _ = list[i].(Object)
	}
	return objects
}

// Find returns the value at the end of a path of pagination: names with dots between
// them, where a name may end in [-1], the last item of its list. The first of several
// paths between || that leads to a value counts. It returns nil where none does.
func (o Object) Find(paths string) any {
	for path := range strings.SplitSeq(paths, "||") {
		if value := o.find(strings.TrimSpace(path)); value != nil {
			return value
		}
	}
	return nil
}

func (o Object) find(path string) any {
	var value any = o
	for name := range strings.SplitSeq(path, ".") {
		name, last := strings.CutSuffix(name, "[-1]")
		object, _ := value.(Object)
		value = object.Get(name)
		if list, ok := value.([]any); last {
			if !ok || len(list) == 0 {
				return nil
			}
			value = list[len(list)-1]
		}
	}
	return value
}

// Set returns the object with a member's value replaced, or added at the end.
func (o Object) Set(name string, value any) Object {
	for i := range o {
		if o[i].Name == name {
			o[i].Value = value
			return o
		}
	}
	return append(o, Field{name, value})
}

// Without returns a copy of the object that lacks some members.
func (o Object) Without(names ...string) Object {
	return slices.DeleteFunc(slices.Clone(o), func(f Field) bool { return slices.Contains(names, f.Name) })
}

// Clone returns a copy that shares no object, list or blob with the original.
func (o Object) Clone() Object { return clone(o).(Object) }

func clone(value any) any {
	switch v := value.(type) {
	case Object:
		object := slices.Clone(v)
		for i := range object {
			object[i].Value = clone(object[i].Value)
		}
		return object
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = clone(list[i])
		}
		return list
	case []byte:
		return slices.Clone(v)
	}
	return value
}

// Equal reports whether two objects have the same members in the same order.
func (o Object) Equal(other Object) bool {
	return slices.EqualFunc(o, other, func(a, b Field) bool { return a.Name == b.Name && equal(a.Value, b.Value) })
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case Object:
		b, ok := b.(Object)
		return ok && a.Equal(b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	}
	switch b.(type) {
	case Object, []any, []byte: // cannot be compared by ==
		return false
	}
	return a == b
}

// All yields the members in order.
func (o Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i := range o {
			if !yield(o[i].Name, o[i].Value) {
				return
			}
		}
	}
}

// MarshalJSON implements json.Marshaler; see AppendJSON.
func (o Object) MarshalJSON() ([]byte, error) { return AppendJSON(nil, o), nil }

// AppendJSON appends a value as compact JSON, as the AWS CLI prints it: a time in RFC
// 3339, a blob in base64, and members in order.
func AppendJSON(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case []byte:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, '"')
	case time.Time:
		return appendString(b, FormatTime(v))
	case []any:
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, v[i])
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, v[i].Name), ':')
			b = AppendJSON(b, v[i].Value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// FormatTime writes a time as the AWS CLI does: RFC 3339 with an offset, and a fraction
// of six digits where it has one.
func FormatTime(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// appendFloat writes a number as JSON; those that JSON does not have are text.
func appendFloat(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	case v == math.Trunc(v) && math.Abs(v) < 1e16:
		return strconv.AppendFloat(b, v, 'f', 1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func appendString(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // no string fails
	}
	return append(b, text...)
}
