package render

import (
	"reflect"
	"strings"

	"muster/internal/render/shape"
	"muster/internal/safe"
)

// screening says how a format that prints text as it is keeps names from doing
// something to a terminal.
type screening int

const (
	asItIs    screening = iota // no terminal, or the format shows escapes itself
	ofRecords                  // before the format: what it adds by itself, line breaks and colour included, is its own
	ofOutput                   // behind it: an expression may make shape.Any of a value
)

// screening is that of the format.
func (c *compiler) screening(name string) screening {
	switch {
	case !c.Terminal:
	case c.JQ != "" || c.Query != "":
		return ofOutput
	case name == "csv" || name == "text" || name == "name" || strings.HasPrefix(name, "template"):
		return ofRecords
	}
	return asItIs
}

// screened is a record whose texts are safe on a terminal. It is a copy where one is not.
func screened(record shape.Value) shape.Value {
	return shape.ValueOf(record.Schema, screenedCopy(record.Reflect()))
}

func screenedCopy(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	screen(fresh)
	return fresh
}

// screen replaces the texts in a value that can be set. What the value shares with
// others is copied.
func screen(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(safe.Text(v.String()))
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Interface {
			v.Set(screenedCopy(v.Elem()))
			return
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		screen(fresh.Elem())
		v.Set(fresh)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		for i := range fresh.Len() {
			screen(fresh.Index(i))
		}
		v.Set(fresh)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
		for key, value := range v.Seq2() {
			fresh.SetMapIndex(screenedCopy(key), screenedCopy(value))
		}
		v.Set(fresh)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				screen(v.Field(i))
			}
		}
	}
}

// screenedLines is output that is safe on a terminal. Line breaks and tabs stay.
func screenedLines(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for rest := string(b); rest != ""; {
		i := strings.IndexAny(rest, "\n\t")
		if i < 0 {
			return append(out, safe.Text(rest)...)
		}
		out = append(append(out, safe.Text(rest[:i])...), rest[i])
		rest = rest[i+1:]
	}
	return out
}
