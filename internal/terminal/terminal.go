// Package terminal is the only part of muster that draws on the screen.
// Everything that a run writes goes through a Terminal, by these rules:
//
//   - Records go to stdout, and nothing else does. Where stdout is a terminal,
//     write them to Records, so that a progress line makes way for them.
//   - Everything else goes to stderr: notes through Print, the debug log through
//     Log. A caller passes text through safe.Text first: names and AWS's messages
//     are untrusted.
//   - A Line (progress) is the last line on stderr. It appears only where stderr is
//     a terminal in the foreground, is erased before anything else is written, and
//     leaves nothing behind.
//   - A question goes to the user's terminal (/dev/tty), never to stdin or stdout.
//     While it waits for its answer, everything else that would appear on the
//     terminal waits, too.
//   - A list to pick from is on the alternate screen of stderr, and only where all three
//     streams are terminals. Everything else waits, too.
//   - A Screen (--watch) draws on the terminal's alternate screen. Its last row
//     belongs to the line and to questions.
//   - A pager shows a table or help for which the window is too short. Notes wait until
//     the user leaves it.
//   - Hold keeps the line away while another program writes on the terminal.
//   - Ctrl-Z and Ctrl-\ take effect only after the line and the screen are erased.
package terminal

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Options are the parts of a Terminal.
type Options struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// OpenTTY opens the terminal for questions; nil opens the process's own.
	OpenTTY func() (io.ReadWriteCloser, error)
	// Lookup reads the environment: TERM, NO_COLOR, CLICOLOR, CLICOLOR_FORCE.
	Lookup func(string) (string, bool)
}

// Terminal has the streams of a run, and the line, the screen and the question on them.
type Terminal struct {
	Options
	ctx  context.Context // of the run; questions end with it
	end  context.CancelFunc
	asks sync.Mutex // one question at a time

	mu       sync.Mutex // one write at a time; guards the fields below
	captured io.Writer  // notes go here instead of stderr; nil: to stderr
	line     *Line
	screen   *Screen
	holds    int // calls of Hold without their release
	question *question
	paging   bool     // a pager runs
	listing  bool     // Pick shows its list
	waiting  []func() // writes that the question, the pager or the list holds up
	drawing  int      // lines, screens and questions that exist

	untrapEnding, untrapStopping func() // nil where no signal is trapped
}

// New returns the Terminal of a run that lasts as long as ctx. Close ends it.
func New(ctx context.Context, o Options) *Terminal {
	if o.OpenTTY == nil {
		o.OpenTTY = openTTY
	}
	t := &Terminal{Options: o}
	t.ctx, t.end = context.WithCancel(ctx)
	return t
}

// Close gives up a question that is still open, and lets the keyboard's signals
// have their usual effect again.
func (t *Terminal) Close() {
	t.end()
	t.asks.Lock()
	defer t.asks.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.untrapStopping != nil {
		t.untrapStopping()
		t.untrapStopping = nil
	}
}

// Print writes a note to stderr, or to where Capture gathers notes.
func (t *Terminal) Print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(t.notes(), []byte(text))
}

// Records is the stream for records.
func (t *Terminal) Records() io.Writer {
	if IsTerminal(t.Stdout) {
		return &stream{t, t.Stdout}
	}
	return t.Stdout
}

// Log is the stream for the debug log.
func (t *Terminal) Log() io.Writer { return &stream{t, t.Stderr} }

// NotesShown reports whether notes appear on a terminal, and not in a file, a pipe or
// Capture's buffer.
func (t *Terminal) NotesShown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return IsTerminal(t.notes())
}

// Capture runs do and gathers the notes that it prints. A progress line stays on
// stderr.
func (t *Terminal) Capture(do func() error) (notes []byte, err error) {
	var gathered bytes.Buffer
	set := func(w io.Writer) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.captured = w
	}
	set(&gathered)
	defer set(nil)
	err = do()
	return gathered.Bytes(), err
}

// Hold keeps the line and the screen from being drawn until release is called.
func (t *Terminal) Hold() (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.erase()
	t.holds++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.holds--
		t.screen.overwritten()
	}
}

// occupy calls begin, and keeps the line and all output off the terminal until release is
// called. release calls end, and writes the output that has waited.
func (t *Terminal) occupy(begin, end func()) (release func()) {
	unhold := t.Hold()
	t.mu.Lock()
	defer t.mu.Unlock()
	begin()
	return func() {
		defer unhold()
		t.mu.Lock()
		defer t.mu.Unlock()
		end()
		for _, write := range t.waiting {
			write()
		}
		t.waiting = nil
	}
}

// stream is stdout or stderr, which may be the terminal that the line is on.
type stream struct {
	t *Terminal
	w io.Writer
}

func (s *stream) Write(p []byte) (int, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	return s.t.put(s.w, p)
}

// The next two need t.mu.

func (t *Terminal) notes() io.Writer {
	if t.captured != nil {
		return t.captured
	}
	return t.Stderr
}

// put writes p while the line is out of the way. It keeps p for later while a
// question, a pager or a list is on the terminal.
func (t *Terminal) put(w io.Writer, p []byte) (int, error) {
	if (t.question != nil || t.paging || t.listing) && IsTerminal(w) {
		later := bytes.Clone(p)
		t.waiting = append(t.waiting, func() { w.Write(later) })
		return len(p), nil
	}
	redraw := t.line != nil && t.line.shown
	t.line.erase()
	n, err := w.Write(p)
	if redraw {
		t.line.draw()
	}
	return n, err
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
