package inventory

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

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
	case len(s.ends) == maxDepth:
		return s.fail(tooMuch("elements that are deeper than any"))
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
