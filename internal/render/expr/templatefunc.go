package expr

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"muster/internal/render/shape"
)

// templateFunc is a function that templates may call.
type templateFunc struct {
	name string

	// args names the arguments: "SEP LIST". A name in argKinds gives the kind of its
	// argument. "X..." takes one or more, "[X...]" any number. A pipe passes the last one.
	args string

	about      string
	example    string // .Text, .List, .Any, .Objects, "Field" and .Time are replaced by fields of a record
	result     *shape.Schema
	checkFirst func(constant string) error       // validates a constant first argument; may be nil
	bind       func(*templateEnv) (function any) // nil if text/template has the function
}

// argKinds maps names of arguments to the kind that they need.
var argKinds = map[string]shape.Kind{
	"N": shape.Number, "LIST": shape.List, "SEP": shape.String, "LAYOUT": shape.String, "TIME": shape.String, "STYLE": shape.String, "FIELD": shape.String, "REGEX": shape.String, "FORMAT": shape.String,
}

// templateFuncs lists the functions of gh's templates, some more, and text/template's own.
var templateFuncs = []templateFunc{
	{name: "join", args: "SEP LIST", about: "the items of a list with SEP between them", example: `<<join " " .List>>`, result: someString,
		bind: func(e *templateEnv) any { return e.join }},
	{name: "pluck", args: "FIELD LIST", about: "one field of each item, as a list", example: `<<pluck "Field" .Objects>>`, result: listOf(unknown),
		bind: func(e *templateEnv) any { return e.pluck }},
	{name: "json", args: "VALUE", about: "the value as JSON on one line", example: `<<json .Any>>`, result: someString,
		bind: func(e *templateEnv) any { return e.json }},
	{name: "upper", args: "TEXT", about: "the text in upper case", example: `<<upper .Text>>`, result: someString,
		bind: func(e *templateEnv) any { return func(v any) any { return e.change(v, strings.ToUpper) } }},
	{name: "lower", args: "TEXT", about: "the text in lower case", example: `<<.Text | upper | lower>>`, result: someString,
		bind: func(e *templateEnv) any { return func(v any) any { return e.change(v, strings.ToLower) } }},
	{name: "default", args: "VALUE VALUE", about: "the second value, or the first if the second is empty", example: `<<default "none" "">>`, result: unknown,
		bind: func(e *templateEnv) any { return withDefault }},
	{name: "truncate", args: "N TEXT", about: "the text cut to N columns of a terminal, … included", example: `<<truncate 5 .Text>>`, result: someString,
		bind: func(e *templateEnv) any { return e.truncate }},
	{name: "trunc", args: "N TEXT", about: "the first N characters", example: `<<trunc 5 .Text>>`, result: someString,
		bind: func(e *templateEnv) any { return e.trunc }},
	{name: "replace", args: "OLD NEW TEXT", about: "the text with NEW in place of every OLD", example: `<<replace "b" "-" "abc">>`, result: someString,
		bind: func(e *templateEnv) any {
			return func(old, replacement, v any) any {
				return e.change(v, func(s string) string { return strings.ReplaceAll(s, e.text(old), e.text(replacement)) })
			}
		}},
	{name: "split", args: "SEP TEXT", about: "the parts of the text between SEP, as a list", example: `<<split "," "a,b" | join " ">>`, result: listOf(someString),
		bind: func(e *templateEnv) any { return e.split }},
	{name: "first", args: "LIST", about: "the first item of a list; empty if there is none", example: `<<first .List>>`, result: unknown,
		bind: func(e *templateEnv) any { return e.first }},
	{name: "last", args: "LIST", about: "the last item of a list; empty if there is none", example: `<<last .List>>`, result: unknown,
		bind: func(e *templateEnv) any { return e.last }},
	{name: "slug", args: "TEXT", about: "the text in lower case, with dashes for all but letters and digits", example: `<<slug "Web Server (1)">>`, result: someString,
		bind: func(e *templateEnv) any { return func(v any) any { return e.change(v, slug) } }},
	{name: "contains", args: "WHAT IN", about: "whether a list contains an item, or a text a part", example: `<<if contains "-" .Text>>yes<<else>>no<<end>>`, result: someBool,
		bind: func(e *templateEnv) any { return e.contains }},
	{name: "hasPrefix", args: "PREFIX TEXT", about: "whether the text starts with PREFIX", example: `<<hasPrefix "a" "abc">>`, result: someBool,
		bind: func(e *templateEnv) any {
			return func(prefix, v any) bool { return strings.HasPrefix(e.text(v), e.text(prefix)) }
		}},
	{name: "hasSuffix", args: "SUFFIX TEXT", about: "whether the text ends with SUFFIX", example: `<<hasSuffix "c" "abc">>`, result: someBool,
		bind: func(e *templateEnv) any {
			return func(suffix, v any) bool { return strings.HasSuffix(e.text(v), e.text(suffix)) }
		}},
	{name: "regexMatch", args: "REGEX TEXT", about: "whether the regular expression matches", example: `<<regexMatch "^a.c$" "abc">>`, result: someBool,
		checkFirst: func(text string) error { _, err := regexp.Compile(text); return err },
		bind: func(e *templateEnv) any {
			return func(expr string, v any) (bool, error) { return regexp.MatchString(expr, e.text(v)) }
		}},
	{name: "timeago", args: "TIME", about: "how long ago a time was", example: `<<timeago .Time>>`, result: someString,
		bind: func(e *templateEnv) any { return e.ago }},
	{name: "ago", args: "TIME", about: "the same as timeago", example: `<<ago .Time>>`, result: someString,
		bind: func(e *templateEnv) any { return e.ago }},
	{name: "timefmt", args: "LAYOUT TIME", about: "the time in a layout of Go", example: `<<timefmt "02 Jan 2006 15:04" .Time>>`, result: someString,
		bind: func(e *templateEnv) any { return e.timefmt }},
	{name: "color", args: "STYLE TEXT", about: "the text in color: green, green+b (bold; d dim, u underline, i inverse, s struck, h bright), white:red, 0 to 255", example: `<<color "green+b" .Text>>`, result: someString,
		checkFirst: checkStyle,
		bind: func(e *templateEnv) any {
			return func(style string, v any) (Styled, error) { return e.paint(style, v, true) }
		}},
	{name: "autocolor", args: "STYLE TEXT", about: "the text in color, if --color allows it", example: `<<autocolor "green" .Text>>`, result: someString,
		checkFirst: checkStyle,
		bind: func(e *templateEnv) any {
			return func(style string, v any) (Styled, error) { return e.paint(style, v, e.Color) }
		}},
	{name: "hyperlink", args: "URL TEXT", about: "a link on a terminal, and elsewhere the text", example: `<<hyperlink "https://example.com/" .Text>>`, result: someString,
		bind: func(e *templateEnv) any { return e.hyperlink }},
	{name: "tablerow", args: "VALUE...", about: "adds a row to a table, which is printed at the end", example: `<<tablerow .Text .Any>>`, result: someString,
		bind: func(e *templateEnv) any { return e.table.row }},
	{name: "tableheader", args: "VALUE...", about: "sets the header of the table", example: `<<tableheader "A" "B">><<tablerow .Text .Any>>`, result: someString,
		bind: func(e *templateEnv) any { return e.table.header }},
	{name: "tablerender", about: "prints the rows so far", example: `<<tablerow "a" .Text>><<tablerow "abc" .Text>><<tablerender>>`, result: someString,
		bind: func(e *templateEnv) any { return e.table.render }},
	{name: "and", args: "VALUE...", about: "the first empty value, or the last value", example: `<<and .Text "yes">>`, result: unknown},
	{name: "or", args: "VALUE...", about: "the first value that is not empty, or the last value", example: `<<or "" .Text>>`, result: unknown},
	{name: "not", args: "VALUE", about: "whether the value is empty", example: `<<not .Text>>`, result: someBool},
	{name: "eq", args: "VALUE VALUE...", about: "whether the first value equals one of the others", example: `<<eq .Text "a" "b">>`, result: someBool},
	{name: "ne", args: "VALUE VALUE", about: "whether the values differ", example: `<<ne .Text "a">>`, result: someBool},
	{name: "lt", args: "VALUE VALUE", about: "whether the first value is less", example: `<<lt 1 2>>`, result: someBool},
	{name: "le", args: "VALUE VALUE", about: "whether the first value is less or equal", example: `<<le 2 2>>`, result: someBool},
	{name: "gt", args: "VALUE VALUE", about: "whether the first value is greater", example: `<<gt 1 2>>`, result: someBool},
	{name: "ge", args: "VALUE VALUE", about: "whether the first value is greater or equal", example: `<<ge 2 2>>`, result: someBool},
	{name: "len", args: "VALUE", about: "the number of items, or of bytes of a text", example: `<<len .Any>>`, result: someNumber,
		bind: func(*templateEnv) any { return length }},
	{name: "index", args: "VALUE [KEY...]", about: "an item of a list, counted from 0, or the value of a key", example: `<<if .List>><<index .List 0>><<end>>`, result: unknown},
	{name: "slice", args: "VALUE [N...]", about: "a part of a list or a text, from the first N up to the second", example: `<<slice "abcdef" 1 3>>`, result: unknown},
	{name: "print", args: "[VALUE...]", about: "the values in a row", example: `<<print .Text "!">>`, result: someString,
		bind: func(e *templateEnv) any { return func(args ...any) string { return fmt.Sprint(e.plains(args)...) } }},
	{name: "println", args: "[VALUE...]", about: "the values with spaces between them and a newline", example: `<<println .Text 1>>`, result: someString,
		bind: func(e *templateEnv) any { return func(args ...any) string { return fmt.Sprintln(e.plains(args)...) } }},
	{name: "printf", args: "FORMAT [VALUE...]", about: "the values in a format of Go", example: `<<printf "%-20s|%3d" .Text 7>>`, result: someString,
		bind: func(e *templateEnv) any {
			return func(format string, args ...any) string { return fmt.Sprintf(format, e.plains(args)...) }
		}},
	{name: "html", args: "[VALUE...]", about: "the values escaped for HTML", example: `<<html "a<b">>`, result: someString,
		bind: func(e *templateEnv) any {
			return func(args ...any) string { return template.HTMLEscaper(e.plains(args)...) }
		}},
	{name: "js", args: "[VALUE...]", about: "the values escaped for JavaScript", example: `<<js "it's">>`, result: someString,
		bind: func(e *templateEnv) any {
			return func(args ...any) string { return template.JSEscaper(e.plains(args)...) }
		}},
	{name: "urlquery", args: "[VALUE...]", about: "the values escaped for a URL", example: `<<urlquery "a b">>`, result: someString,
		bind: func(e *templateEnv) any {
			return func(args ...any) string { return template.URLQueryEscaper(e.plains(args)...) }
		}},
}

