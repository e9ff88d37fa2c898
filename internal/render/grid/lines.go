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

// lines is the writer of tablewriter's renderers.
//
// A renderer gets only printable ASCII, since it measures other text wrongly. In place of
// other text it gets an escape sequence with a number, and as many blanks as the text is
// wide. It counts no column for the escape sequence. Write puts the text back.
type lines struct {
	w      io.Writer
	trim   bool         // remove blanks at the ends of lines
	hidden []hiddenText // texts of the current line, by number
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

// hide returns the ASCII text that the renderer gets for a text.
func (l *lines) hide(text string) string {
	if isASCII(text) && !strings.HasSuffix(text, " ") { // a blank at the end could be trimmed
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

// heading writes a line without columns, which tablewriter does not have.
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
