package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"muster/internal/safe"
)

// question is a question that the terminal shows.
type question struct {
	tty    io.ReadWriteCloser
	text   string
	secret bool
	before *term.State // of the terminal; nil where tty is no terminal
}

func newQuestion(tty io.ReadWriteCloser, text string, secret bool) *question {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = safe.Text(lines[i])
	}
	q := &question{tty: tty, text: strings.Join(lines, "\n"), secret: secret}
	q.before = q.state()
	return q
}

// ask shows the question and returns the line that the user types. It gives up when
// ctx is done. The terminal is then as it was before.
//
// The echo is switched off before the question appears, and by this goroutine: the
// one that reads must not change the terminal after it has been restored.
func (q *question) ask(ctx context.Context) (string, error) {
	type answer struct {
		text string
		err  error
	}
	defer q.tty.Close()
	if q.secret {
		q.hideInput()
	}
	fmt.Fprint(q.tty, q.text)
	answered := make(chan answer, 1)
	go func() {
		text, err := readLine(q.tty)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		q.restore(q.before)
		if a.err != nil || q.secret { // the user's own line break was not shown
			fmt.Fprintln(q.tty)
		}
		if errors.Is(a.err, io.EOF) {
			a.err = errNoAnswer
		}
		return a.text, a.err
	case <-ctx.Done():
		q.restore(q.before)
		fmt.Fprintln(q.tty)
		return "", ctx.Err()
	}
}

// pause gives the terminal back as it was, until resume asks again.
func (q *question) pause() (resume func()) {
	asking := q.state()
	q.restore(q.before)
	return func() {
		q.restore(asking)
		fmt.Fprint(q.tty, "\r\x1b[K"+q.text)
	}
}

func (q *question) state() (state *term.State) {
	q.control(func(fd int) { state, _ = term.GetState(fd) })
	return state
}

func (q *question) restore(state *term.State) {
	if state != nil {
		q.control(func(fd int) { term.Restore(fd, state) })
	}
}

func (q *question) hideInput() { q.control(hideInput) }

// control calls do with the terminal's file descriptor. It does not use Fd, which
// would make the file block: Close could then not end a Read that waits.
func (q *question) control(do func(fd int)) {
	f, ok := q.tty.(interface{ input() *os.File })
	if !ok {
		file, isFile := q.tty.(*os.File)
		if !isFile {
			return
		}
		f = input{file}
	}
	if raw, err := f.input().SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// input is a terminal of one file.
type input struct{ file *os.File }

func (i input) input() *os.File { return i.file }

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
		case err == io.EOF && len(line) > 0:
			return string(line), nil
		case err != nil:
			return "", err
		}
	}
}
