package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
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

	hurry bool // the answer is large: read much at a time

	name  []byte // of the element opened last, without its prefix; valid until the next read
	empty bool   // it is <name/>, and has not been taken to its end
	text  []byte // before the last tag; valid until the next read

	open   []byte // names of the elements that are open, one after the other
	ends   []int  // where each ends in open
	pieces []byte // memory for a text that has to be pieced together
}

// The buffer of an answer that may be read at leisure, while many others are.
// It is larger while s.hurry is set, and in any case if a token is.
const smallBuffer, largeBuffer = 4 << 10, 64 << 10

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
	if depth == 0 || s.err != nil {
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

// nextOdd is next for whatever XML allows.
func (s *scanner) nextOdd() event {
	if s.err != nil {
		return failed
	}
	s.pieces = s.pieces[:0]
	for {
		text, err := s.upTo("<")
		outside := len(s.ends) == 0
		if err != nil {
			if err == errCut && outside && len(bytes.TrimSpace(s.buf[s.pos:])) == 0 {
				err = io.EOF
			}
			return s.fail(err)
		}
		if outside && len(bytes.TrimSpace(trimBOM(text, s.base+int64(s.pos)))) > 0 {
			return s.failf("text outside of the document")
		}
		if !s.addText(text) || !s.has(1) {
			return failed
		}
		switch s.buf[s.pos] {
		case '?':
			if !s.instruction() {
				return failed
			}
		case '!':
			if !s.declaration() {
				return failed
			}
		default:
			s.text = s.pieces
			return s.tag()
		}
	}
}

// more reads on. What stands before pos is given up.
func (s *scanner) more() error {
	if s.eof {
		return errCut
	}
	size := cap(s.buf)
	switch {
	case s.hurry && size < largeBuffer:
		size = largeBuffer
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

// addText checks text and appends it to s.pieces with its entities resolved.
func (s *scanner) addText(text []byte) bool {
	if bytes.IndexByte(text, ']') >= 0 && bytes.Contains(text, []byte("]]>")) {
		s.failf("]]> in text")
		return false
	}
	for len(text) > 0 {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			i = len(text)
		}
		if !s.addPlain(text[:i]) {
			return false
		}
		if text = text[i:]; len(text) == 0 {
			return true
		}
		end := bytes.IndexByte(text, ';')
		if end < 0 {
			s.failf("an entity without an end")
			return false
		}
		r, ok := entity(text[1:end])
		if !ok {
			s.failf("unknown entity &%s;", clip(text[1:end]))
			return false
		}
		s.pieces = utf8.AppendRune(s.pieces, r)
		text = text[end+1:]
	}
	return true
}

func (s *scanner) addPlain(text []byte) bool {
	if err := validText(text); err != nil {
		s.failf("%v", err)
		return false
	}
	s.pieces = appendNewlines(s.pieces, text)
	return true
}

// instruction goes behind a processing instruction, such as the XML declaration,
// which must be of a version and an encoding that can be read.
func (s *scanner) instruction() bool {
	s.pos++
	body, err := s.upTo("?>")
	if err != nil {
		s.fail(err)
		return false
	}
	name := body[:len(body)-len(bytes.TrimLeftFunc(body, func(r rune) bool { return isNameRune(r) || r == utf8.RuneError }))]
	if !validName(name) {
		s.failf("%q is no instruction's name", clip(name))
	} else if string(name) == "xml" {
		if version := quoted(body, "version="); version != "" && version != "1.0" {
			s.failf("XML of version %q", version)
		} else if encoding := quoted(body, "encoding="); encoding != "" && !strings.EqualFold(encoding, "utf-8") {
			s.failf("encoding %q", encoding)
		}
	}
	return s.err == nil
}

// declaration goes behind a comment or CDATA.
func (s *scanner) declaration() bool {
	if !s.has(3) {
		return false
	}
	if string(s.buf[s.pos:s.pos+3]) == "!--" {
		s.pos += 3
		if _, err := s.upTo("--"); err != nil {
			s.fail(err)
		} else if s.has(1) && s.buf[s.pos] != '>' {
			s.failf("-- within a comment")
		}
		s.pos++
		return s.err == nil
	}
	const cdata = "![CDATA["
	if !s.has(len(cdata)) {
		return false
	}
	if string(s.buf[s.pos:s.pos+len(cdata)]) != cdata {
		s.failf("a declaration that no answer of EC2 has")
		return false
	}
	if len(s.ends) == 0 {
		s.failf("text outside of the document")
		return false
	}
	s.pos += len(cdata)
	text, err := s.upTo("]]>")
	if err != nil {
		s.fail(err)
		return false
	}
	return s.addPlain(text)
}

// tag reads a tag behind its <. Attributes are checked and passed over.
func (s *scanner) tag() event {
	body, err := s.tagBody()
	switch {
	case err != nil:
		return s.fail(err)
	case len(body) == 0:
		return s.failf("an empty tag")
	case body[0] == '/':
		return s.closing(body[1:])
	}
	body, s.empty = bytes.CutSuffix(body, []byte("/"))
	end := bytes.IndexAny(body, " \t\r\n")
	if end < 0 {
		end = len(body)
	}
	name := body[:end]
	switch {
	case !validName(name):
		return s.failf("%q is no element's name", clip(name))
	case !validAttributes(body[end:]):
		return s.failf("malformed attributes of <%s>", clip(name))
	case !s.empty:
		s.open = append(s.open, name...)
		s.ends = append(s.ends, len(s.open))
	}
	s.name = name[bytes.IndexByte(name, ':')+1:]
	return opened
}

func (s *scanner) closing(name []byte) event {
	name = bytes.TrimRight(name, " \t\r\n")
	start := 0
	if n := len(s.ends); n > 1 {
		start = s.ends[n-2]
	}
	if len(s.ends) == 0 || string(s.open[start:]) != string(name) {
		return s.failf("</%s> closes nothing that is open", clip(name))
	}
	s.open, s.ends = s.open[:start], s.ends[:len(s.ends)-1]
	return closed
}

// tagBody returns what stands between < and the > that ends the tag, which may
// stand within quotes before.
func (s *scanner) tagBody() ([]byte, error) {
	for from := 0; ; {
		rest := s.buf[s.pos:]
		i := bytes.IndexByte(rest[from:], '>')
		if i < 0 {
			from = len(rest)
			if err := s.more(); err != nil {
				return nil, err
			}
			continue
		}
		body := rest[:from+i]
		if from = len(body) + 1; withinQuotes(body) {
			continue
		}
		s.pos += len(body) + 1
		return body, nil
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }
