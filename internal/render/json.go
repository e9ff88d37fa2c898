package render

import (
	"encoding/json"
	"fmt"
	"math/big"
	"muster/internal/safe"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// json compiles json, ndjson and yaml.
func (c *compiler) json(name string) func(*run) format {
	var f format
	switch name {
	case "ndjson":
		f.record = func(b []byte, v reflect.Value) ([]byte, error) {
			return append(jsonWriter{}.value(b, v, c.record, 0), '\n'), nil
		}
	case "json":
		f = format{open: "[\n  ", between: ",\n  ", close: "\n]\n", none: "[]\n"}
		f.record = func(b []byte, v reflect.Value) ([]byte, error) {
			return jsonWriter{indent: true}.value(b, v, c.record, 1), nil
		}
	case "yaml":
		f.none = "[]\n"
		f.record = func(b []byte, v reflect.Value) ([]byte, error) {
			return appendYAML(b, []any{tree{ordered: true}.value(v, c.record)}), nil
		}
	}
	return func(*run) format { return f }
}

// jsonWriter appends JSON. Nothing is escaped for HTML; what could disturb a
// terminal is. Lists and maps that are nil are empty.
type jsonWriter struct {
	indent bool   // by two spaces, a key or item a line
	known  shapes // of values that hide in an interface
}

// value writes a value along its shape, at a depth of that many brackets.
func (w jsonWriter) value(b []byte, v reflect.Value, s *shape, depth int) []byte {
	switch s.kind {
	case aString:
		return appendQuoted(b, s.text(v), false)
	case aNumber:
		return appendNumber(b, v)
	case aBool:
		return strconv.AppendBool(b, v.Bool())
	case aList:
		b = append(b, '[')
		for i := range v.Len() {
			b = w.value(w.next(b, i, depth+1), v.Index(i), s.elem, depth+1)
		}
		return w.end(b, v.Len(), depth, ']')
	case aMap:
		b = append(b, '{')
		if m, ok := stringMap(v); ok {
			var few [16]string
			keys := few[:0]
			for key := range m {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for i, key := range keys {
				b = append(appendQuoted(w.next(b, i, depth+1), key, false), ':')
				if w.indent {
					b = append(b, ' ')
				}
				b = appendQuoted(b, m[key], false)
			}
			return w.end(b, len(keys), depth, '}')
		}
		keys := sortedKeys(v)
		for i, key := range keys {
			b = append(appendQuoted(w.next(b, i, depth+1), key.String(), false), ':')
			if w.indent {
				b = append(b, ' ')
			}
			b = w.value(b, v.MapIndex(key), s.elem, depth+1)
		}
		return w.end(b, len(keys), depth, '}')
	case aStruct:
		b = append(b, '{')
		printed := 0
		for i := range s.fields {
			f := &s.fields[i]
			value := s.get(v, f)
			if !value.IsValid() {
				continue
			}
			b = append(w.next(b, printed, depth+1), f.key...)
			if w.indent {
				b = append(b, ' ')
			}
			b = w.value(b, value, f.shape, depth+1)
			printed++
		}
		return w.end(b, printed, depth, '}')
	}
	return w.any(b, v.Interface(), depth)
}

// any writes a value whose shape is not known: a tree, or whatever hides in an interface.
func (w jsonWriter) any(b []byte, x any, depth int) []byte {
	switch x := x.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendQuoted(b, x, false)
	case json.Number:
		return append(b, x...)
	case *big.Int:
		return x.Append(b, 10)
	case []any:
		b = append(b, '[')
		for i, item := range x {
			b = w.any(w.next(b, i, depth+1), item, depth+1)
		}
		return w.end(b, len(x), depth, ']')
	case map[string]any:
		return w.any(b, sortedObject(x), depth)
	case object:
		b = append(b, '{')
		for i, m := range x {
			b = append(appendQuoted(w.next(b, i, depth+1), m.Key, false), ':')
			if w.indent {
				b = append(b, ' ')
			}
			b = w.any(b, m.Value, depth+1)
		}
		return w.end(b, len(x), depth, '}')
	}
	v := reflect.ValueOf(x)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	return w.value(b, v, w.known.of(v.Type()), depth)
}

func (w jsonWriter) next(b []byte, i, depth int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return w.line(b, depth)
}

func (w jsonWriter) end(b []byte, n, depth int, bracket byte) []byte {
	if n > 0 {
		b = w.line(b, depth)
	}
	return append(b, bracket)
}

func (w jsonWriter) line(b []byte, depth int) []byte {
	if w.indent {
		b = append(b, '\n')
		for range depth {
			b = append(b, "  "...)
		}
	}
	return b
}

func appendNumber(b []byte, v reflect.Value) []byte {
	switch {
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10)
	}
	text, err := json.Marshal(v.Float())
	if err != nil { // not a number, or infinite
		return append(b, "null"...)
	}
	return append(b, text...)
}

// appendQuoted writes a string of JSON, or of YAML in double quotes. They differ in
// characters beyond U+FFFF: JSON escapes them as surrogates, which YAML does not know.
func appendQuoted(b []byte, s string, yaml bool) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) && plainWord(s[i:i+8]) {
			i += 8
		}
		if i == len(s) {
			break
		}
		if c := s[i]; ' ' <= c && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && size == 1
		if !invalid && r != '"' && r != '\\' && safe.Visible(r) {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		i += size
		start = i
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r <= 0xFFFF:
			b = fmt.Appendf(b, `\u%04x`, r)
		case yaml:
			b = fmt.Appendf(b, `\U%08x`, r)
		default:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		}
	}
	return append(append(b, s[start:]...), '"')
}

// plainWord says that the first eight bytes of s are printable ASCII that needs no
// escape.
func plainWord(s string) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
		blank = ' ' * ones
	)
	word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, backslash := word^'"'*ones, word^'\\'*ones
	// The high bit of some byte of a term is set where a byte is not ASCII, is 0x7f,
	// below a space, a quote or a backslash.
	return (word|(word+ones)|(word-blank)&^word|(quote-ones)&^quote|(backslash-ones)&^backslash)&highs == 0
}

// stringMap is the map that a value is, where it is of strings, as tags are.
func stringMap(v reflect.Value) (map[string]string, bool) {
	if v.Type() != reflect.TypeFor[map[string]string]() {
		return nil, false
	}
	return v.Interface().(map[string]string), true
}

func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	return keys
}
