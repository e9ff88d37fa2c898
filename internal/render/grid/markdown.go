package grid

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markdown returns the titles and texts so that Markdown shows them unchanged: text
// from AWS never ends a cell or a row, and never becomes an image, HTML or a link
// except that GitHub links a URL to itself.
func markdown(columns []Column, rows iter.Seq[Row]) ([]Column, iter.Seq[Row]) {
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Title = escapeMarkdown(columns[i].Title)
	}
	return columns, func(yield func(Row) bool) {
		for row := range rows {
			for _, cell := range row.Cells {
				for i := range cell {
					cell[i] = escapeMarkdown(cell[i])
				}
			}
			if !yield(row) {
				return
			}
		}
	}
}

// special are the characters that mean something within a line of GitHub's Markdown:
// escapes, code, emphasis, links, HTML, entities, cells, strikethrough, formulas.
const special = "\\`*_[<&|~$"

// noURL escapes the text from which GitHub makes a link, which takes backslashes as they are.
var noURL = strings.NewReplacer("://", `\://`, "www.", `www\.`)

// escapeMarkdown puts a backslash before special characters, except where they mean nothing,
// because names and URLs are full of them.
func escapeMarkdown(text string) string {
	if !strings.ContainsAny(text, special) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if strings.ContainsRune(special, r) && !meansNothing(text, i) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if b.Len() == len(text) {
		return text
	}
	return noURL.Replace(b.String())
}

// meansNothing reports whether the special character at i is an underscore between letters
// or digits, as in i_1, or an ampersand that begins no entity, as in a?b=1&c=2.
func meansNothing(text string, i int) bool {
	switch text[i] {
	case '_':
		return withinWord(text, i)
	case '&':
		name, _, ended := strings.Cut(text[i:], ";")
		return !ended || strings.ContainsAny(name, "=/ ")
	}
	return false
}

// withinWord reports whether the byte at i is between letters or digits.
func withinWord(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	word := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	return word(before) && word(after)
}