// TemplateFunctions lists the functions that templates may call, without examples.
func TemplateFunctions() []TemplateFunction {
	functions := make([]TemplateFunction, len(templateFuncs))
	for i, f := range templateFuncs {
		functions[i] = TemplateFunction{Usage: f.usage(), About: f.about}
	}
	return functions
}

func functionNames() []string {
	names := make([]string, len(templateFuncs))
	for i, f := range templateFuncs {
		names[i] = f.name
	}
	return names
}

func findTemplateFunc(name string) *templateFunc {
	for i := range templateFuncs {
		if templateFuncs[i].name == name {
			return &templateFuncs[i]
		}
	}
	return nil
}

// usage is a call of the function with the names of its arguments.
func (f *templateFunc) usage() string { return strings.TrimSpace(f.name + " " + f.args) }

// hint explains a wrong call.
func (f *templateFunc) hint() string { return "usage: " + f.usage() }

// count returns the least and the largest number of arguments; most is -1 without a limit.
func (f *templateFunc) count() (least, most int) {
	for _, arg := range strings.Fields(f.args) {
		if !strings.HasPrefix(arg, "[") {
			least++
		}
		if most++; strings.Contains(arg, "...") {
			return least, -1
		}
	}
	return least, most
}

// argument returns the name of argument i, counted from 0.
func (f *templateFunc) argument(i int) string {
	args := strings.Fields(f.args)
	return strings.Trim(args[min(i, len(args)-1)], "[].")
}
