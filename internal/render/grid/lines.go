package grid

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// terminal measures text as terminals do: by grapheme clusters, without escape sequences.
var terminal = displaywidth.Options{ControlSequences: true}

// width returns the columns that a text takes.
func width(text string) int {
	if isASCII(text) {
		return len(text)
	}
	return terminal.String(text)
}

// truncate cuts a text to a width. Escape sequences behind the cut are kept, so that
// colors and links end.
func truncate(text string, most int) string {
	if width(text) <= most {
		return text
	}
	return terminal.TruncateString(text, most, "…")
}

// isASCII reports whether a text is printable ASCII.
func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// lines receives the lines that tablewriter draws and writes what a terminal is to show.
//
// tablewriter sees a text as itself only if all measures of it agree. In place of any
// other text it gets an escape sequence with a number, of which it knows that it takes
// no column, and as many blanks as the text takes. Write puts the text back.
type lines struct {
	w      io.Writer
	trim   bool // remove blanks at the ends of lines
	hidden []hiddenText
	line   []byte
	err    error // the first of w
}

type hiddenText struct {
	text  string
	width int
}

const (
	hiddenStart = "\x1b["
	hiddenEnd   = 'z'
)

// hide returns what tablewriter gets in place of a text.
func (l *lines) hide(text string) string {
	if isASCII(text) && !strings.HasSuffix(text, " ") { // blanks at the end would be trimmed
		return text
	}
	h := hiddenText{text, width(text)}
	l.hidden = append(l.hidden, h)
	return hiddenStart + strconv.Itoa(len(l.hidden)-1) + string(hiddenEnd) + strings.Repeat(" ", h.width)
}

// Write takes whole lines.
func (l *lines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		l.writeLine(line)
	}
	return len(p), l.err
}

func (l *lines) writeLine(drawn []byte) {
	if l.err != nil {
		return
	}
	drawn = bytes.TrimSuffix(drawn, []byte("\n"))
	if l.trim {
		drawn = bytes.TrimRight(drawn, " ")
	}
	line := l.line[:0]
	for {
		before, after, found := bytes.Cut(drawn, []byte(hiddenStart))
		line = append(line, before...)
		if !found {
			break
		}
		end := bytes.IndexByte(after, hiddenEnd)
		number, _ := strconv.Atoi(string(after[:end]))
		h := l.hidden[number]
		line = append(line, h.text...)
		after = after[end+1:]
		drawn = after[min(h.width, len(after)):] // trimming may have taken some blanks
	}
	l.line = append(line, '\n')
	_, l.err = l.w.Write(l.line)
}

// heading writes a line that goes on beyond the label's column, which no row of
// tablewriter does.
func (l *lines) heading(t *Table, text string) {
	between, _ := t.Style.spacing()
	indent := t.Label * (1 + between)
	if t.Width > 0 {
		text = truncate(text, max(t.Width-indent, 1))
	}
	if l.err == nil {
		_, l.err = io.WriteString(l.w, strings.Repeat(" ", indent)+text+"\n")
	}
}
