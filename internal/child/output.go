package child

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"sync"
)

// inMemory is how much of a child's output is kept in memory. Beyond it a
// temporary file keeps it, since there may be dozens of children, and what each
// prints has no bound; passing it on as it comes would mix them.
const inMemory = 1 << 20

// Spool keeps what a child prints on its two streams, in the order in which it
// came. Its zero value is ready; Close removes the file that it may have made.
type Spool struct {
	mu     sync.Mutex
	memory bytes.Buffer
	file   *os.File // takes the place of memory
	name   string   // of the file, where it could not be removed while it is open
	runs   []span
	err    error // the first that kept output from being kept
}

// span is a piece of output of one stream.
type span struct {
	stderr bool
	bytes  int64
}

// Stdout is where the child's standard output goes.
func (s *Spool) Stdout() io.Writer { return spoolWriter{s, false} }

// Stderr is where the child's standard error goes.
func (s *Spool) Stderr() io.Writer { return spoolWriter{s, true} }

type spoolWriter struct {
	spool  *Spool
	stderr bool
}

func (w spoolWriter) Write(p []byte) (n int, err error) {
	s := w.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil && s.memory.Len()+len(p) > inMemory {
		err = s.spill()
	}
	switch {
	case err != nil:
	case s.file != nil:
		n, err = s.file.Write(p)
	default:
		n, err = s.memory.Write(p)
	}
	if last := len(s.runs) - 1; last >= 0 && s.runs[last].stderr == w.stderr {
		s.runs[last].bytes += int64(n)
	} else {
		s.runs = append(s.runs, span{w.stderr, int64(n)})
	}
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// spill moves what there is to a file that only the user can read, and that is
// gone with the process where the system allows it.
func (s *Spool) spill() error {
	file, err := os.CreateTemp("", "muster-exec-*")
	if err != nil {
		return err
	}
	if os.Remove(file.Name()) != nil {
		s.name = file.Name()
	}
	s.file = file
	_, err = s.memory.WriteTo(file)
	s.memory = bytes.Buffer{}
	return err
}

// Replay writes the output once the child has ended, each stream to its own
// writer. Where some of it could not be kept, the error says why: a child that is
// ended by that leaves only its exit code.
func (s *Spool) Replay(stdout, stderr io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var from io.Reader = bytes.NewReader(s.memory.Bytes())
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		from = s.file
	}
	for _, run := range s.runs {
		to := stdout
		if run.stderr {
			to = stderr
		}
		if _, err := io.CopyN(to, from, run.bytes); err != nil {
			return cmp.Or(s.err, err)
		}
	}
	return s.err
}

// Close forgets the output.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory, s.runs, s.err = bytes.Buffer{}, nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	s.file = nil
	return err
}

// longestLine is where a line is broken in two, so that what never ends a line
// does not fill the memory.
const longestLine = 1 << 20

// LineWriter passes whole lines on, each behind a prefix. Several may share a writer,
// if they share the lock.
type LineWriter struct {
	Lock   *sync.Mutex
	To     io.Writer
	Prefix string

	begun []byte // a line whose end has not come yet
	err   error  // the writer's first
}

// Write passes on the lines that are complete. The error is the writer's.
func (l *LineWriter) Write(p []byte) (int, error) {
	l.begun = append(l.begun, p...)
	end := bytes.LastIndexByte(l.begun, '\n') + 1
	if end == 0 && len(l.begun) >= longestLine {
		end = len(l.begun)
	}
	if end == 0 {
		return len(p), nil
	}
	l.put(l.begun[:end])
	l.begun = append(l.begun[:0], l.begun[end:]...)
	if l.err != nil {
		return 0, l.err
	}
	return len(p), nil
}

// Close passes on a last line that was not ended, and ends it. The error is the
// writer's first.
func (l *LineWriter) Close() error {
	if len(l.begun) > 0 {
		l.put(l.begun)
		l.begun = nil
	}
	return l.err
}

// put writes lines in one piece.
func (l *LineWriter) put(lines []byte) {
	var out []byte
	for line := range bytes.Lines(lines) {
		out = append(append(out, l.Prefix...), line...)
	}
	if out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	l.Lock.Lock()
	defer l.Lock.Unlock()
	if l.err == nil {
		_, l.err = l.To.Write(out)
	}
}
