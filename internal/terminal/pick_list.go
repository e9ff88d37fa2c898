package terminal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/clipperhouse/displaywidth"

	"muster/internal/safe"
)

// pickList is the list of Pick: a line with the title, a line with the filter, and the
// offers that pass it.
type pickList struct {
	ctx     context.Context
	title   string
	rows    []pickRow
	widths  []int // of the columns
	styled  bool
	filter  []rune
	matches []int // indexes of the rows that pass
	at, top int   // indexes in matches: of the cursor, and of the first visible row

	columns, height int // of the window
	chosen          int // index of a row; -1: none
}

type pickRow struct {
	columns []string
	folded  string // the text in which the filter looks
	more    func(context.Context) string
}

// maxPickColumn bounds the width of a column, except for the last one.
const maxPickColumn = 48

func newPickList(ctx context.Context, title string, offers []Offer, styled bool) *pickList {
	l := &pickList{ctx: ctx, title: title, styled: styled, columns: 80, height: 24, chosen: -1}
	for _, offer := range offers {
		row := pickRow{more: offer.More}
		for i, text := range offer.Columns {
			text = safe.Text(text)
			row.columns = append(row.columns, text)
			if i == len(l.widths) {
				l.widths = append(l.widths, 0)
			}
			l.widths[i] = max(l.widths[i], min(displaywidth.String(text), maxPickColumn))
		}
		row.fold()
		l.rows = append(l.rows, row)
	}
	l.match()
	return l
}

func (r *pickRow) fold() { r.folded = strings.ToLower(strings.Join(r.columns, " ")) }

// match finds the rows that contain every word of the filter, in any case.
func (l *pickList) match() {
	words := strings.Fields(strings.ToLower(string(l.filter)))
	l.matches, l.at, l.top = l.matches[:0], 0, 0
	for i, row := range l.rows {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(row.folded, word) }) {
			l.matches = append(l.matches, i)
		}
	}
}

// moreText is the text of one more column of a row.
type moreText struct {
	row  int
	text string
}

// Init implements tea.Model.
func (l *pickList) Init() tea.Cmd { return l.askMore() }

// Update implements tea.Model.
func (l *pickList) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		l.columns, l.height = msg.Width, msg.Height
	case moreText:
		row := &l.rows[msg.row]
		row.columns = append(row.columns, safe.Text(msg.text))
		row.fold()
	case tea.PasteMsg:
		l.write(msg.Content)
	case tea.KeyPressMsg:
		if done := l.press(msg); done {
			return l, tea.Quit
		}
	}
	l.scroll()
	return l, l.askMore()
}

// press handles a key. done means that the list is finished.
func (l *pickList) press(key tea.KeyPressMsg) (done bool) {
	page := max(1, l.height-3)
	switch key.String() {
	case "esc", "ctrl+c", "ctrl+d", "ctrl+g":
		return true
	case "enter":
		if len(l.matches) > 0 {
			l.chosen = l.matches[l.at]
		}
		return len(l.matches) > 0
	case "up", "ctrl+p", "shift+tab":
		l.at--
	case "down", "ctrl+n", "tab":
		l.at++
	case "pgup":
		l.at -= page
	case "pgdown":
		l.at += page
	case "home":
		l.at = 0
	case "end":
		l.at = len(l.matches) - 1
	case "backspace", "ctrl+h":
		l.erase(len(l.filter) - 1)
	case "ctrl+w":
		l.erase(strings.LastIndexByte(strings.TrimRight(string(l.filter), " "), ' ') + 1)
	case "ctrl+u":
		l.erase(0)
	default:
		l.write(key.Text)
	}
	return false
}

// erase shortens the filter.
func (l *pickList) erase(length int) {
	if length >= 0 && length < len(l.filter) {
		l.filter = l.filter[:length]
		l.match()
	}
}

// write appends to the filter.
func (l *pickList) write(text string) {
	typed := slices.DeleteFunc([]rune(text), func(r rune) bool { return !unicode.IsPrint(r) })
	if len(typed) > 0 {
		l.filter = append(l.filter, typed...)
		l.match()
	}
}

// scroll keeps the cursor on a row, and its row visible.
func (l *pickList) scroll() {
	l.at = max(0, min(l.at, len(l.matches)-1))
	l.top = max(0, min(l.top, l.at))
	l.top = max(l.top, l.at-l.visible()+1)
}

func (l *pickList) visible() int { return max(1, l.height-2) }

// shown returns the indexes of the rows on the screen.
func (l *pickList) shown() []int {
	return l.matches[l.top:min(len(l.matches), l.top+l.visible())]
}

// askMore asks for the further column of visible rows, once each.
func (l *pickList) askMore() tea.Cmd {
	var all []tea.Cmd
	for _, i := range l.shown() {
		if more := l.rows[i].more; more != nil {
			l.rows[i].more = nil
			all = append(all, func() tea.Msg { return moreText{i, more(l.ctx)} })
		}
	}
	return tea.Batch(all...)
}

// View implements tea.Model.
func (l *pickList) View() tea.View {
	var text strings.Builder
	text.WriteString(l.fit(l.title) + "\n")
	prompt := fmt.Sprintf("%d/%d > ", len(l.matches), len(l.rows))
	typed := l.tail(string(l.filter), l.columns-len(prompt)-1)
	text.WriteString(l.fit(prompt + typed + "_"))
	for n, i := range l.shown() {
		line := "  " + l.line(l.rows[i])
		if selected := l.top+n == l.at; selected {
			line = "> " + line[2:]
			if l.styled {
				line = "\x1b[1m" + l.fit(line) + "\x1b[m"
			}
		}
		text.WriteString("\n" + l.fit(line))
	}
	view := tea.NewView(text.String())
	view.AltScreen = true // without a cursor: the library would change the shape of the user's
	return view
}

// line returns the columns of a row, side by side.
func (l *pickList) line(row pickRow) string {
	var line strings.Builder
	for i, text := range row.columns {
		if i < len(l.widths) && i < len(row.columns)-1 {
			text = displaywidth.TruncateString(text, l.widths[i], "…")
			text += strings.Repeat(" ", l.widths[i]-displaywidth.String(text)+2)
		}
		line.WriteString(text)
	}
	return strings.TrimRight(line.String(), " ")
}

func (l *pickList) fit(text string) string {
	return pickWidth.TruncateString(text, l.columns, "…")
}

// pickWidth does not count the sequences for bold text.
var pickWidth = displaywidth.Options{ControlSequences: true}

// tail returns the end of a text that fits into a number of columns.
func (l *pickList) tail(text string, columns int) string {
	runes := []rune(text)
	for len(runes) > 0 && displaywidth.String(string(runes)) > columns {
		runes = runes[1:]
	}
	return string(runes)
}
