package shape

import (
	"encoding/base64"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/jmespath"
)

// Value is a record or a part of one, with its schema. Formats read records only through
// its methods. Each method is for values of the kinds that its comment names.
type Value struct {
	Schema *Schema
	v      reflect.Value
}

// ValueOf pairs a Go value with the schema that was derived from its type.
func ValueOf(s *Schema, v reflect.Value) Value { return Value{s, v} }

// IsValid reports whether there is a value: the zero Value is none.
func (v Value) IsValid() bool { return v.Schema != nil }

// Reflect is the Go value.
func (v Value) Reflect() reflect.Value { return v.v }

// Text is the text of a String. Times are as the AWS CLI writes them.
func (v Value) Text() string {
	switch v.Schema.Format {
	case Timestamp:
		t := v.v.Interface().(time.Time).UTC()
		if t.Nanosecond() != 0 {
			return t.Format("2006-01-02T15:04:05.000000+00:00")
		}
		return t.Format("2006-01-02T15:04:05+00:00")
	case Blob:
		return base64.StdEncoding.EncodeToString(v.v.Bytes())
	}
	return v.v.String()
}

// Bool is the value of a Bool.
func (v Value) Bool() bool { return v.v.Bool() }

// Number is the value of a Number: an int, a *big.Int or a float64.
func (v Value) Number() any {
	switch {
	case v.v.CanInt():
		return int(v.v.Int())
	case v.v.CanUint():
		return new(big.Int).SetUint64(v.v.Uint())
	}
	return v.v.Float()
}

// AppendNumber appends a Number as JSON, with a point in a float as the AWS CLI prints it.
// What JSON has no number for is null.
func (v Value) AppendNumber(b []byte) []byte {
	switch {
	case v.v.CanInt():
		return strconv.AppendInt(b, v.v.Int(), 10)
	case v.v.CanUint():
		return strconv.AppendUint(b, v.v.Uint(), 10)
	}
	f := v.v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	return append(b, jmespath.FormatFloat(f)...)
}

// Len counts the items of a List or the keys of a Map.
func (v Value) Len() int { return v.v.Len() }

// Index is an item of a List.
func (v Value) Index(i int) Value { return Value{v.Schema.Elem, v.v.Index(i)} }

// Field is the value of an Object's field i. It reports whether the record has it.
func (v Value) Field(i int) (Value, bool) {
	f := &v.Schema.Fields[i]
	inner := v.v
	if len(f.index) == 1 {
		inner = inner.Field(f.index[0])
	} else {
		inner = inner.FieldByIndex(f.index)
	}
	if f.Optional {
		if inner.IsZero() {
			return Value{}, false
		}
		inner = reflect.Indirect(inner)
	}
	return Value{f.Schema, inner}, true
}

// Key is the value of a Map's key. It reports whether the map has the key.
func (v Value) Key(key string) (Value, bool) {
	inner := v.v.MapIndex(reflect.ValueOf(key).Convert(v.v.Type().Key()))
	return Value{v.Schema.Elem, inner}, inner.IsValid()
}

// Entry is a key of a Map with its value.
type Entry struct {
	Key   string
	Value Value
}

// Entries lists a Map's keys in alphabetical order, with their values.
func (v Value) Entries() []Entry {
	entries := make([]Entry, 0, v.v.Len())
	for iter := v.v.MapRange(); iter.Next(); {
		entries = append(entries, Entry{iter.Key().String(), Value{v.Schema.Elem, iter.Value()}})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return entries
}

// StringMap returns a Map of strings to strings as a Go map, which is faster to read than
// Entries. It reports whether the value is such a map.
func (v Value) StringMap() (map[string]string, bool) {
	if v.v.Type() != reflect.TypeFor[map[string]string]() {
		return nil, false
	}
	return v.v.Interface().(map[string]string), true
}

// Interface is the Go value of an Any.
func (v Value) Interface() any { return v.v.Interface() }
