package terminal

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Work that takes longer than lineAfter shows its line, which is redrawn at this
// rate.
const (
	lineAfter = 500 * time.Millisecond
	lineEvery = 100 * time.Millisecond
)

// Line is the last line on the terminal, for progress. It disappears when the work
// ends. Libraries of progress bars expect to own the stream that they draw on; here
// records, notes and questions use the same terminal, and the line makes way for
// each.
//
// The cursor stays in the first column, so that the line can be erased whatever a
// resized window has made of it. The cursor is not hidden, so that a killed program
// leaves nothing to repair.
type Line struct {
	t     *Terminal
	w     io.Writer
	text  func(width int) string
	shown bool
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// StartLine shows a line until ctx is done or End is called. text returns the line,
// at most width columns wide. StartLine returns nil where no line can be shown.
func (t *Terminal) StartLine(ctx context.Context, text func(width int) string) *Line {
	if !IsTerminal(t.Stderr) || t.Dumb() || isPiped(t.Stdout) {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	l := &Line{t: t, w: t.Stderr, text: text, stop: stop}
	t.mu.Lock()
	t.line = l
	t.mu.Unlock()
	l.ended.Go(func() { l.run(ctx) })
	return l
}

func (l *Line) run(ctx context.Context) {
	tick := time.NewTimer(lineAfter)
	defer tick.Stop()
	defer l.t.trapTTYSignals()()
	for {
		select {
		case <-ctx.Done():
			l.t.mu.Lock()
			defer l.t.mu.Unlock()
			l.erase()
			l.t.line = nil
			return
		case <-tick.C:
			l.t.mu.Lock()
			l.draw()
			l.t.mu.Unlock()
			tick.Reset(lineEvery)
		}
	}
}

// End erases the line for good. It does nothing for a nil line.
func (l *Line) End() {
	if l != nil {
		l.stop()
		l.ended.Wait()
	}
}

// isPiped reports whether another program reads a stream. Such a program, less or fzf,
// may draw on the same terminal.
func isPiped(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// The next two need t.mu.

func (l *Line) draw() {
	if l.t.holds > 0 || !foreground(l.w.(*os.File)) {
		return
	}
	columns, _, _ := size(l.w)
	fmt.Fprint(l.w, l.text(columns-1)+"\x1b[J\r")
	l.shown = true
}

func (l *Line) erase() {
	if l != nil && l.shown {
		fmt.Fprint(l.w, "\r\x1b[J")
		l.shown = false
	}
}
