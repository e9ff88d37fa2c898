package shorthand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The classes of characters of the AWS CLI's grammar. It knows none above U+FFFF:
// such a one has to stand within quotes.

const last = 0xffff

func isKeyRune(c rune) bool {
	return c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-_.#/:", c))
}

// startsWord is true of what may begin a value without quotes.
func startsWord(c rune) bool {
	return c > ' ' && c <= last && !strings.ContainsRune(`"',=[{`, c)
}

// firstFollows is true of what may follow in the value behind a key.
func firstFollows(c rune) bool {
	return (c >= ' ' || isSpace(c)) && c <= last && !strings.ContainsRune(`"',]}`, c)
}

// secondFollows is the same for the further values of a list.
func secondFollows(c rune) bool {
	return (c >= ' ' || isSpace(c)) && c <= last && !strings.ContainsRune(`"',=`, c)
}

// isSpace is true of what Python takes for blank.
func isSpace(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }

// Bytes that are no UTF-8 stand for themselves, as they do in Python: in the text
// at hand from U+DC80 on.
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
