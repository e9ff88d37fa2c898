package cli

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// display is the screen of a terminal without scrollback. It obeys the sequences that
// muster uses, and shows others as text.
type display struct {
	mu         sync.Mutex
	cells      [][]rune
	row, col   int
	unfinished string   // of a sequence or a character
	other      [][]rune // the contents before the other screen was entered
	saved      [2]int   // and the cursor
	past       []string // earlier contents
	looked     int      // how much of it was looked at
}

func newDisplay(rows, cols int) *display { return &display{cells: blankScreen(rows, cols)} }

func blankScreen(rows, cols int) [][]rune {
	cells := make([][]rune, rows)
	for i := range cells {
		cells[i] = blank(cols)
	}
	return cells
}

func blank(n int) []rune { return []rune(strings.Repeat(" ", n)) }

// String is the text on the screen, without the spaces at the ends of lines.
func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text()
}

func (d *display) text() string {
	var lines []string
	for _, row := range d.cells {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// showed reports whether such a screen appeared after the last one found, however
// briefly.
func (d *display) showed(is func(text string) bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.looked < len(d.past) {
		d.looked++
		if is(d.past[d.looked-1]) {
			return true
		}
	}
	return false
}

func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.unfinished + string(p)
	for text != "" {
		n := d.step(text)
		if n == 0 { // the rest comes with the next write
			break
		}
		text = text[n:]
	}
	d.unfinished = text
	d.past = append(d.past, d.text())
	return len(p), nil
}

// step shows a character or obeys a sequence, and returns its length, or 0 if it is
// incomplete.
func (d *display) step(text string) int {
	switch {
	case text[0] == '\r':
		d.col = 0
	case text[0] == '\n':
		d.lineFeed()
	case strings.HasPrefix(text, "\x1b["):
		end := 2 + strings.IndexFunc(text[2:], func(r rune) bool { return '@' <= r && r <= '~' })
		if end < 2 {
			return 0
		}
		d.control(text[2:end], text[end])
		return end + 1
	case text == "\x1b", !utf8.FullRuneInString(text):
		return 0
	default:
		r, size := utf8.DecodeRuneInString(text)
		d.put(r)
		return size
	}
	return 1
}

func (d *display) cols() int { return len(d.cells[0]) }

func (d *display) put(r rune) {
	if d.col == d.cols() {
		d.col = 0
		d.lineFeed()
	}
	d.cells[d.row][d.col] = r
	d.col++
}

func (d *display) lineFeed() {
	if d.row < len(d.cells)-1 {
		d.row++
		return
	}
	d.cells = append(d.cells[1:], blank(d.cols()))
}

// control obeys a control sequence.
func (d *display) control(arguments string, final byte) {
	switch arguments + string(final) {
	case "?1049h":
		d.other, d.saved = d.cells, [2]int{d.row, d.col}
		d.cells = blankScreen(len(d.cells), d.cols())
		return
	case "?1049l":
		d.cells, d.row, d.col = d.other, d.saved[0], d.saved[1]
		return
	}
	rest := func() { copy(d.cells[d.row][min(d.col, d.cols()-1):], blank(d.cols())) }
	switch final {
	case 'H':
		d.past = append(d.past, d.text()) // before the next is drawn over it
		row, col, _ := strings.Cut(arguments, ";")
		place := func(text string, size int) int {
			n, _ := strconv.Atoi(text)
			return min(max(n, 1), size) - 1
		}
		d.row, d.col = place(row, len(d.cells)), place(col, d.cols())
	case 'J':
		rest()
		for i := d.row + 1; i < len(d.cells); i++ {
			d.cells[i] = blank(d.cols())
		}
	case 'K':
		rest()
	case 'm': // colours
	default:
		for _, r := range "ESC[" + arguments + string(final) {
			d.put(r)
		}
	}
}
