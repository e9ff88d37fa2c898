package render

import (
	"errors"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"muster/internal/names"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// jq compiles --jq: the filter runs once for each record, or with --slurp once
// over the list of all. Strings are printed as they are, the rest as JSON. It sees
// no environment and no files.
func (c *compiler) jq() (func(*run) format, error) {
	const flag = "--jq"
	if strings.TrimSpace(c.JQ) == "" {
		c.JQ = "." // as jq takes it
	}
	filter, err := gojq.Parse(c.JQ)
	if err != nil {
		return nil, jqSyntaxError(flag, c.JQ, err)
	}
	code, err := gojq.Compile(filter)
	if err != nil {
		return nil, c.jqCompileError(flag, err)
	}
	input := c.record
	if c.Slurp {
		input = listOf(c.record)
	}
	if _, name := checkJQ(filter, input); name != "" {
		return nil, &caret.Error{
			Flag: flag, Text: c.JQ, Offset: strings.Index(c.JQ, name), Length: len(name),
			Msg: "unknown format " + name, Hint: "there are " + strings.Join(jqFormats, ", "),
		}
	}
	if err := c.jqMistake(input); err != nil {
		return nil, err
	}
	if c.Slurp {
		return func(r *run) format {
			return format{all: func(b []byte, records []marked) ([]byte, error) {
				list := make([]any, len(records))
				for i := range records {
					list[i] = encode.Tree{}.Value(records[i].record)
				}
				return appendJQ(b, code.RunWithContext(r.ctx, list), r)
			}}
		}, nil
	}
	return func(r *run) format {
		// A filter changes no value that it is given, and what it makes of one is
		// printed before the next.
		current := make(map[string]any, len(c.record.Fields))
		return format{record: func(b []byte, record shape.Value) ([]byte, error) {
			encode.Tree{}.Fill(current, record)
			return appendJQ(b, code.RunWithContext(r.ctx, current), r)
		}}
	}, nil
}

// appendJQ prints what a filter gives, up to its first error.
func appendJQ(b []byte, values gojq.Iter, r *run) (_ []byte, err error) {
	for {
		value, ok := values.Next()
		switch value := value.(type) {
		case nil:
			if !ok {
				return b, nil
			}
			b = append(b, "null"...)
		case string:
			b = append(b, value...)
		case error:
			if halt, ok := errors.AsType[*gojq.HaltError](value); ok && halt.Value() == nil {
				return b, nil
			}
			return b, value
		default:
			text, err := gojq.Marshal(value)
			if err != nil {
				return b, err
			}
			b = append(b, text...)
		}
		if b, err = r.grown(append(b, '\n')); err != nil {
			return b, err
		}
	}
}

func jqSyntaxError(flag, text string, err error) *caret.Error {
	e := &caret.Error{Flag: flag, Text: text, Offset: -1, Msg: err.Error()}
	if syntax, ok := errors.AsType[*gojq.ParseError](err); ok {
		e.Offset, e.Length = max(0, min(syntax.Offset, len(text))-len(syntax.Token)), len(syntax.Token)
		if strings.Contains(e.Msg, "EOF") {
			e.Msg = "the filter ends too early"
		}
	}
	return e
}

// jqCompileError is about a function or variable that is not defined, mostly.
func (c *compiler) jqCompileError(flag string, err error) *caret.Error {
	text := c.JQ
	e := &caret.Error{Flag: flag, Text: text, Offset: -1, Msg: err.Error()}
	what, name, _ := strings.Cut(e.Msg, " not defined: ")
	name, arity, isFunction := strings.Cut(name, "/")
	switch {
	case what == "function" && isFunction:
		e.Msg = "unknown function " + name + "/" + arity
		known := jqFunctions()
		var others []string
		for _, f := range known {
			if strings.HasPrefix(f, name+"/") {
				others = append(others, f)
			}
		}
		if len(others) > 0 {
			e.Hint = "there is " + strings.Join(others, ", ") + ": the number is that of its arguments"
		} else {
			if near := names.Nearest(name, jqNames(known)); near != "" {
				e.Hint = "did you mean " + near + "?"
			}
		}
	case what == "variable":
		e.Msg = "unknown variable " + name
	case strings.HasPrefix(e.Msg, "input(s)"):
		e.Msg, name = "there is no further input", "input"
		e.Hint = "the filter runs for each record by itself; --slurp gives it all of them"
		if c.Slurp {
			e.Hint = "--slurp gives it all records at once"
		}
		if strings.Contains(text, "inputs") {
			name = "inputs"
		}
	default:
		return e
	}
	e.Length = len(name)
	e.Offset = locate(text, name, func(changed string) string {
		filter, err := gojq.Parse(changed)
		if err != nil {
			return ""
		}
		_, err = gojq.Compile(filter)
		if err == nil {
			return ""
		}
		_, word, _ := strings.Cut(err.Error(), " not defined: ")
		word, _, _ = strings.Cut(word, "/")
		return word
	})
	return e
}

// jqFunctions are gojq's own, as name/arity.
func jqFunctions() []string {
	// debug needs a place to write to, which a filter does not have here.
	filter, err := gojq.Parse(`builtins | map(select(startswith("debug/") | not)) | sort | .[]`)
	if err != nil {
		return nil
	}
	var names []string
	for values := filter.Run(nil); ; {
		value, ok := values.Next()
		if !ok {
			return names
		}
		if name, ok := value.(string); ok {
			names = append(names, name)
		}
	}
}

func jqNames(functions []string) []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i], _, _ = strings.Cut(f, "/")
	}
	return slices.Compact(names)
}
