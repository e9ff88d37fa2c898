package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"muster/internal/cli/manual"
	"muster/internal/safe"
)

// frame is the content of the screen of --watch.
type frame struct {
	every   time.Duration
	at      time.Time
	summary string                // "2 instances in ..."
	changes string                // "+1 ~2"
	notes   string                // the gaps and their causes
	table   func(io.Writer) error // prints the records at the terminal's width
}

// lines returns the lines of the screen: a header, the table and the notes. The notes may
// take a third of the screen, or more if the table leaves room.
func (s *frame) lines(width, height int) []string {
	var table strings.Builder
	told := splitLines(s.notes)
	if err := s.table(&table); err != nil {
		told = append(told, safe.Text(err.Error()))
	}
	rows := splitLines(table.String())
	var notes []string
	for _, note := range told {
		indent := note[:len(note)-len(strings.TrimLeft(note, " "))]
		for _, text := range manual.Wrap(note, width-len(indent)) {
			notes = append(notes, indent+text)
		}
	}
	lines := []string{s.header(width), ""}
	space := height - len(lines)
	notes = cut(notes, max(height/3, space-len(rows)-1))
	if len(notes) > 0 {
		space -= len(notes) + 1
	}
	lines = append(lines, cut(rows, space)...)
	if len(notes) > 0 {
		lines = append(append(lines, ""), notes...)
	}
	options := displaywidth.Options{ControlSequences: true}
	for i, text := range lines {
		if options.String(text) > width {
			lines[i] = options.TruncateString(text, width, "…")
			if strings.Contains(text, "\x1b") {
				lines[i] += "\x1b[0m"
			}
		}
	}
	return lines[:max(min(len(lines), height), 0)]
}

// header returns the count of records, the changes and the time. In a narrow window, it
// leaves out the time first and shortens the count next.
func (s *frame) header(width int) string {
	every := strings.Replace(strings.Replace(s.every.String(), "m0s", "m", 1), "h0m", "h", 1)
	found, changes, at := s.summary, "", "  "+s.at.Format(time.TimeOnly)
	if s.changes != "" {
		changes = "; " + s.changes
	}
	if full := fmt.Sprintf("Every %s: %s", every, found); displaywidth.String(full+changes+at) <= width {
		found = full
	}
	space := width - len(changes) - len(at)
	if space < minSummary {
		space, at = space+len(at), ""
	}
	found = displaywidth.TruncateString(found, max(space, 1), "…")
	return found + changes + strings.Repeat(" ", max(space-displaywidth.String(found), 0)) + at
}

// minSummary is the width of the count below which header leaves out the time.
const minSummary = len("1,234 instances")

// cut returns at most n lines. If lines are left out, the last one counts them.
func cut(lines []string, n int) []string {
	if n < 1 {
		return nil
	}
	if len(lines) <= n {
		return lines
	}
	return append(lines[:n-1:n-1], fmt.Sprintf("… %s more", count(len(lines)-n+1, "line")))
}

func splitLines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
