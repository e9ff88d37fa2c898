package child

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is the length at which a line is broken in two, so that output without line ends
// does not fill the memory.
const maxLine = 1 << 20

// LineWriter writes whole lines, each with a prefix. Several of them may share a writer if
// they share the lock.
type LineWriter struct {
	Lock   *sync.Mutex
	To     io.Writer
	Prefix string

	partial []byte // a line whose end has not been written yet
	err     error  // the first error of To
}

// Write writes the lines that are complete. Its error is the first error of To.
func (l *LineWriter) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	end := bytes.LastIndexByte(l.partial, '\n') + 1
	if end == 0 && len(l.partial) >= maxLine {
		end = len(l.partial)
	}
	if end == 0 {
		return len(p), nil
	}
	l.writeLines(l.partial[:end])
	l.partial = append(l.partial[:0], l.partial[end:]...)
	if l.err != nil {
		return 0, l.err
	}
	return len(p), nil
}

// Close writes a last line that has no end, and ends it. Its error is the first error of
// To.
func (l *LineWriter) Close() error {
	if len(l.partial) > 0 {
		l.writeLines(l.partial)
		l.partial = nil
	}
	return l.err
}

// writeLines writes lines with their prefixes in one Write.
func (l *LineWriter) writeLines(lines []byte) {
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
