// Package xmlscan reads XML from a stream, element by element. It does the part of
// encoding/xml's work that answers of web services need, at a small part of the cost.
//
// The caller pulls elements in the order of the document and reads each to its end:
//
//	for s.Child() {
//		switch string(s.Name()) {
//		case "key":
//			key = strings.Intern(s.Text())
//		case "tagSet":
//			readTags(s) // loops over its children in the same way
//		default:
//			s.Skip()
//		}
//	}
//
// The rules:
//   - A document that is malformed or ends early is an error, never a shorter document.
//     Entities, CDATA, comments and processing instructions are read as XML 1.0
//     requires; document type declarations are errors.
//   - The first error stays. After it the scanner finds no more elements and no text, so
//     that a caller can read a whole structure and look at the error once, at the end.
//   - Memory is bounded: a text has at most 1 MiB (see AllowText), and elements nest at most 100 deep.
//     More is a *LimitError.
//   - Names have no prefix. Namespaces are not resolved.
package xmlscan

import (
	"errors"
	"fmt"
	"io"
)

const (
	maxText  = 1 << 20 // bytes of one text or tag, unless AllowText raises it
	maxDepth = 100     // elements within elements
)

// A Scanner reads one document at a time. Reset makes it ready for the next.
type Scanner struct {
	buffer
	err error // the first error; io.EOF after a complete document

	name       []byte // of the element opened last, without its prefix
	attributes []byte // of that element, as they stand in its tag
	empty      bool   // that element is <name/>, and the caller has not read its end
	text       []byte // before the tag read last

	at    position
	ahead *knownTag // follows, after an end tag that endKnown has read

	scratch []byte // holds a text that does not stand in the buffer in one piece
}

// LimitError reports a document that is larger than the caller can hold. Reading the
// same document again fails in the same way.
type LimitError struct {
	Excess string // completes "the server answered with ..."
}

func (e *LimitError) Error() string { return e.Excess }

// TooLarge marks the error for callers that must not try again.
func (e *LimitError) TooLarge() {}

// Reset makes the scanner read another document from r. It keeps the memory.
func (s *Scanner) Reset(r io.Reader) {
	s.buffer.reset(r)
	*s = Scanner{buffer: s.buffer, at: s.at, scratch: s.scratch[:0]}
	s.at.reset()
}

// Document reads one document. It calls child for each child of the root element; child
// must read that element to its end. Document returns an error unless the root element
// has the given name, some child is called required, and the document is complete.
func (s *Scanner) Document(root, required string, child func()) error {
	if !s.Child() {
		if s.err == io.EOF {
			s.err = errors.New("the answer is empty")
		}
		return s.err
	}
	if string(s.name) != root {
		s.Failf("not a %s but <%.40s>", root, s.name)
		return s.err
	}
	found := false
	for s.Child() {
		found = found || string(s.name) == required
		child()
	}
	if s.Child() {
		s.Failf("a second document")
	}
	if s.err == io.EOF && !found {
		s.err = fmt.Errorf("the %s lacks its %s", root, required)
	}
	return s.Err()
}

// Find opens the next element, at any depth, whose name match accepts. It returns false
// when the document ends, and after an error.
func (s *Scanner) Find(match func(name []byte) bool) bool {
	for s.err == nil {
		if s.Child() && match(s.name) {
			return true
		}
	}
	return false
}

// Finish reads the rest of the document. It returns an error unless the document is
// complete and the only one.
func (s *Scanner) Finish() error {
	for s.at.depth() > 0 && s.err == nil {
		if s.Child() {
			s.Skip()
		}
	}
	s.empty = false // a root element that is <name/> and has not been read
	if s.Child() {
		s.Failf("a second document")
	}
	return s.Err()
}

// Child opens the next child of the open element. It returns false when that element
// ends, and after an error.
func (s *Scanner) Child() bool {
	if s.empty {
		s.empty = false
		return false
	}
	return s.next() == startTag
}

// Name returns the name of the element that Child has opened. It is valid until the
// next call that reads.
func (s *Scanner) Name() []byte { return s.name }

// Text reads the open element, which must have no children, to its end and returns its
// text. The text is valid until the next call that reads.
func (s *Scanner) Text() []byte {
	if s.empty {
		s.empty = false
		return nil
	}
	switch s.next() {
	case endTag:
		return s.text
	case startTag:
		s.Failf("<%.40s> where text was expected", s.name)
	}
	return nil
}

// Skip reads the open element to its end.
func (s *Scanner) Skip() {
	if s.empty {
		s.empty = false
		return
	}
	p := s.at.begun()
	if p != nil && s.skipKnown(p) {
		return
	}
	base, from := s.base, s.pos
	for depth := s.at.depth(); s.at.depth() >= depth && s.next() != noTag; {
		s.empty = false
	}
	if p != nil && s.err == nil && s.base == base {
		p.rememberContent(s.buf[from:s.pos])
	}
}

// Attribute returns an attribute of the element that Child has opened, by its name
// without prefix. It must be called before the element is read.
func (s *Scanner) Attribute(name string) (value string, ok bool) {
	for rest := s.attributes; ; {
		var full, raw []byte
		if full, raw, rest, ok = cutAttribute(rest); !ok {
			return "", false
		}
		if prefix, local := cutPrefix(full); string(local) == name && string(prefix) != "xmlns" {
			text, err := appendText(nil, raw)
			return string(text), err == nil
		}
	}
}

// Err returns the first error, or nil if there is none so far.
func (s *Scanner) Err() error {
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

// Fail stops the scanner with an error, unless it has one already.
func (s *Scanner) Fail(err error) { s.fail(err) }

// Failf stops the scanner with an error about the document at the current position.
func (s *Scanner) Failf(format string, args ...any) { s.failf(format, args...) }

func (s *Scanner) fail(err error) tag {
	if s.err == nil {
		s.err = err
	}
	return noTag
}

func (s *Scanner) failf(format string, args ...any) tag {
	return s.fail(fmt.Errorf("malformed answer at byte %d: %s", s.position(), fmt.Sprintf(format, args...)))
}
