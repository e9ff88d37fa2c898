package render

import (
	"muster/internal/render/caret"
	"muster/internal/render/shape"
	"strings"
	"unicode"
	"unicode/utf8"
)

// locate finds which occurrence of a word in text is the one that check objects
// to, by changing one after the other and seeing whether the objection follows.
// The parsers do not keep positions in their trees. -1: none of them.
func locate(text, word string, check func(text string) (word string)) int {
	const suffix, tries = "Zq7", 64
	if word == "" {
		return -1
	}
	for offset, n := 0, 0; n < tries; n++ {
		i := strings.Index(text[offset:], word)
		if i < 0 {
			break
		}
		start, end := offset+i, offset+i+len(word)
		offset = end
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if isWord(before) && !strings.HasPrefix(word, "$") || isWord(after) {
			continue
		}
		if check(text[:end]+suffix+text[end:]) == word+suffix {
			return start
		}
	}
	return -1
}

func isWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// noFieldError places an access to a field in the text, by means of the check that
// found it.
func noFieldError(m *shape.NoField, flag, text, throughList string, check func(text string) *shape.NoField) *caret.Error {
	msg, hint := m.Explain(throughList)
	named := func(text string) string {
		if m := check(text); m != nil {
			return m.Name
		}
		return ""
	}
	if m.Name == "" { // .Name[] has none: .Name.x[] would
		const brackets, field = "[]", ".x"
		for i := range text {
			if !strings.HasPrefix(text[i:], brackets) {
				continue
			}
			if other := check(text[:i] + field + text[i:]); other != nil && other.Name == field[1:] && other.In == m.In {
				return &caret.Error{Flag: flag, Text: text, Offset: i, Length: len(brackets), Msg: msg, Hint: hint}
			}
		}
	}
	offset := locate(text, m.Name, named)
	return &caret.Error{Flag: flag, Text: text, Offset: offset, Length: len(m.Name), Msg: msg, Hint: hint}
}
