package terminal

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"

	"github.com/clipperhouse/displaywidth"
)

// pager is a stream that shows its text in the user's pager if the window is too short
// for it.
type pager struct {
	t       *Terminal
	start   *exec.Cmd
	columns int
	rows    int

	text  bytes.Buffer   // until it is known whether the window is too short
	input io.WriteCloser // of the pager; nil: it does not run
	end   func()         // gives the terminal back
}

// Pager returns a stream for a text that is read from its top, such as a table or help.
// If the window is too short for the text, the command shows it. Close then waits until
// the user leaves the pager; notes wait, too, and Ctrl-C is the pager's. Where stdout is no
// terminal, where the program is in the background, and without a command, the stream is
// Records.
func (t *Terminal) Pager(command *exec.Cmd) io.WriteCloser {
	columns, rows, ok := size(t.Stdout)
	if !ok || command == nil || t.Dumb() || !foreground(t.Stdout.(*os.File)) {
		return unpaged{t.Records(), t}
	}
	return &pager{t: t, start: command, columns: columns, rows: rows}
}

func (p *pager) screen() io.Writer { return p.t.Stdout }

// unpaged is a text that goes to stdout.
type unpaged struct {
	io.Writer
	t *Terminal
}

func (u unpaged) screen() io.Writer { return u.t.Stdout }

func (unpaged) Close() error { return nil }

// Write never fails once the pager runs: the user may leave it before the end of the text.
func (p *pager) Write(b []byte) (int, error) {
	if p.input != nil {
		p.input.Write(b)
		return len(b), nil
	}
	p.text.Write(b)
	if p.fits() || p.t.ctx.Err() != nil {
		return len(b), nil
	}
	if err := p.run(); err != nil { // no such program, or the system is out of processes
		p.rows = math.MaxInt
		return len(b), p.flush(p.t.Records())
	}
	p.flush(p.input)
	return len(b), nil
}

// Close shows a text that fits in the window, or waits for the end of the pager.
func (p *pager) Close() error {
	if p.input == nil {
		return p.flush(p.t.Records())
	}
	p.input.Close()
	p.start.Wait() // its exit code is about the user's last key
	p.end()
	return nil
}

func (p *pager) flush(w io.Writer) error {
	_, err := p.text.WriteTo(w)
	return err
}

// fits reports whether the window has room for the text, and for one more line.
func (p *pager) fits() bool {
	rows := 0
	for line := range bytes.Lines(p.text.Bytes()) {
		width := displaywidth.Options{ControlSequences: true}.Bytes(bytes.TrimSuffix(line, []byte("\n")))
		rows += max(1, (width+p.columns-1)/p.columns)
	}
	return rows < p.rows
}

// run starts the pager. From then on, Ctrl-C does not end this program: in less it stops a
// search.
func (p *pager) run() error {
	p.start.Stdout, p.start.Stderr = p.t.Stdout, p.t.Stderr
	input, err := p.start.StdinPipe()
	if err != nil {
		return err
	}
	release := p.t.occupy(func() { p.t.paging = true }, func() { p.t.paging = false })
	restore := discardInterrupts()
	if err := p.start.Start(); err != nil {
		restore()
		release()
		return err
	}
	stop := context.AfterFunc(p.t.ctx, func() { terminate(p.start.Process) })
	p.input, p.end = input, func() {
		stop()
		restore()
		release()
	}
	return nil
}

// discardInterrupts takes Ctrl-C from all who wait for it, until restore, after which it
// ends the program. A child that starts in between has the default, not an ignored signal.
func discardInterrupts() (restore func()) {
	if signal.Ignored(os.Interrupt) {
		return func() {}
	}
	signal.Ignore(os.Interrupt) // Reset would let a signal end the program before Notify
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	return func() { signal.Reset(os.Interrupt) }
}
