package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"muster/internal/sweep"
)

// A sweep that takes longer than this shows how far it has come, at this rate.
const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

// footLine is the line below everything else on the terminal that is gone when
// what it tells of is done. Libraries of progress bars take the stream that they
// draw on for their own; here records on stdout, notes on stderr and questions on
// the terminal come from elsewhere, and the line has to make way for each.
//
// The cursor stays at its first column, from where it is erased whatever a resized
// window has made of it. The cursor is not hidden, so that nothing has to be put
// right where the program is killed.
type footLine struct {
	app   *App
	w     io.Writer
	text  func(width int) string
	shown bool
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// isPiped says whether a stream is read by another program, such as less or fzf,
// that may be drawing on the same terminal.
func isPiped(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// startLine shows a line on stderr, if that is a terminal and nobody else draws on
// it, until the context or the line ends. text makes it, at most that many columns wide.
func (a *App) startLine(ctx context.Context, text func(width int) string) *footLine {
	w := a.Stderr
	if a.lineOn != nil {
		w = a.lineOn
	}
	if !isTerminal(w) || a.dumb() || isPiped(a.Stdout) {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	l := &footLine{app: a, w: w, text: text, stop: stop}
	a.notes.Lock()
	a.line = l
	a.notes.Unlock()
	l.ended.Go(func() { l.run(ctx) })
	return l
}

func (l *footLine) run(ctx context.Context) {
	tick := time.NewTimer(progressAfter)
	defer tick.Stop()
	defer l.app.mindKeyboard()()
	for {
		select {
		case <-ctx.Done():
			l.app.notes.Lock()
			defer l.app.notes.Unlock()
			l.erase()
			l.app.line = nil
			return
		case <-tick.C:
			l.app.notes.Lock()
			l.draw()
			l.app.notes.Unlock()
			tick.Reset(progressEvery)
		}
	}
}

// end erases the line for good.
func (l *footLine) end() {
	if l != nil {
		l.stop()
		l.ended.Wait()
	}
}

// The next two want app.notes to be held.

func (l *footLine) draw() {
	if l.app.holds > 0 || !foreground(l.w.(*os.File)) {
		return
	}
	width, _ := l.app.terminal(l.w)
	fmt.Fprint(l.w, l.text(width-1)+"\x1b[J\r")
	l.shown = true
}

func (l *footLine) erase() {
	if l != nil && l.shown {
		fmt.Fprint(l.w, "\r\x1b[J")
		l.shown = false
	}
}

// put writes to a stream that may be the terminal, with the line out of the way.
// While a question is on the terminal it waits for the answer. It wants app.notes
// to be held.
func (a *App) put(w io.Writer, p []byte) (int, error) {
	if a.question != nil && isTerminal(w) {
		a.waiting = append(a.waiting, func() { w.Write(p) })
		return len(p), nil
	}
	line := a.line
	redraw := line != nil && line.shown
	line.erase()
	n, err := w.Write(p)
	if redraw {
		line.draw()
	}
	return n, err
}

// asideWriter is a stream that may be the terminal on which the line is.
type asideWriter struct {
	app *App
	w   io.Writer
}

func (w *asideWriter) Write(p []byte) (int, error) {
	w.app.notes.Lock()
	defer w.app.notes.Unlock()
	if w.app.question != nil {
		p = bytes.Clone(p) // it may have to wait
	}
	return w.app.put(w.w, p)
}

// records is where records go.
func (a *App) records() io.Writer {
	if isTerminal(a.Stdout) {
		return &asideWriter{a, a.Stdout}
	}
	return a.Stdout
}

// holdLine keeps the line away, also one that is yet to come, until release is
// called.
func (a *App) holdLine() (release func()) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.line.erase()
	a.holds++
	return func() {
		a.notes.Lock()
		defer a.notes.Unlock()
		a.holds--
		a.screen.touch()
	}
}

// holdFor is holdLine where the terminal is kept for a question.
func (a *App) holdFor(q *question) (release func()) {
	releaseLine, ended := a.holdLine(), a.mindKeyboard()
	a.notes.Lock()
	defer a.notes.Unlock()
	a.question = q
	return func() {
		defer ended()
		defer releaseLine()
		a.notes.Lock()
		defer a.notes.Unlock()
		a.question = nil
		for _, write := range a.waiting {
			write()
		}
		a.waiting = nil
	}
}

// mindKeyboard has the keyboard's signals that stop or end the program leave
// nothing of what it draws on the terminal, until ended is called. Those that stop
// it are heeded until the run ends: Go ignores them once nobody listens any more.
func (a *App) mindKeyboard() (ended func()) {
	a.notes.Lock()
	defer a.notes.Unlock()
	if a.drawers++; a.drawers == 1 {
		a.deaf = a.heed(endingKeys)
		if a.unstopped == nil {
			a.unstopped = a.heed(stoppingKeys)
		}
	}
	return func() {
		a.notes.Lock()
		defer a.notes.Unlock()
		if a.drawers--; a.drawers == 0 {
			a.deaf()
		}
	}
}

// heed stands aside for signals, unless whoever started the program has them
// ignored, until deaf is called.
func (a *App) heed(signals []os.Signal) (deaf func()) {
	arrived := make(chan os.Signal, 1)
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(arrived, s)
		}
	}
	go func() {
		for s := range arrived {
			a.standAside(s)
		}
	}()
	return func() {
		signal.Stop(arrived)
		close(arrived)
	}
}

// standAside lets such a signal do its work with the terminal as it was found.
func (a *App) standAside(s os.Signal) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.line.erase()
	a.screen.exit()
	goOn := func() {}
	if a.question != nil {
		goOn = a.question.pause()
	}
	obey(s)
	goOn()
}

// showProgress tells how far a sweep has come. The noun is what is found; whole
// says that accounts are not visited by region.
func (a *App) showProgress(ctx context.Context, meter *sweep.Meter, noun string, whole bool) *footLine {
	start := time.Now()
	return a.startLine(ctx, func(width int) string {
		return progressText(meter.Counts(), time.Since(start), noun, whole, width)
	})
}

// progressText words how far a sweep has come, leaving out what does not fit.
func progressText(c sweep.Counts, elapsed time.Duration, noun string, whole bool, width int) string {
	more := ""
	if !c.Listed {
		more = "+"
	}
	parts := []string{fmt.Sprintf("%s/%s%s accounts", thousands(c.AccountsDone), thousands(c.Accounts), more)}
	rate, per := c.AccountsDone, "accounts"
	if !whole {
		if c.Opened < c.Accounts {
			more = "+"
		}
		parts = append(parts, fmt.Sprintf("%s/%s%s regions", thousands(c.PlacesDone), thousands(c.Places), more))
		rate, per = c.PlacesDone, "regions"
	}
	if noun != "accounts" {
		parts = append(parts, quantity(c.Records, noun))
	}
	if c.Gaps > 0 {
		parts = append(parts, count(c.Gaps, "gap"))
	}
	if perSecond := int(float64(rate)/elapsed.Seconds() + 0.5); perSecond > 0 {
		parts = append(parts, fmt.Sprintf("%s %s/s", thousands(perSecond), per))
	}
	if ratio, ok := c.Left(); ok {
		parts = append(parts, span(time.Duration(ratio*float64(elapsed)).Round(time.Second))+" left")
	}
	text := ""
	for _, part := range parts {
		if text != "" {
			part = ", " + part
		}
		if len(text)+len(part) <= width {
			text += part
		}
	}
	return text
}
