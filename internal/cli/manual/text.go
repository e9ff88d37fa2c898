package manual

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"muster/internal/terminal"
)

const (
	defaultWidth       = 80 // in a pipe
	minWidth, maxWidth = 40, 100
	longestTerm        = 28 // a longer term has its text on the next line
	narrowest          = 60 // on narrower terminals every term has its text on the next line
	indent             = 4  // of that text
)

// Width returns the number of columns for text on w.
func Width(w io.Writer) int {
	width, ok := terminal.Width(w)
	if !ok {
		return defaultWidth
	}
	return min(max(width, minWidth), maxWidth)
}

// text lays the page out for a terminal.
func (p Page) text(width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n", p.Usage)
	b.WriteString(wrapParagraphs(p.About, width))
	if p.Detail != "" {
		b.WriteString("\n" + wrapParagraphs(p.Detail, width))
	}
	column := p.termWidth(width)
	for _, s := range p.sections {
		fmt.Fprintf(&b, "\n%s:\n", s.title)
		for _, e := range s.entries {
			e.writeText(&b, column, width)
		}
		for _, line := range columns(s.names, width-2) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	if len(p.Examples) > 0 {
		fmt.Fprintf(&b, "\nExamples:\n  %s\n", strings.Join(p.Examples, "\n  "))
	}
	if p.More != "" {
		b.WriteString("\n" + wrapParagraphs(p.More, width))
	}
	return b.String()
}

// termWidth returns the width of the column of terms, 0 if there is no such column.
func (p Page) termWidth(width int) (column int) {
	if width < narrowest {
		return 0
	}
	for _, s := range p.sections {
		for _, e := range s.entries {
			if n := len(e.term); n <= longestTerm {
				column = max(column, n)
			}
		}
	}
	return column
}

// writeText prints the term, and its text beside or below it.
func (e entry) writeText(b *strings.Builder, column, width int) {
	left := max(column, indent)
	lines := Wrap(e.text, width-left-4)
	if len(e.term) > column {
		fmt.Fprintf(b, "  %s\n", e.term)
	} else {
		fmt.Fprintf(b, "  %-*s  %s\n", column, e.term, lines[0])
		lines = lines[1:]
	}
	for _, line := range lines {
		fmt.Fprintf(b, "  %-*s  %s\n", left, "", line)
	}
}

// wrapParagraphs wraps the paragraphs of a text that do not begin with a space.
func wrapParagraphs(text string, width int) string {
	wrapped := paragraphs(text)
	for i, paragraph := range wrapped {
		if !strings.HasPrefix(paragraph, " ") {
			wrapped[i] = strings.Join(Wrap(paragraph, width), "\n")
		}
	}
	return strings.Join(wrapped, "\n\n") + "\n"
}

func paragraphs(text string) []string {
	return strings.Split(strings.Trim(text, "\n"), "\n\n")
}

// Wrap breaks text into lines of at most width characters. It returns at least one
// line.
func Wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
