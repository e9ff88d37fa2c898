// Package caret words mistakes in the text of a flag. A message names the flag and the
// column; below it stand the text and carets under the part that is wrong.
package caret

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"muster/internal/safe"
)

// Error is a mistake in a flag.
type Error struct {
	Flag   string // such as "--jq"
	Text   string // the value of the flag; "" if the message should not show it
	Offset int    // byte of Text at which the mistake starts; -1 if unknown
	Length int    // bytes of Text that are wrong
	Msg    string
	Hint   string // a suggestion; may be empty
}

// Error returns the message on one line. If Offset is known, two more lines show the
// text with carets.
func (e *Error) Error() string {
	msg, place := e.Flag+": "+OneLine(e.Msg), ""
	if e.Text != "" && 0 <= e.Offset && e.Offset <= len(e.Text) {
		offset := e.start()
		msg += position(e.Text, offset)
		place = excerpt(e.Text, offset, e.Length)
	}
	if e.Hint != "" {
		msg += "; " + safe.Text(e.Hint)
	}
	return msg + place
}

// UsageError marks a mistake in the command line: exit code 2.
func (*Error) UsageError() {}

// start moves Offset to the start of a character, since some parsers count bytes, and
// from trailing blank lines to the end of the text.
func (e *Error) start() int {
	offset := e.Offset
	for 0 < offset && offset < len(e.Text) && !utf8.RuneStart(e.Text[offset]) {
		offset--
	}
	if strings.TrimSpace(e.Text[offset:]) == "" {
		offset = min(offset, len(strings.TrimRightFunc(e.Text, unicode.IsSpace)))
	}
	return offset
}

// position is " at column N", with the line where the text has several.
func position(text string, offset int) string {
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	column := utf8.RuneCountInString(text[start:offset]) + 1
	if !strings.ContainsRune(strings.TrimSuffix(text, "\n"), '\n') {
		return fmt.Sprintf(" at column %d", column)
	}
	return fmt.Sprintf(" at line %d, column %d", 1+strings.Count(text[:start], "\n"), column)
}

// excerpt returns two lines to append to a message: the line of text around offset, and
// carets below the length bytes from there. Both fit into 80 columns with an indent.
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

// lastColumns is the longest end of a text that fits into width columns.
func lastColumns(s string, width int) string {
	skip := displaywidth.String(s) - width
	clusters := displaywidth.StringGraphemes(s)
	for skip > 0 && clusters.Next() {
		skip -= clusters.Width()
		s = s[len(clusters.Value()):]
	}
	return s
}

// OneLine makes a library's message safe for a terminal and short enough to read.
func OneLine(msg string) string {
	const limit = 300
	if utf8.RuneCountInString(msg) > limit {
		msg = string([]rune(msg)[:limit]) + "…"
	}
	return safe.Text(msg)
}

// TextError is a failure at a known place in the text of a flag, while it runs.
type TextError struct {
	Err            error
	Text           string
	Offset, Length int // in bytes
}

func (e *TextError) Error() string { return e.Err.Error() }

// Excerpt returns the lines to append to the message.
func (e *TextError) Excerpt() string { return excerpt(e.Text, e.Offset, e.Length) }
