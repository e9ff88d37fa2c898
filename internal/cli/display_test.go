package cli

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// display is what a user sees of a terminal: the sequences that shells and
// progress lines use, on a screen that does not scroll back.
type display struct {
	mu         sync.Mutex
	reply      io.Writer // answers to the questions of programs; may be nil
	rows, cols int
	cells      [][]rune
	row, col   int
	unfinished []byte   // of an escape sequence or a character
	other      [][]rune // what was there when the other screen was entered
	saved      [2]int   // and the cursor
}

func newDisplay(rows, cols int, reply io.Writer) *display {
	d := &display{reply: reply, rows: rows, cols: cols}
	for range rows {
		d.cells = append(d.cells, blank(cols))
	}
	return d
}

func blank(n int) []rune { return []rune(strings.Repeat(" ", n)) }

// String is the text on the screen, without the spaces at the ends of lines.
func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for _, row := range d.cells {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := string(append(d.unfinished, p...))
	d.unfinished = nil
	for text != "" {
		n := d.step(text)
		if n == 0 { // the rest comes with the next write
			d.unfinished = []byte(text)
			break
		}
		text = text[n:]
	}
	return len(p), nil
}

// step shows a character or obeys a sequence, and returns its length; 0 if it is
// not whole.
func (d *display) step(text string) int {
	switch text[0] {
	case '\r':
		d.col = 0
	case '\n':
		d.lineFeed()
	case '\b':
		d.col = max(d.col-1, 0)
	case '\t':
		d.col = min((d.col/8+1)*8, d.cols-1)
	case '\x1b':
		return d.escape(text)
	case '\a', 0, 0x0e, 0x0f:
	default:
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && len(text) < utf8.UTFMax { // the rest is yet to come
			return 0
		}
		d.put(r)
		return size
	}
	return 1
}

func (d *display) put(r rune) {
	if d.col == d.cols {
		d.col = 0
		d.lineFeed()
	}
	d.cells[d.row][d.col] = r
	d.col++
}

func (d *display) lineFeed() {
	if d.row < d.rows-1 {
		d.row++
		return
	}
	d.cells = append(d.cells[1:], blank(d.cols))
}

func (d *display) escape(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '[':
	case ']', 'P', '_', '^': // strings: titles and the like
		for i := 2; i < len(text); i++ {
			if text[i] == '\a' || text[i] == '\\' && text[i-1] == '\x1b' {
				return i + 1
			}
		}
		return 0
	case '(', ')', '#', '%':
		return min(3, len(text)/3*3)
	default:
		return 2
	}
	end := 2
	for end < len(text) && (text[end] < '@' || text[end] > '~') {
		end++
	}
	if end == len(text) {
		return 0
	}
	d.control(text[2:end], text[end])
	return end + 1
}

// control obeys a control sequence.
func (d *display) control(arguments string, final byte) {
	switch arguments + string(final) {
	case "?1049h":
		d.other = d.cells
		d.cells = nil
		for range d.rows {
			d.cells = append(d.cells, blank(d.cols))
		}
		d.saved = [2]int{d.row, d.col}
		return
	case "?1049l":
		d.cells, d.row, d.col = d.other, d.saved[0], d.saved[1]
		return
	}
	var n [2]int
	for i, text := range strings.SplitN(arguments, ";", 2) {
		n[i], _ = strconv.Atoi(text)
	}
	count := max(n[0], 1)
	line := d.cells[d.row]
	at := min(d.col, d.cols-1)
	switch final {
	case 'A':
		d.row = max(d.row-count, 0)
	case 'B':
		d.row = min(d.row+count, d.rows-1)
	case 'C':
		d.col = min(d.col+count, d.cols-1)
	case 'D':
		d.col = max(d.col-count, 0)
	case 'G':
		d.col = min(count, d.cols) - 1
	case 'H', 'f':
		d.row, d.col = min(count, d.rows)-1, min(max(n[1], 1), d.cols)-1
	case 'J':
		if n[0] == 0 {
			copy(line[at:], blank(d.cols))
			for i := d.row + 1; i < d.rows; i++ {
				d.cells[i] = blank(d.cols)
			}
		} else {
			for i := range d.cells {
				d.cells[i] = blank(d.cols)
			}
		}
	case 'K':
		switch n[0] {
		case 0:
			copy(line[at:], blank(d.cols))
		case 1:
			copy(line[:at+1], blank(d.cols))
		case 2:
			copy(line, blank(d.cols))
		}
	case 'P':
		copy(line[at:], append(append([]rune{}, line[min(at+count, d.cols):]...), blank(count)...))
	case '@':
		copy(line[at:], append(blank(count), line[at:]...))
	case 'X':
		copy(line[at:], blank(min(count, d.cols-at)))
	case 'c': // what kind of terminal?
		if d.reply != nil && !strings.HasPrefix(arguments, ">") {
			io.WriteString(d.reply, "\x1b[?62c")
		}
	}
}
