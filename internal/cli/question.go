package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"muster/internal/render"
)

func openTTY() (io.ReadWriteCloser, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// prompter asks for secrets: what is typed is not shown. asker shows it. Both
// ask on the terminal and return the line typed; they are nil where there is no
// terminal.
func (a *App) prompter() func(context.Context, string) (string, error) {
	return a.questions(readSecret)
}
func (a *App) asker() func(context.Context, string) (string, error) { return a.questions(readLine) }

func (a *App) questions(read func(io.Reader) (string, error)) func(context.Context, string) (string, error) {
	if !a.hasTerminal() {
		return nil
	}
	return func(ctx context.Context, text string) (string, error) {
		a.asks.Lock()
		defer a.asks.Unlock()
		// The SDK asks for credentials regardless of the context of who wants them.
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(a.run, func() { cancel(context.Cause(a.run)) })()
		if a.run.Err() != nil {
			return "", a.run.Err()
		}
		tty, err := a.OpenTTY()
		if err != nil {
			return "", fmt.Errorf("opening the terminal: %w", err)
		}
		q := newQuestion(tty, text)
		defer a.holdFor(q)()
		return q.ask(ctx, read)
	}
}

// leaveTerminal gives up what is still asked when the run has ended otherwise, and
// the keyboard.
func (a *App) leaveTerminal(end func()) {
	end()
	a.asks.Lock()
	defer a.asks.Unlock()
	a.notes.Lock()
	defer a.notes.Unlock()
	if a.unstopped != nil {
		a.unstopped()
	}
}

// errNoTerminal is returned by confirm where there is nobody to ask.
var errNoTerminal = errors.New("there is no terminal to ask on")

// confirm asks a question whose answer is yes or no, which is what any other
// answer means.
func (a *App) confirm(ctx context.Context, question string) (bool, error) {
	ask := a.asker()
	if ask == nil {
		return false, errNoTerminal
	}
	answer, err := ask(ctx, question+" [y/N] ")
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes"), err
}

// choose asks the user for one of several.
func (a *App) choose(ctx context.Context, what string, offers []string) (int, error) {
	ask := a.asker()
	if ask == nil {
		return 0, errors.New(what)
	}
	var question strings.Builder
	fmt.Fprintf(&question, "%s:\n", what)
	for i, offer := range offers {
		fmt.Fprintf(&question, "%3d  %s\n", i+1, offer)
	}
	fmt.Fprintf(&question, "Which one? [1-%d] ", len(offers))
	answer, err := ask(ctx, question.String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(answer))
	if err != nil || n < 1 || n > len(offers) {
		return 0, fmt.Errorf("%q is none of 1 to %d", answer, len(offers))
	}
	return n - 1, nil
}

// question is one that the terminal shows.
type question struct {
	tty    io.ReadWriteCloser
	text   string
	before *term.State // of the terminal; nil: it has none
}

func newQuestion(tty io.ReadWriteCloser, text string) *question {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = render.Safe(lines[i])
	}
	q := &question{tty: tty, text: strings.Join(lines, "\n")}
	q.before = q.state()
	return q
}

func (q *question) state() *term.State {
	if f, ok := q.tty.(*os.File); ok {
		if state, err := term.GetState(int(f.Fd())); err == nil {
			return state
		}
	}
	return nil
}

func (q *question) restore(state *term.State) {
	if state != nil {
		term.Restore(int(q.tty.(*os.File).Fd()), state)
	}
}

// ask gives up when the context does; the terminal is then as it was.
func (q *question) ask(ctx context.Context, read func(io.Reader) (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	fmt.Fprint(q.tty, q.text)
	go func() {
		text, err := read(q.tty)
		answered <- answer{text, err}
	}()
	defer q.tty.Close()
	select {
	case a := <-answered:
		if a.err != nil {
			fmt.Fprintln(q.tty)
		}
		if errors.Is(a.err, io.EOF) {
			a.err = errors.New("no answer was typed")
		}
		return a.text, a.err
	case <-ctx.Done():
		q.restore(q.before)
		fmt.Fprintln(q.tty)
		return "", ctx.Err()
	}
}

// pause gives the terminal back as it was, until the program goes on and asks again.
func (q *question) pause() (goOn func()) {
	asking := q.state()
	q.restore(q.before)
	return func() {
		q.restore(asking)
		fmt.Fprint(q.tty, "\r\x1b[K"+q.text)
	}
}

// readSecret reads a line that a terminal does not show, and ends it there.
func readSecret(r io.Reader) (string, error) {
	f, ok := r.(*os.File)
	if !ok {
		text, err := readLine(r)
		if w, ok := r.(io.Writer); ok && err == nil {
			fmt.Fprintln(w)
		}
		return text, err
	}
	text, err := term.ReadPassword(int(f.Fd()))
	if err == nil {
		fmt.Fprintln(f)
	}
	return string(text), err
}

// readLine reads to the end of the line and not beyond it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			return strings.TrimSuffix(string(line), "\r"), nil
		case n == 1:
			line = append(line, one[0])
		case err != nil:
			return string(line), err
		}
	}
}
