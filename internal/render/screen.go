package render

import (
	"reflect"
	"strings"

	"muster/internal/render/shape"
	"muster/internal/safe"
)

// screening is the stage at which control characters from AWS become visible escapes,
// so that no name can control the user's terminal.
type screening int

const (
	unscreened      screening = iota // stdout is no terminal, or the format itself escapes
	screenedRecords                  // before the format, so that the line breaks and colors of a template stay
	screenedOutput                   // after the format, because an expression can make control characters itself
)

// screening returns the stage for a format.
func (c *compiler) screening(name string) screening {
	switch {
	case !c.Terminal:
	case c.JQ != "" || c.Query != "":
		return screenedOutput
	case name == "csv" || name == "text" || name == "name" || strings.HasPrefix(name, "template"):
		return screenedRecords
	}
	return unscreened
}

// screened returns a copy of a record with texts that are safe on a terminal.
func screened(record shape.Value) shape.Value {
	return shape.ValueOf(record.Schema, screenedCopy(record.Reflect()))
}

func screenedCopy(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	screen(fresh)
	return fresh
}

// screen replaces the texts in a settable value. It copies slices, maps and pointers
// first, since other records may share them.
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

// screenedLines returns output that is safe on a terminal. Line breaks and tabs stay.
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
