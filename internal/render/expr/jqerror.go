package expr

import (
	"errors"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"muster/internal/names"
	"muster/internal/render/caret"
)

func (f *JQ) syntaxError(err error) *caret.Error {
	e := &caret.Error{Flag: jqFlag, Text: f.text, Offset: -1, Msg: err.Error()}
	if syntax, ok := errors.AsType[*gojq.ParseError](err); ok {
		e.Offset, e.Length = max(0, min(syntax.Offset, len(f.text))-len(syntax.Token)), len(syntax.Token)
		if strings.Contains(e.Msg, "EOF") {
			e.Msg = "the filter ends too early"
		}
	}
	return e
}

// compileError words an error of gojq.Compile, most often an undefined function or
// variable, and finds its place in the text.
func (f *JQ) compileError(err error) *caret.Error {
	e := &caret.Error{Flag: jqFlag, Text: f.text, Offset: -1, Msg: err.Error()}
	kind, name, _ := strings.Cut(e.Msg, " not defined: ")
	name, arity, isFunction := strings.Cut(name, "/")
	switch {
	case kind == "function" && isFunction:
		e.Msg, e.Hint = "unknown function "+name+"/"+arity, functionHint(name)
	case kind == "variable":
		e.Msg = "unknown variable " + name
	case strings.HasPrefix(e.Msg, "input(s)"):
		e.Msg, name = "there is no further input", "input"
		e.Hint = "the filter runs for each record by itself; --slurp gives it all of them"
		if f.slurp {
			e.Hint = "--slurp gives it all records at once"
		}
		if strings.Contains(f.text, "inputs") {
			name = "inputs"
		}
	default:
		return e
	}
	e.Length = len(name)
	e.Offset = locate(f.text, name, undefinedName)
	return e
}

// undefinedName is the name that gojq does not know in a filter, or "".
func undefinedName(text string) string {
	filter, err := gojq.Parse(text)
	if err != nil {
		return ""
	}
	if _, err = gojq.Compile(filter); err == nil {
		return ""
	}
	_, name, _ := strings.Cut(err.Error(), " not defined: ")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// functionHint suggests functions of the same name with other numbers of arguments, or
// else one with a similar name.
func functionHint(name string) string {
	known := jqFunctions()
	var arities, all []string
	for _, f := range known {
		other, _, _ := strings.Cut(f, "/")
		all = append(all, other)
		if other == name {
			arities = append(arities, f)
		}
	}
	if len(arities) > 0 {
		return "there is " + strings.Join(arities, ", ") + ": the number counts the arguments"
	}
	return names.Suggest(name, slices.Compact(all))
}

// jqFunctions lists gojq's functions as name/arity, sorted. It omits debug, which has
// no place to write to.
func jqFunctions() []string {
	filter, err := gojq.Parse(`builtins | map(select(startswith("debug/") | not)) | sort | .[]`)
	if err != nil {
		return nil
	}
	var functions []string
	for results := filter.Run(nil); ; {
		result, ok := results.Next()
		if !ok {
			return functions
		}
		if name, ok := result.(string); ok {
			functions = append(functions, name)
		}
	}
}
