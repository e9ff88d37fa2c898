package xmlscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// nextAny does the work of next for any XML.
func (s *Scanner) nextAny() tag {
	if s.err != nil {
		return noTag
	}
	s.scratch = s.scratch[:0]
	for {
		text, err := s.upTo("<")
		outside := s.at.depth() == 0
		if err != nil {
			if err == errCut && outside && len(bytes.TrimSpace(s.buf[s.pos:])) == 0 {
				err = io.EOF
			}
			return s.fail(err)
		}
		if outside && len(bytes.TrimSpace(s.withoutBOM(text))) > 0 {
			return s.failf("text outside of the document")
		}
		if bytes.Contains(text, []byte("]]>")) {
			return s.failf("]]> in text")
		}
		if s.scratch, err = appendText(s.scratch, text); err != nil {
			return s.failf("%v", err)
		}
		if len(s.scratch) > s.longest {
			return s.fail(errLongText)
		}
		if err := s.need(1); err != nil {
			return s.fail(err)
		}
		switch s.buf[s.pos] {
		case '?':
			s.instruction()
		case '!':
			s.commentOrCDATA()
		default:
			s.text = s.scratch
			return s.readTag()
		}
		if s.err != nil {
			return noTag
		}
	}
}

// withoutBOM drops a byte-order mark if text is the beginning of the document.
func (s *Scanner) withoutBOM(text []byte) []byte {
	if s.position() == int64(len(text))+1 { // the < behind it has been read, too
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	return text
}

// instruction reads a processing instruction. If it is the XML declaration, its version
// and encoding must be ones that the scanner can read.
func (s *Scanner) instruction() {
	s.pos++
	body, err := s.upTo("?>")
	if err != nil {
		s.fail(err)
		return
	}
	name := body[:len(body)-len(bytes.TrimLeftFunc(body, func(r rune) bool { return isNameRune(r) || r == utf8.RuneError }))]
	if !isName(name) {
		s.failf("%.40q is not a valid name of an instruction", name)
	} else if string(name) == "xml" {
		if version := quotedValue(body, "version="); version != "" && version != "1.0" {
			s.failf("XML of version %q", version)
		} else if encoding := quotedValue(body, "encoding="); encoding != "" && !strings.EqualFold(encoding, "utf-8") {
			s.failf("encoding %q", encoding)
		}
	}
}

// commentOrCDATA drops a comment, or adds the text of a CDATA section to s.scratch.
func (s *Scanner) commentOrCDATA() {
	const comment, cdata = "!--", "![CDATA["
	if err := s.need(len(comment)); err != nil {
		s.fail(err)
		return
	}
	if string(s.buf[s.pos:s.pos+len(comment)]) == comment {
		s.comment()
		return
	}
	if err := s.need(len(cdata)); err != nil {
		s.fail(err)
		return
	}
	switch {
	case string(s.buf[s.pos:s.pos+len(cdata)]) != cdata:
		s.failf("a document type declaration")
	case s.at.depth() == 0:
		s.failf("text outside of the document")
	default:
		s.pos += len(cdata)
		text, err := s.upTo("]]>")
		if err != nil {
			s.fail(err)
		} else if err := checkChars(text); err != nil {
			s.failf("%v", err)
		}
		s.scratch = appendNewlines(s.scratch, text)
	}
}

func (s *Scanner) comment() {
	s.pos += len("!--")
	_, err := s.upTo("--")
	if err == nil {
		err = s.need(1)
	}
	if err != nil {
		s.fail(err)
		return
	}
	if s.buf[s.pos] != '>' {
		s.failf("-- within a comment")
	}
	s.pos++
}

// readTag reads a tag after its <.
func (s *Scanner) readTag() tag {
	body, err := s.tagBody()
	switch {
	case err != nil:
		return s.fail(err)
	case len(body) == 0:
		return s.failf("an empty tag")
	case body[0] == '/':
		return s.readEndTag(body[1:])
	}
	body, s.empty = bytes.CutSuffix(body, []byte("/"))
	end := bytes.IndexAny(body, " \t\r\n")
	if end < 0 {
		end = len(body)
	}
	name := body[:end]
	switch {
	case !validName(name):
		return s.failf("%.40q is not a valid name of an element", name)
	case !validAttributes(body[end:]):
		return s.failf("malformed attributes of <%.40s>", name)
	case s.at.depth() == maxDepth:
		return s.fail(&LimitError{"elements that are deeper than any"})
	}
	s.at.enter(name, s.empty)
	_, s.name = cutPrefix(name)
	s.attributes = body[end:]
	return startTag
}

func (s *Scanner) readEndTag(name []byte) tag {
	name = bytes.TrimRight(name, " \t\r\n")
	if s.at.depth() == 0 || string(s.at.name()) != string(name) {
		return s.failf("</%.40s> closes no open element", name)
	}
	s.at.leave()
	return endTag
}

// appendText appends text with its entities resolved.
func appendText(to, text []byte) ([]byte, error) {
	for {
		plain, rest, hasEntity := bytes.Cut(text, []byte("&"))
		if err := checkChars(plain); err != nil {
			return to, err
		}
		to = appendNewlines(to, plain)
		if !hasEntity {
			return to, nil
		}
		name, after, ok := bytes.Cut(rest, []byte(";"))
		if !ok {
			return to, errors.New("an entity without an end")
		}
		r, ok := entity(name)
		if !ok {
			return to, fmt.Errorf("unknown entity &%.40s;", name)
		}
		to, text = utf8.AppendRune(to, r), after
	}
}
