package render

import (
	"fmt"
	"muster/internal/render/shape"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// builtinMisuse says what one of text/template's own functions would not take of its
// arguments, as far as is known before there is a record, and at which of them; ""
// if nothing.
func builtinMisuse(name string, args []*shape.Schema) (wrong string, at int) {
	not := func(wanted string, at int) (string, int) {
		return fmt.Sprintf("%s wants %s, not %s", name, wanted, args[at].WithArticle()), at
	}
	is := func(s *shape.Schema, kinds ...shape.Kind) bool {
		return s.Kind == shape.Any || slices.Contains(kinds, s.Kind)
	}
	switch name {
	case "len":
		if !is(args[0], shape.String, shape.List, shape.Map) {
			return not("text, a list or a map", 0)
		}
	case "slice":
		if !is(args[0], shape.String, shape.List) {
			return not("text or a list", 0)
		}
		for i, s := range args[1:] {
			if !is(s, shape.Number) {
				return not("numbers from where and to where", i+1)
			}
		}
	case "index":
		s := args[0]
		for i, key := range args[1:] {
			switch {
			case s.Kind == shape.Any, s.Kind == shape.String && i == 0: // which gives a byte
				return "", 0
			case s.Kind == shape.Map && !is(key, shape.String):
				return not("text for a key of a map", i+1)
			case s.Kind == shape.List && !is(key, shape.Number):
				return not("a number for an item of a list", i+1)
			case s.Kind != shape.Map && s.Kind != shape.List:
				return "index wants a list or a map to look in, not " + s.WithArticle(), i
			}
			s = s.Elem
		}
	case "lt", "le", "gt", "ge", "eq", "ne":
		kinds, wanted := []shape.Kind{shape.String, shape.Number}, "text or numbers"
		if name == "eq" || name == "ne" {
			kinds, wanted = append(kinds, shape.Bool), "text, numbers or bools"
		}
		for i, s := range args {
			switch {
			case slices.ContainsFunc(args, func(s *shape.Schema) bool { return s.Kind == shape.Any }):
			case !is(s, kinds...):
				return not(wanted, i)
			case s.Kind != args[0].Kind:
				return fmt.Sprintf("%s wants values of one kind, not %s and %s", name, args[0].WithArticle(), s.WithArticle()), i
			}
		}
	}
	return "", 0
}

// wordings are messages of text/template, and how they read without a word of Go's
// types. What stands in parentheses is the name of one.
var wordings = sync.OnceValue(func() []wording {
	var list []wording
	for _, pair := range [][2]string{
		{`(?:index|slice) of untyped nil`, "nil has no items"},
		{`can't index item of type (.*)`, "% has no items"},
		{`can't slice item of type (.*)`, "% has no parts"},
		{`cannot 3-index slice a string`, "a part of text has a start and an end, and no more"},
		{`cannot index slice/array with nil`, "an item is found by a number, not by nil"},
		{`cannot index slice/array with type (.*)`, "an item is found by a number, not by %"},
		{`value is nil; should be of type string`, "a key is text, not nil"},
		{`value has type (.*); should be string`, "a key is text, not %"},
		{`reflect: (?:slice|array|string) index out of range`, "there is no such item"},
		{`(?:reflect: (?:slice|string) )?index out of range: (-?\d+)`, "there is no item %"},
		{`invalid slice index: (\d+) > (\d+)`, "a part that ends before it begins: % to %"},
		{`incompatible types for comparison: (.*) and (.*)`, "% cannot be compared with %"},
		{`incompatible types for comparison`, "values of different kinds cannot be compared"},
		{`(?s)non-comparable types? .*`, "lists, maps and objects cannot be compared"},
		{`invalid type for comparison`, "only text and numbers have an order"},
		{`missing argument for comparison`, "there is nothing to compare with"},
		{`cannot assign nil to (.*)`, "% is wanted, not nil"},
		{`wrong type for value; expected (.*?); got (.*)`, "% is wanted, not %"},
		{`invalid value; expected (.*)`, "% is wanted, not nil"},
		{`expected integer; found .*`, "a whole number is wanted"},
		{`nil is not a command`, "nil is no value to print"},
		{`(?s)range can't iterate over .*`, "range goes through lists, maps and numbers, and this is none"},
		{`exceeded maximum template depth \(\d+\)`, "the template calls itself without end"},
		{`can't evaluate field (.*) in type (.*)`, "there is no field % in %"},
		{`nil data; no entry for key "(.*)"`, "there is nothing that could have a %"},
		{`nil pointer evaluating .*\.(\w+)`, "there is nothing that could have a %"},
	} {
		list = append(list, wording{regexp.MustCompile("^(?:" + pair[0] + ")$"), pair[1]})
	}
	return list
})

type wording struct {
	pattern *regexp.Regexp
	text    string // with a % for each group of the pattern
}

// reworded is what text/template says of a failure, in words of the user's.
func reworded(msg string) string {
	for _, w := range wordings() {
		if match := w.pattern.FindStringSubmatch(msg); match != nil {
			text := w.text
			for _, name := range match[1:] {
				text = strings.Replace(text, "%", kindOfType(name), 1)
			}
			return text
		}
	}
	return msg
}

// kindOfType is what a Go type is to the user. What is no type stays as it is.
func kindOfType(name string) string {
	name = strings.TrimLeft(name, "*")
	switch {
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "map["):
		return "a map"
	case name == reflect.TypeFor[styled]().String():
		return "coloured text"
	case strings.Contains(name, "struct {"), goType().MatchString(name):
		return "an object"
	}
	switch strings.TrimRight(name, "0123456789") {
	case "string":
		return "text"
	case "int", "uint":
		return "a whole number"
	case "float":
		return "a decimal number"
	case "bool":
		return "a bool"
	}
	return name
}

var goType = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]+\.[A-Za-z]\w*$`) })
