package xmlscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A tag is the kind of tag that next has read.
type tag int

const (
	noTag tag = iota // the document has ended, or there is an error
	startTag
	endTag
)

// next reads the text before the next tag, and the tag.
func (s *Scanner) next() tag {
	if t := s.nextKnown(); t != noTag {
		return t
	}
	if t := s.nextPlain(); t != noTag {
		return t
	}
	return s.nextAny()
}

// nextPlain does the work of next in the usual case: ASCII text, and a tag without
// prefix and attributes, both complete in the buffer. In any other case it returns
// noTag and has changed nothing.
func (s *Scanner) nextPlain() tag {
	depth := s.at.depth()
	if depth == 0 || depth == maxDepth || s.err != nil {
		return noTag
	}
	buf, from, expected, closed := s.buf, s.pos, s.at.expected(), s.at.closed
	i := plainEnd(buf, from)
	if i+1 >= len(buf) || buf[i] != '<' {
		return noTag
	}
	s.text = buf[from:i]
	i++
	if buf[i] == '/' {
		if s.endKnown(i - 1) {
			return endTag
		}
		i++
		name := s.at.name()
		end := i + len(name)
		if end >= len(buf) || buf[end] != '>' || string(buf[i:end]) != string(name) {
			return noTag
		}
		s.pos = end + 1
		s.at.leave()
		expected.remember(closed, s.text, buf[from:s.pos], knownTag{kind: endTag})
		return endTag
	}
	end := i
	for end < len(buf) && nameBytes[buf[end]] {
		end++
	}
	if end+1 >= len(buf) || end == i || buf[i] < 'A' { // a name begins with no digit, dash or dot
		return noTag
	}
	name := buf[i:end]
	switch {
	case buf[end] == '>':
		s.pos = end + 1
	case buf[end] == '/' && buf[end+1] == '>':
		s.empty, s.pos = true, end+2
	default:
		return noTag
	}
	s.name, s.attributes = name, nil
	if to := s.at.enter(name, s.empty); to != nil {
		expected.remember(closed, s.text, buf[from:s.pos], knownTag{kind: startTag, to: to, empty: s.empty})
	}
	return startTag
}

var nameBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
	}
	return set
}()

// plainEnd returns the index of the first byte that is not plain text: a byte that
// begins markup, is not ASCII, or needs a check. It looks at eight bytes at once.
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
		// In each term, the lowest byte with its high bit set is less than a space, or
		// equals the term's character. Bytes above that one may be false alarms.
		lt, amp, bracket := word^'<'*ones, word^'&'*ones, word^']'*ones
		odd := (word | (word-blank)&^word | (lt-ones)&^lt | (amp-ones)&^amp | (bracket-ones)&^bracket) & highs
		if odd == 0 {
			continue
		}
		i += bits.TrailingZeros64(odd) / 8
		if c := buf[i]; c != '\n' && c != '\t' {
			return i
		}
		i -= 7 // so that the next round begins behind that byte
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
