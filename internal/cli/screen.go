package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"

	"muster/internal/render"
)

// altScreen shows the rounds of --watch on the terminal's other screen, so that what
// was there before is there again at the end. The last line is left to progress
// and questions.
type altScreen struct {
	app   *App
	every time.Duration
	table func(io.Writer) error // prints the records at the terminal's width

	// app.notes guards what follows.
	frame         frame
	entered, left bool
	width, height int // when it was drawn; 0: something else has been there since
}

// frame is what a round leaves on the screen besides its records.
type frame struct {
	at      time.Time
	summary string // "2 instances in ..."
	changes string // "+1 ~2"
	notes   string // what is missing, and why
}

// The sequences of a terminal's other screen.
const enterScreen, leaveScreen = "\x1b[?1049h", "\x1b[?1049l"

// newScreen is nil where there is no terminal to draw on.
func newScreen(app *App, every time.Duration, table func(io.Writer) error) *altScreen {
	if !isTerminal(app.Stdout) || app.dumb() || !foreground(app.Stdout.(*os.File)) {
		return nil
	}
	s := &altScreen{app: app, every: every, table: table}
	app.notes.Lock()
	defer app.notes.Unlock()
	app.screen = s
	return s
}

// next shows a round.
func (s *altScreen) next(f frame) error {
	s.app.notes.Lock()
	defer s.app.notes.Unlock()
	s.frame = f
	return s.draw()
}

// follow draws anew when the window is resized, and when the program goes on after
// it was stopped. Asking for the size now and then works everywhere, unlike the
// signal.
func (s *altScreen) follow(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer s.app.mindKeyboard()()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.app.notes.Lock()
		if width, height := s.size(); !s.entered || width != s.width || height != s.height {
			s.draw()
		}
		s.app.notes.Unlock()
	}
}

// leave brings back what was on the terminal, for good.
func (s *altScreen) leave() {
	s.app.notes.Lock()
	defer s.app.notes.Unlock()
	s.app.line.erase()
	s.exit()
	s.left = true
}

// The next three want app.notes to be held.

// exit brings back what was on the terminal until the next time it is drawn on.
func (s *altScreen) exit() {
	if s != nil && s.entered {
		io.WriteString(s.app.Stdout, leaveScreen)
		s.entered = false
	}
}

// touch says that something else has written on the screen.
func (s *altScreen) touch() {
	if s != nil {
		s.width = 0
	}
}

func (s *altScreen) size() (width, height int) {
	width, height, err := term.GetSize(int(s.app.Stdout.(*os.File).Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

func (s *altScreen) draw() error {
	if s.left || s.app.holds > 0 || s.frame.at.IsZero() || !foreground(s.app.Stdout.(*os.File)) {
		return nil
	}
	s.width, s.height = s.size()
	var b strings.Builder
	if !s.entered {
		b.WriteString(enterScreen)
		s.entered = true
	}
	b.WriteString("\x1b[H")
	for _, text := range s.lines(s.width, s.height-1) {
		b.WriteString("\x1b[K" + text + "\r\n")
	}
	fmt.Fprintf(&b, "\x1b[J\x1b[%d;1H", s.height)
	_, err := io.WriteString(s.app.Stdout, b.String())
	if line := s.app.line; line != nil && line.shown {
		line.draw()
	}
	return err
}

// lines are what fits on the screen: a header, the table, and of the notes as much
// as a third of the screen holds.
func (s *altScreen) lines(width, height int) []string {
	var table strings.Builder
	told := splitLines(s.frame.notes)
	if err := s.table(&table); err != nil {
		told = append(told, render.Safe(err.Error()))
	}
	rows := splitLines(table.String())
	var notes []string
	for _, note := range told {
		indent := note[:len(note)-len(strings.TrimLeft(note, " "))]
		for _, text := range wrap(note, width-len(indent)) {
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

// header tells what was found and what has changed, and when. In a narrow window
// the changes are the last to go.
func (s *altScreen) header(width int) string {
	every := strings.Replace(strings.Replace(s.every.String(), "m0s", "m", 1), "h0m", "h", 1)
	found, changes, at := s.frame.summary, "", "  "+s.frame.at.Format(time.TimeOnly)
	if s.frame.changes != "" {
		changes = "; " + s.frame.changes
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

// minSummary is how many columns of what was found are worth more than the time.
const minSummary = len("1,234 instances")

// cut leaves out what is beyond a number of lines, and says so on the last.
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
