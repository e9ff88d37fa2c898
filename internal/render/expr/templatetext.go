package expr

import (
	"fmt"
	"reflect"
	"strings"
)

// slug returns a text in lower case with a dash for each run of other characters than ASCII
// letters and digits, as names of hosts and of Terraform's resources need it.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}

// split returns the parts of a text, none of an empty text.
func (e *templateEnv) split(separator string, v any) []string {
	text := e.text(v)
	if text == "" {
		return []string{}
	}
	return strings.Split(text, separator)
}

// first returns the first item of a list, and last the last one. An empty list has an empty
// item, so that default has an effect and its fields are empty.
func (e *templateEnv) first(list any) (any, error) {
	return itemOf("first", list, func(int) int { return 0 })
}

func (e *templateEnv) last(list any) (any, error) {
	return itemOf("last", list, func(items int) int { return items - 1 })
}

func itemOf(function string, list any, at func(items int) int) (any, error) {
	v := reflect.ValueOf(list)
	switch {
	case !v.IsValid(): // the record lacks the field
		return "", nil
	case v.Kind() != reflect.Slice:
		return nil, fmt.Errorf("%s takes a list, as in %s .PrivateIPs, not %s", function, function, kindOfType(v.Type().String()))
	case v.Len() == 0:
		return reflect.Zero(v.Type().Elem()).Interface(), nil
	}
	return v.Index(at(v.Len())).Interface(), nil
}
