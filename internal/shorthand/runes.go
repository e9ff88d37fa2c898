package shorthand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRune is the last character that the AWS CLI's grammar accepts outside quotes.
const maxRune = 0xffff

func isKeyRune(c rune) bool {
	return c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-_.#/:", c))
}

// startsWord reports whether c can start a value without quotes.
func startsWord(c rune) bool {
	return c > ' ' && c <= maxRune && !strings.ContainsRune(`"',=[{`, c)
}

// firstFollows reports whether c can continue the value of a key.
func firstFollows(c rune) bool {
	return (c >= ' ' || isSpace(c)) && c <= maxRune && !strings.ContainsRune(`"',]}`, c)
}

// secondFollows reports whether c can continue a further value of a list.
func secondFollows(c rune) bool {
	return (c >= ' ' || isSpace(c)) && c <= maxRune && !strings.ContainsRune(`"',=`, c)
}

// isSpace is str.isspace of Python.
func isSpace(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }

// surrogate is the offset of the characters that replace bytes outside UTF-8, as in
// Python: U+DC80 to U+DCFF.
const surrogate = 0xdc00

func decode(text string) []rune {
	runes := make([]rune, 0, len(text))
	for len(text) > 0 {
		c, size := utf8.DecodeRuneInString(text)
		if c == utf8.RuneError && size == 1 {
			c = surrogate + rune(text[0])
		}
		runes = append(runes, c)
		text = text[size:]
	}
	return runes
}

func encode(runes []rune) string {
	var b strings.Builder
	for _, c := range runes {
		if c >= surrogate+utf8.RuneSelf && c <= surrogate+0xff {
			b.WriteByte(byte(c - surrogate))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
