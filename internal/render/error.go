package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a mistake in an output flag, found before anything was asked of AWS.
type Error struct {
	Flag   string // as "--jq"
	Text   string // what the user wrote; "" where it would not help to show it
	Offset int    // byte of Text at which the mistake is; -1: not known
	Msg    string
	Hint   string // what to do; "" if nothing is known

	length int // bytes of Text that are wrong
}

// Texts of up to this many characters are not repeated under the message.
const shortText = 24

// Error is the message on one line, and on a second one the text with the place
// marked, where the text is too long for the column's number to be enough.
func (e *Error) Error() string {
	msg := e.Flag + ": " + oneLine(e.Msg)
	excerpt := ""
	if e.Text != "" && 0 <= e.Offset && e.Offset <= len(e.Text) {
		start := strings.LastIndexByte(e.Text[:e.Offset], '\n') + 1
		column := utf8.RuneCountInString(e.Text[start:e.Offset]) + 1
		if strings.ContainsRune(strings.TrimSuffix(e.Text, "\n"), '\n') {
			msg += fmt.Sprintf(" at line %d, column %d", 1+strings.Count(e.Text[:start], "\n"), column)
		} else {
			msg += fmt.Sprintf(" at column %d", column)
		}
		if utf8.RuneCountInString(e.Text) > shortText {
			excerpt = "\n    " + e.excerpt(start)
		}
	}
	if e.Hint != "" {
		msg += "; " + Safe(e.Hint)
	}
	return msg + excerpt
}

// excerpt is the line that begins at start, cut to the neighbourhood of the
// mistake, with a mark behind it.
func (e *Error) excerpt(start int) string {
	const around = 40
	line, _, _ := strings.Cut(e.Text[start:], "\n")
	end := min(e.Offset+e.length-start, len(line))
	before, after := []rune(line[:end]), []rune(line[end:])
	if len(before) > around {
		before = append([]rune("…"), before[len(before)-around:]...)
	}
	if len(after) > around {
		after = append(after[:around:around], '…')
	}
	return strings.TrimSpace(Safe(string(before)) + " <-- here " + Safe(string(after)))
}

// oneLine makes a library's message safe for a terminal and short enough to read.
func oneLine(msg string) string {
	const limit = 300
	if utf8.RuneCountInString(msg) > limit {
		msg = string([]rune(msg)[:limit]) + "…"
	}
	return Safe(msg)
}

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
