package encode

import "strings"

// YAML appends a tree in block style.
func YAML(b []byte, x any) []byte { return yamlBlock(b, x, 0, false) }

// yamlBlock appends a list, an object or a scalar, indented by depth levels. inline means
// that the first line is already indented.
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
			case isList(m.Value): // like kubectl, start a list below its key
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
	number := string(JSON{}.Any(nil, x, 0))
	if digits, exponent, ok := strings.Cut(number, "e+"); ok && !strings.Contains(digits, ".") { // text in YAML 1.1
		number = digits + ".0e+" + exponent
	}
	return append(append(b, number...), '\n')
}

// nested reports whether a value needs lines of its own.
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

// yamlString appends a string without quotes if every parser of YAML 1.1 and 1.2 reads it as
// a string, and in double quotes otherwise.
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
	if c := s[0]; '0' <= c && c <= '9' { // only an IPv4 address is safe: numbers have one dot at most, dates none
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
