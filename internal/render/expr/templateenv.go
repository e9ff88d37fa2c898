package expr

import (
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"github.com/clipperhouse/displaywidth"

	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// templateEnv is the state that the functions of templates share.
type templateEnv struct {
	TemplateOptions
	known shape.GoTypes
	table *templateTable // of one run's output
}

func (e *templateEnv) funcs() template.FuncMap {
	funcs := template.FuncMap{plainFunc: e.plain, fieldFunc: e.field, checkEndFunc: func() string { return "" }}
	for _, f := range templateFuncs {
		if f.bind != nil {
			funcs[f.name] = f.bind(e)
		}
	}
	return funcs
}

// text returns a value as text without color.
func (e *templateEnv) text(v any) string {
	if s, ok := v.(Styled); ok {
		return s.Text
	}
	return e.plain(v)
}

// change applies a function to a value's text and keeps its color.
func (e *templateEnv) change(v any, to func(string) string) any {
	if s, ok := v.(Styled); ok {
		s.Text = to(s.Text)
		return s
	}
	return to(e.plain(v))
}

// plains prepares the arguments of print and printf. Numbers stay numbers, for printf's
// verbs.
func (e *templateEnv) plains(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if v := reflect.ValueOf(arg); !v.IsValid() || v.Kind() >= reflect.Array && v.Kind() != reflect.String {
			out[i] = e.plain(arg)
		}
	}
	return out
}

func (e *templateEnv) join(separator string, list any) (string, error) {
	v := reflect.ValueOf(list)
	if !v.IsValid() { // the record lacks the field
		return "", nil
	}
	if v.Kind() != reflect.Slice {
		return "", fmt.Errorf("join takes a separator and a list, as in join \" \" .PrivateIPs, not %s", kindOfType(v.Type().String()))
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = e.plain(v.Index(i).Interface())
	}
	return strings.Join(items, separator), nil
}

// pluck returns one field of each item. If all values have the same type, the list has
// that type too, so that join accepts it.
func (e *templateEnv) pluck(field string, list any) (any, error) {
	v := reflect.ValueOf(list)
	if !v.IsValid() {
		return []string{}, nil
	}
	if v.Kind() != reflect.Slice {
		return nil, fmt.Errorf("pluck takes a field and a list of objects, not %s", kindOfType(v.Type().String()))
	}
	values := make([]any, v.Len())
	var common reflect.Type
	for i := range values {
		var err error
		if values[i], err = e.field(v.Index(i).Interface(), field); err != nil {
			return nil, err
		}
		if p := reflect.ValueOf(values[i]); p.Kind() == reflect.Pointer { // a field that an item can lack
			values[i] = nil
			if !p.IsNil() {
				values[i] = p.Elem().Interface()
			}
		}
		if t := reflect.TypeOf(values[i]); i == 0 {
			common = t
		} else if t != common {
			common = nil
		}
	}
	if len(values) == 0 {
		return []string{}, nil
	}
	if common == nil {
		return values, nil
	}
	typed := reflect.MakeSlice(reflect.SliceOf(common), len(values), len(values))
	for i, value := range values {
		typed.Index(i).Set(reflect.ValueOf(value))
	}
	return typed.Interface(), nil
}

func (e *templateEnv) json(v any) string {
	if s, ok := v.(Styled); ok {
		v = s.Text
	}
	return string(encode.JSON{Known: e.known}.Any(nil, v, 0))
}

// length is the built-in len, except that a field that the record lacks has length 0.
func length(v any) (int, error) {
	if s, ok := v.(Styled); ok {
		return len(s.Text), nil
	}
	switch v := reflect.ValueOf(v); v.Kind() {
	case reflect.Invalid:
		return 0, nil
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len(), nil
	default:
		return 0, fmt.Errorf("%s has no length", kindOfType(v.Type().String()))
	}
}

func withDefault(fallback, v any) any {
	if s, ok := v.(Styled); ok && s.Text == "" {
		return fallback
	}
	if truth, _ := template.IsTrue(v); truth {
		return v
	}
	return fallback
}

func (e *templateEnv) truncate(width int, v any) any {
	return e.change(v, func(s string) string {
		if width <= 0 {
			return ""
		}
		return displaywidth.TruncateString(s, width, "…")
	})
}

func (e *templateEnv) trunc(n int, v any) any {
	return e.change(v, func(s string) string {
		for i := range s {
			if n <= 0 {
				return s[:i]
			}
			n--
		}
		return s
	})
}

func (e *templateEnv) contains(what, in any) bool {
	v := reflect.ValueOf(in)
	if v.Kind() != reflect.Slice {
		return strings.Contains(e.text(in), e.text(what))
	}
	for i := range v.Len() {
		if e.text(v.Index(i).Interface()) == e.text(what) {
			return true
		}
	}
	return false
}

func (e *templateEnv) ago(v any) (string, error) {
	s := e.text(v)
	t, err := parseTime(s)
	if err != nil || s == "" {
		return "", err
	}
	return ago(e.Now().Sub(t)), nil
}

func (e *templateEnv) timefmt(layout string, v any) (string, error) {
	s := e.text(v)
	t, err := parseTime(s)
	if err != nil || s == "" {
		return "", err
	}
	return t.Format(layout), nil
}
