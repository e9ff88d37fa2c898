package manual

import (
	"io"
	"strings"
	"unicode/utf8"

	"muster/internal/terminal"
)

// Names prints names: in columns on a terminal, else one per line.
func Names(w io.Writer, names []string) error {
	lines := names
	if width, ok := terminal.Width(w); ok {
		lines = columns(names, width)
	}
	return writeString(w, strings.Join(lines, "\n")+"\n")
}

const columnGap = 2

// columns lays names out in as many columns as fit. Names run down the columns, and each
// column is as wide as its longest name.
func columns(names []string, width int) (lines []string) {
	rows := 1
	for rows < len(names) && widthOf(names, rows) > width {
		rows++
	}
	for i := range min(rows, len(names)) {
		line := ""
		for start := 0; start+i < len(names); start += rows {
			name := names[start+i]
			line += name
			if start+rows+i < len(names) {
				line += strings.Repeat(" ", longest(column(names, start, rows))-utf8.RuneCountInString(name)+columnGap)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// widthOf returns the width of names in columns of so many rows.
func widthOf(names []string, rows int) int {
	width := -columnGap
	for start := 0; start < len(names); start += rows {
		width += columnGap + longest(column(names, start, rows))
	}
	return width
}

func column(names []string, start, rows int) []string {
	return names[start:min(start+rows, len(names))]
}

func longest(names []string) (n int) {
	for _, name := range names {
		n = max(n, utf8.RuneCountInString(name))
	}
	return n
}
