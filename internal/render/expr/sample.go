package expr

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// fillSample fills v with values that spell the names of their fields, so that the
// output of an example shows where each value came from.
func fillSample(v reflect.Value, name string, past time.Time) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillSample(v.Elem(), name, past)
	case reflect.String:
		v.SetString(words(name))
		if isTime(name) {
			v.SetString(past.UTC().Format(time.RFC3339))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(2)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(2)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(2)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillSample(v.Index(i), fmt.Sprintf("%s-%d", name, i+1), past)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fillSample(value, "env", past)
		v.SetMapIndex(reflect.ValueOf("env").Convert(v.Type().Key()), value)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = past
			return
		}
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() && !f.Anonymous {
				fillSample(v.FieldByIndex(f.Index), f.Name, past)
			}
		}
	}
}

// words writes the name of a field in lower case: LaunchTime becomes launch-time.
func words(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(runes[i-1]) && runes[i-1] != '-' {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// isTime reports whether a field of that name holds a time as text.
func isTime(name string) bool { return strings.HasSuffix(name, "Time") || name == "Expires" }
