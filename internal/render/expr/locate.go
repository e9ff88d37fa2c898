package expr

import (
	"muster/internal/render/caret"
	"muster/internal/render/shape"
	"strings"
	"unicode"
	"unicode/utf8"
)

// locate returns the offset of the occurrence of word in text that check complains
// about, or -1. The trees of the parsers have no positions. So locate changes one
// occurrence after the other, until check complains about the changed word.
func locate(text, word string, check func(text string) (wrong string)) int {
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

// noFieldError returns the error for an access. check returns the same access of a
// changed text, to find its place; through is as for shape.NoField.Explain.
func noFieldError(access *shape.NoField, flag, text string, through shape.Paths, check func(text string) *shape.NoField) *caret.Error {
	e := &caret.Error{Flag: flag, Text: text}
	e.Msg, e.Hint = access.Explain(through)
	if access.Name == "" {
		e.Offset, e.Length = locateBrackets(text, access.In, check), len(brackets)
		return e
	}
	e.Length = len(access.Name)
	e.Offset = locate(text, access.Name, func(text string) string {
		if changed := check(text); changed != nil {
			return changed.Name
		}
		return ""
	})
	return e
}

const brackets = "[]"

// locateBrackets is locate for the brackets that follow a value without items: .Name[]
// becomes .Name.x[], so that check complains about x instead.
func locateBrackets(text string, in *shape.Schema, check func(text string) *shape.NoField) int {
	for i := range text {
		if !strings.HasPrefix(text[i:], brackets) {
			continue
		}
		if changed := check(text[:i] + ".x" + text[i:]); changed != nil && changed.Name == "x" && changed.In == in {
			return i
		}
	}
	return -1
}
