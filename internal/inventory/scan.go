package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"

	"muster/internal/awsapi"
)

// scanner reads the XML of EC2's answers from a stream: elements and their text,
// with entities, CDATA, comments, processing instructions and prefixes. What is
// not well-formed or ends too early is an error, never a shorter answer. It does a
// small part of what encoding/xml does, at a small part of the cost.
//
// The element that child has opened is taken to its end by value, by skip, or by
// calls of child until there are no more. After an error nothing is found.
type scanner struct {
	r    io.Reader
	buf  []byte
	pos  int   // of the next byte in buf
	base int64 // bytes before buf
	eof  bool
	err  error // the first; io.EOF behind a whole document
	much bool  // the answer is known to be large

	name  []byte // of the element opened last, without its prefix; valid until the next read
	empty bool   // it is <name/>, and has not been taken to its end
	text  []byte // before the last tag; valid until the next read

	open   []byte // names of the elements that are open, one after the other
	ends   []int  // where each ends in open
	pieces []byte // memory for a text that has to be pieced together
}

// The buffer of an answer that may be small, as most are, while many are read, and
// of one that is large. For a longer text it grows.
const smallBuffer, largeBuffer = 4 << 10, 64 << 10

// No answer has a longer text, or elements so deep in others.
const maxText, maxDepth = 1 << 20, 100

// errCut is the end of an answer where more has to come.
var errCut = errors.New("the answer breaks off in the middle")

// reset begins another document. The memory is kept.
func (s *scanner) reset(r io.Reader) {
	if cap(s.buf) != smallBuffer {
		s.buf = make([]byte, 0, smallBuffer)
	}
	*s = scanner{r: r, buf: s.buf[:0], open: s.open[:0], ends: s.ends[:0], pieces: s.pieces[:0]}
}

// child opens the next child of the element opened last, or of the one around it
// where that has been taken to its end. It returns false at the element's end.
func (s *scanner) child() bool {
	if s.empty {
		s.empty = false
		return false
	}
	return s.next() == opened
}

// value returns the text of an element that has only text. It is valid until the
// next read.
func (s *scanner) value() []byte {
	if s.empty {
		s.empty = false
		return nil
	}
	switch s.next() {
	case closed:
		return s.text
	case opened:
		s.failf("<%s> where text was expected", clip(s.name))
	}
	return nil
}

// skip passes over an element.
func (s *scanner) skip() {
	if s.empty {
		s.empty = false
		return
	}
	for depth := len(s.ends); len(s.ends) >= depth && s.next() != failed; {
		s.empty = false
	}
}

func (s *scanner) failf(format string, args ...any) event {
	return s.fail(fmt.Errorf("malformed answer at byte %d: %s", s.base+int64(s.pos), fmt.Sprintf(format, args...)))
}

func (s *scanner) fail(err error) event {
	if s.err == nil {
		s.err = err
	}
	return failed
}

// An event is what next has come to.
type event int

const (
	failed event = iota // or the end of the document: see err
	opened
	closed
)

// next goes behind the next tag.
func (s *scanner) next() event {
	if e := s.nextPlain(); e != failed {
		return e
	}
	return s.nextOdd()
}

// nextPlain is next for nearly all that EC2 sends: plain text and a tag without
// prefix and attributes, both whole in the buffer. Where it is anything else,
// nextPlain fails and has done nothing.
func (s *scanner) nextPlain() event {
	depth := len(s.ends)
	if depth == 0 || depth == maxDepth || s.err != nil {
		return failed
	}
	buf, from := s.buf, s.pos
	i := plainEnd(buf, from)
	if i+1 >= len(buf) || buf[i] != '<' {
		return failed
	}
	s.text = buf[from:i]
	i++
	if buf[i] == '/' {
		i++
		start := 0
		if depth > 1 {
			start = s.ends[depth-2]
		}
		name := s.open[start:]
		end := i + len(name)
		if end >= len(buf) || buf[end] != '>' || string(buf[i:end]) != string(name) {
			return failed
		}
		s.open, s.ends, s.pos = s.open[:start], s.ends[:depth-1], end+1
		return closed
	}
	end := i
	for end < len(buf) && nameBytes[buf[end]] {
		end++
	}
	if end+1 >= len(buf) || end == i || buf[i] < 'A' { // a digit, a dash or a dot
		return failed
	}
	s.name = buf[i:end]
	switch {
	case buf[end] == '>':
		s.open = append(s.open, s.name...)
		s.ends = append(s.ends, len(s.open))
		s.pos = end + 1
	case buf[end] == '/' && buf[end+1] == '>':
		s.empty, s.pos = true, end+2
	default:
		return failed
	}
	return opened
}

var nameBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
	}
	return set
}()

// plainEnd returns where plain text ends: ASCII that neither begins markup nor has
// to be looked at more closely.
func plainEnd(buf []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
		blank = ' ' * ones
	)
	for ; i+8 <= len(buf); i += 8 {
		word := binary.LittleEndian.Uint64(buf[i:])
		if word == blank {
			continue
		}
		// Of each term the lowest byte with its high bit set is one below a space, or
		// equal to that of the constant; of those above it, some are no such bytes.
		lt, amp, bracket := word^'<'*ones, word^'&'*ones, word^']'*ones
		odd := (word | (word-blank)&^word | (lt-ones)&^lt | (amp-ones)&^amp | (bracket-ones)&^bracket) & highs
		if odd == 0 {
			continue
		}
		i += bits.TrailingZeros64(odd) / 8
		if c := buf[i]; c != '\n' && c != '\t' {
			return i
		}
		i -= 7 // behind that byte
	}
	for i < len(buf) {
		switch c := buf[i]; {
		case c == '<', c == '&', c == ']', c < ' ' && c != '\n' && c != '\t', c >= utf8.RuneSelf:
			return i
		}
		i++
	}
	return i
}

// more reads on. What stands before pos is given up.
func (s *scanner) more() error {
	if s.eof {
		return errCut
	}
	size := cap(s.buf)
	switch {
	case s.much && size < largeBuffer:
		size = largeBuffer
	case s.pos == 0 && len(s.buf) == size && size >= maxText:
		return tooMuch("a text that is longer than any")
	case s.pos == 0 && len(s.buf) == size:
		size *= 2
	}
	rest := s.buf[s.pos:]
	if size > cap(s.buf) {
		s.buf = make([]byte, len(rest), size)
	}
	s.buf = s.buf[:copy(s.buf[:len(rest)], rest)]
	s.base, s.pos = s.base+int64(s.pos), 0
	n, err := s.r.Read(s.buf[len(s.buf):size])
	s.buf = s.buf[:len(s.buf)+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		s.eof = true
		return errCut
	}
	return err
}

// upTo returns what stands before mark and goes behind it.
func (s *scanner) upTo(mark string) ([]byte, error) {
	from := 0
	for {
		rest := s.buf[s.pos:]
		if i := bytes.Index(rest[from:], []byte(mark)); i >= 0 {
			s.pos += from + i + len(mark)
			return rest[:from+i], nil
		}
		from = max(0, len(rest)-len(mark)+1)
		if err := s.more(); err != nil {
			return nil, err
		}
	}
}

// has makes n bytes available.
func (s *scanner) has(n int) bool {
	for len(s.buf)-s.pos < n {
		if err := s.more(); err != nil {
			s.fail(err)
			return false
		}
	}
	return true
}

// tooMuch is for what would take memory without end. Nothing is gained by asking for
// it again.
func tooMuch(has string) error {
	return &awsapi.BrokenAnswer{Msg: "answered with " + has, Final: true}
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }
