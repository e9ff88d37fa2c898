package expr

import (
	"reflect"
	"regexp"
	"strings"
	"sync"
)

// wordings maps messages of text/template, which name Go's types, to messages for users.
// Each group in parentheses matches the name of a type.
var wordings = sync.OnceValue(func() []wording {
	var list []wording
	for _, pair := range [][2]string{
		{`(?:index|slice) of untyped nil`, "nil has no items"},
		{`can't index item of type (.*)`, "% has no items"},
		{`can't slice item of type (.*)`, "% has no parts"},
		{`cannot 3-index slice a string`, "a part of a text takes a start and an end only"},
		{`cannot index slice/array with nil`, "the index of an item is a number, not nil"},
		{`cannot index slice/array with type (.*)`, "the index of an item is a number, not %"},
		{`value is nil; should be of type string`, "a key is text, not nil"},
		{`value has type (.*); should be string`, "a key is text, not %"},
		{`reflect: (?:slice|array|string) index out of range`, "there is no such item"},
		{`(?:reflect: (?:slice|string) )?index out of range: (-?\d+)`, "there is no item %"},
		{`invalid slice index: (\d+) > (\d+)`, "the part ends before it starts: % to %"},
		{`incompatible types for comparison: (.*) and (.*)`, "% cannot be compared with %"},
		{`incompatible types for comparison`, "values of different kinds cannot be compared"},
		{`(?s)non-comparable types? .*`, "lists, maps and objects cannot be compared"},
		{`invalid type for comparison`, "only text and numbers have an order"},
		{`missing argument for comparison`, "a second value to compare with is missing"},
		{`cannot assign nil to (.*)`, "% expected, not nil"},
		{`wrong type for value; expected (.*?); got (.*)`, "% expected, not %"},
		{`invalid value; expected (.*)`, "% expected, not nil"},
		{`expected integer; found .*`, "a whole number expected"},
		{`nil is not a command`, "nil cannot be printed"},
		{`(?s)range can't iterate over .*`, "range needs a list, a map or a number"},
		{`exceeded maximum template depth \(\d+\)`, "the template calls itself without end"},
		{`can't evaluate field (.*) in type (.*)`, "there is no field % in %"},
		{`nil data; no entry for key "(.*)"`, "no value that has a field %"},
		{`nil pointer evaluating .*\.(\w+)`, "no value that has a field %"},
	} {
		list = append(list, wording{regexp.MustCompile("^(?:" + pair[0] + ")$"), pair[1]})
	}
	return list
})

type wording struct {
	pattern *regexp.Regexp
	text    string // with a % for each group of the pattern
}

// reworded returns a message of text/template without the names of Go's types.
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

// kindOfType returns what users call a Go type. Any other name stays the same.
func kindOfType(name string) string {
	name = strings.TrimLeft(name, "*")
	switch {
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "map["):
		return "a map"
	case name == reflect.TypeFor[Styled]().String():
		return "colored text"
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
