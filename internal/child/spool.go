package child

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"sync"
)

// maxMemory is how much output of a command stays in memory. The rest goes to a temporary
// file: dozens of commands may run at one time, and each may print any amount.
const maxMemory = 1 << 20

// Spool keeps the output of a command on both streams, in order. Its zero value is ready to
// use. Close removes its temporary file.
type Spool struct {
	mu     sync.Mutex
	memory bytes.Buffer
	file   *os.File // holds all output once memory is full
	name   string   // of the file, if an open file cannot be removed
	runs   []run
	err    error // the first error of a write
}

// run is a number of consecutive bytes of one stream.
type run struct {
	stderr bool
	bytes  int64
}

// Stdout returns the writer for the command's standard output.
func (s *Spool) Stdout() io.Writer { return spoolWriter{s, false} }

// Stderr returns the writer for the command's standard error.
func (s *Spool) Stderr() io.Writer { return spoolWriter{s, true} }

type spoolWriter struct {
	spool  *Spool
	stderr bool
}

func (w spoolWriter) Write(p []byte) (n int, err error) {
	s := w.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil && s.memory.Len()+len(p) > maxMemory {
		err = s.moveToFile()
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
		s.runs = append(s.runs, run{w.stderr, int64(n)})
	}
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// moveToFile moves the output from memory to a file that only the user can read. On Unix,
// the file disappears with the process.
func (s *Spool) moveToFile() error {
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

// Replay writes the output after the command has ended, each stream to its own writer. It
// also returns the first error of keeping the output: a command that ended because of it
// shows only an exit code.
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

// Close discards the output.
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
