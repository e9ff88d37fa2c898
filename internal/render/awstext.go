package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// awsText prints as the AWS CLI's text output: scalars of an object or a list on one
// line with tabs between them, what is nested on lines of its own below, headed by
// the key in capitals. Objects in one list share their columns.
func awsText(b []byte, x any, heading string, columns []string) []byte {
	var scalars []string
	line := func(headed bool) {
		if headed && heading != "" {
			scalars = slices.Insert(scalars, 0, heading)
		}
		b = append(append(b, strings.Join(scalars, "\t")...), '\n')
	}
	switch x := x.(type) {
	case object:
		members := slices.SortedFunc(slices.Values(x), func(a, b member) int { return strings.Compare(a.Key, b.Key) })
		if columns == nil {
			for _, m := range members {
				if !isNested(m.Value) {
					columns = append(columns, m.Key)
				}
			}
		}
		for _, column := range columns {
			scalar := ""
			for _, m := range members {
				if m.Key == column {
					scalar = awsScalar(m.Value)
				}
			}
			scalars = append(scalars, scalar)
		}
		if len(scalars) > 0 {
			line(true)
		}
		for _, m := range members {
			if !slices.Contains(columns, m.Key) {
				b = awsText(b, m.Value, strings.ToUpper(string(appendField(nil, m.Key))), nil)
			}
		}
	case []any:
		if slices.ContainsFunc(x, func(item any) bool { _, ok := item.(object); return ok }) {
			shared := []string{}
			for _, item := range x {
				o, _ := item.(object)
				for _, m := range o {
					if !isNested(m.Value) && !slices.Contains(shared, m.Key) {
						shared = append(shared, m.Key)
					}
				}
			}
			slices.Sort(shared)
			for _, item := range x {
				b = awsText(b, item, heading, shared)
			}
			return b
		}
		for _, item := range x {
			if !isNested(item) {
				scalars = append(scalars, awsScalar(item))
			}
		}
		switch {
		case len(scalars) == 0:
		case heading == "":
			line(false)
		default:
			for _, scalar := range scalars {
				b = append(b, heading+"\t"+scalar+"\n"...)
			}
		}
		for _, item := range x {
			if isNested(item) {
				b = awsText(b, item, heading, nil)
			}
		}
	default:
		return append(append(b, awsScalar(x)...), '\n')
	}
	return b
}

// awsScalar is a value on one line, as Python's str has it. Lists and objects are among
// them where another object of the same list has a scalar under the same key.
func awsScalar(x any) string {
	if s, ok := x.(string); ok {
		return string(appendField(nil, s))
	}
	return string(appendField(nil, string(appendPython(nil, x))))
}

// appendPython writes a value as Python's repr has it.
func appendPython(b []byte, x any) []byte {
	switch x := x.(type) {
	case nil:
		return append(b, "None"...)
	case bool:
		if x {
			return append(b, "True"...)
		}
		return append(b, "False"...)
	case string:
		return appendPythonString(b, x)
	case []any:
		b = append(b, '[')
		for i, item := range x {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendPython(b, item)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, m := range x {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendPython(append(appendPythonString(b, m.Key), ": "...), m.Value)
		}
		return append(b, '}')
	}
	return jsonWriter{}.any(b, x, 0)
}

func appendPythonString(b []byte, s string) []byte {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	b = append(b, byte(quote))
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r <= 0xff:
			b = fmt.Appendf(b, `\x%02x`, r)
		case r <= 0xffff:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
	}
	return append(b, byte(quote))
}
