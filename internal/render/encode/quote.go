package encode

import (
	"fmt"
	"unicode/utf8"

	"muster/internal/safe"
)

// appendQuoted appends a JSON string, or a YAML string in double quotes. The two differ in
// characters above U+FFFF: JSON escapes them as surrogate pairs, but YAML has none.
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

// plainWord reports whether the first eight bytes of s are printable ASCII without need for
// an escape.
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
