package terminal

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Screen draws on the terminal's alternate screen, so that the user finds the
// terminal as it was when the program ends. The last row is left to the line and to
// questions.
type Screen struct {
	t     *Terminal
	lines func(columns, rows int) []string

	// t.mu guards the fields below.
	ready         bool // something was given to draw
	entered, left bool
	columns, rows int // when it was drawn last; 0: something else has written since
}

// The control sequences of the alternate screen.
const enterScreen, leaveScreen = "\x1b[?1049h", "\x1b[?1049l"

// NewScreen returns a screen that shows the result of lines: at most rows lines. It redraws
// when the window changes its size and when the program continues after Ctrl-Z, until ctx is
// done. It returns nil where there is no terminal to draw on.
func (t *Terminal) NewScreen(ctx context.Context, lines func(columns, rows int) []string) *Screen {
	if !IsTerminal(t.Stdout) || t.Dumb() || !foreground(t.Stdout.(*os.File)) {
		return nil
	}
	s := &Screen{t: t, lines: lines}
	release := t.trapTTYSignals()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen = s
	go func() {
		defer release()
		defer s.Leave()
		s.follow(ctx)
	}()
	return s
}

// HasScreen reports whether a screen shows the notes of each round.
func (t *Terminal) HasScreen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen != nil && IsTerminal(t.Stderr)
}

// Draw calls update, which may change the result of lines, and draws the screen.
func (s *Screen) Draw(update func()) error {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	update()
	s.ready = true
	return s.draw()
}

// Update calls change while nothing is drawn. A nil screen just calls it.
func (s *Screen) Update(change func() error) error {
	if s != nil {
		s.t.mu.Lock()
		defer s.t.mu.Unlock()
	}
	return change()
}

// Leave restores the terminal's contents.
func (s *Screen) Leave() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.line.erase()
	s.exit()
	s.left = true
}

// follow polls for the size of the window: unlike the signal, that works everywhere.
func (s *Screen) follow(ctx context.Context) {
	tick := time.NewTicker(lineEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.t.mu.Lock()
		if columns, rows, _ := size(s.t.Stdout); !s.entered || columns != s.columns || rows != s.rows {
			s.draw()
		}
		s.t.mu.Unlock()
	}
}

// The next three need t.mu.

// exit restores the terminal's contents until the next draw.
func (s *Screen) exit() {
	if s != nil && s.entered {
		io.WriteString(s.t.Stdout, leaveScreen)
		s.entered = false
	}
}

// overwritten notes that something else has written on the screen.
func (s *Screen) overwritten() {
	if s != nil {
		s.columns = 0
	}
}

func (s *Screen) draw() error {
	if s.left || s.t.holds > 0 || !s.ready || !foreground(s.t.Stdout.(*os.File)) {
		return nil
	}
	s.columns, s.rows, _ = size(s.t.Stdout)
	var b strings.Builder
	if !s.entered {
		b.WriteString(enterScreen)
		s.entered = true
	}
	b.WriteString("\x1b[H")
	for _, text := range s.lines(s.columns, s.rows-1) {
		b.WriteString("\x1b[K" + text + "\r\n")
	}
	fmt.Fprintf(&b, "\x1b[J\x1b[%d;1H", s.rows)
	_, err := io.WriteString(s.t.Stdout, b.String())
	if line := s.t.line; line != nil && line.shown {
		line.draw()
	}
	return err
}
