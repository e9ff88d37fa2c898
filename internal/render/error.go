package render

import (
	"fmt"
	"muster/internal/safe"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
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

// Error is the message on one line, and where the place of the mistake is known two
// more lines: the text, and carets below what is wrong in it.
func (e *Error) Error() string {
	msg := e.Flag + ": " + oneLine(e.Msg)
	place := ""
	if e.Text != "" && 0 <= e.Offset && e.Offset <= len(e.Text) {
		offset := e.Offset
		for 0 < offset && offset < len(e.Text) && !utf8.RuneStart(e.Text[offset]) { // some parsers count bytes
			offset--
		}
		if strings.TrimSpace(e.Text[offset:]) == "" { // the end, whatever blank lines there are
			offset = min(offset, len(strings.TrimRightFunc(e.Text, unicode.IsSpace)))
		}
		start := strings.LastIndexByte(e.Text[:offset], '\n') + 1
		column := utf8.RuneCountInString(e.Text[start:offset]) + 1
		if strings.ContainsRune(strings.TrimSuffix(e.Text, "\n"), '\n') {
			msg += fmt.Sprintf(" at line %d, column %d", 1+strings.Count(e.Text[:start], "\n"), column)
		} else {
			msg += fmt.Sprintf(" at column %d", column)
		}
		place = excerpt(e.Text, offset, e.length)
	}
	if e.Hint != "" {
		msg += "; " + safe.Text(e.Hint)
	}
	return msg + place
}

// excerpt is two lines to go below a message: the line of text at offset, cut to the
// neighbourhood of the place, and carets below the length bytes that it is about. It
// fits 80 columns, with as many as a message may be indented by.
func excerpt(text string, offset, length int) string {
	const indent, before, within, around = "\n    ", 36, 30, 68
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	line = strings.TrimSuffix(line, "\r")
	offset = min(offset-start, len(line))
	end := min(offset+max(length, 1), len(line))
	for end < len(line) && !utf8.RuneStart(line[end]) {
		end++
	}
	left := safe.Text(strings.TrimLeft(line[:offset], " \t"))
	if displaywidth.String(left) > before {
		left = "…" + lastColumns(left, before-1)
	}
	wrong := displaywidth.TruncateString(safe.Text(line[offset:end]), within, "…")
	room := around - displaywidth.String(left) - displaywidth.String(wrong)
	right := displaywidth.TruncateString(safe.Text(line[end:]), room, "…")
	return indent + strings.TrimRight(left+wrong+right, " ") +
		indent + strings.Repeat(" ", displaywidth.String(left)) + strings.Repeat("^", max(1, displaywidth.String(wrong)))
}

// lastColumns is the end of a text that takes at most width columns.
func lastColumns(s string, width int) string {
	skip := displaywidth.String(s) - width
	clusters := displaywidth.StringGraphemes(s)
	for skip > 0 && clusters.Next() {
		skip -= clusters.Width()
		s = s[len(clusters.Value()):]
	}
	return s
}

// oneLine makes a library's message safe for a terminal and short enough to read.
func oneLine(msg string) string {
	const limit = 300
	if utf8.RuneCountInString(msg) > limit {
		msg = string([]rune(msg)[:limit]) + "…"
	}
	return safe.Text(msg)
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
