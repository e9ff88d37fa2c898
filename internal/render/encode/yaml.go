package encode

import "strings"

// YAML writes a tree in block style.
func YAML(b []byte, x any) []byte { return yamlBlock(b, x, 0, false) }

// yamlBlock writes a list or an object at a depth of that many indents, or a
// scalar. Where it is inline, the indent of its first line is there already.
func yamlBlock(b []byte, x any, depth int, inline bool) []byte {
	pad := func(i int) {
		if i > 0 || !inline {
			for range depth {
				b = append(b, "  "...)
			}
		}
	}
	switch x := x.(type) {
	case map[string]any:
		return yamlBlock(b, sortedObject(x), depth, inline)
	case Object:
		for i, m := range x {
			pad(i)
			b = append(yamlString(b, m.Key), ':')
			switch {
			case !nested(m.Value):
				b = yamlBlock(append(b, ' '), m.Value, 0, true)
			case isList(m.Value): // as kubectl has it, a list begins below its key
				b = yamlBlock(append(b, '\n'), m.Value, depth, false)
			default:
				b = yamlBlock(append(b, '\n'), m.Value, depth+1, false)
			}
		}
		if len(x) == 0 {
			b = append(b, "{}\n"...)
		}
		return b
	case []any:
		for i, item := range x {
			pad(i)
			b = yamlBlock(append(b, "- "...), item, depth+1, true)
		}
		if len(x) == 0 {
			b = append(b, "[]\n"...)
		}
		return b
	case string:
		return append(yamlString(b, x), '\n')
	}
	return append(JSON{}.Any(b, x, 0), '\n')
}

// nested reports whether a value takes lines of its own.
func nested(x any) bool {
	switch x := x.(type) {
	case []any:
		return len(x) > 0
	case map[string]any:
		return len(x) > 0
	case Object:
		return len(x) > 0
	}
	return false
}

func isList(x any) bool { _, ok := x.([]any); return ok }

// yamlString writes a string plain where no YAML parser, 1.1 or 1.2, can take it for
// anything else, and in double quotes otherwise.
func yamlString(b []byte, s string) []byte {
	if plainYAML(s) {
		return append(b, s...)
	}
	return appendQuoted(b, s, true)
}

func plainYAML(s string) bool {
	if s == "" || strings.HasSuffix(s, " ") {
		return false
	}
	letters, dots := false, 0
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			letters = true
		case c == '.':
			dots++
		case '0' <= c && c <= '9' || strings.IndexByte("_/@+- ", c) >= 0:
		default:
			return false
		}
	}
	if c := s[0]; '0' <= c && c <= '9' { // only an IPv4 address: numbers have one dot at most, dates none
		return !letters && dots == 3 && !strings.ContainsAny(s, "_/@+- ")
	} else if c < 'A' {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity":
		return false
	}
	return letters
}
