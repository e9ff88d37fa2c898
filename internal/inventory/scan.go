package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads the XML of EC2's answers from a stream: elements and their text,
// with entities, CDATA, comments, processing instructions and prefixes. What is
// not well-formed or ends too early is an error, never a shorter answer. It does a
// small part of what encoding/xml does, at a small part of the cost.
type scanner struct {
	r    io.Reader
	buf  []byte
	pos  int   // of the next byte in buf
	base int64 // bytes before buf
	eof  bool

	open []byte   // names of the elements that are open, one after the other
	ends []int    // where each ends in open
	text []byte   // of the current element, when it had to be pieced together
	strs interned // the values that recur
}

// interned makes one string of values that recur, such as regions and VPCs.
type interned map[string]string

func (m interned) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := m[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(m) < 4096 && len(b) <= 64 {
		m[s] = s
	}
	return s
}

const scanBuffer = 64 << 10

// errCut is the end of an answer where more has to come.
var errCut = errors.New("the answer breaks off in the middle")

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 0, scanBuffer), strs: interned{}}
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("malformed answer at byte %d: %s", s.base+int64(s.pos), fmt.Sprintf(format, args...))
}

// more reads on. What stands before pos is given up.
func (s *scanner) more() error {
	if s.eof {
		return errCut
	}
	if s.pos > 0 {
		n := copy(s.buf, s.buf[s.pos:])
		s.buf, s.base, s.pos = s.buf[:n], s.base+int64(s.pos), 0
	}
	if len(s.buf) == cap(s.buf) {
		grown := make([]byte, len(s.buf), 2*cap(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
	n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
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
func (s *scanner) has(n int) error {
	for len(s.buf)-s.pos < n {
		if err := s.more(); err != nil {
			return err
		}
	}
	return nil
}

// A tag is what stands between < and >.
type tag struct {
	name  []byte // without its prefix; valid until the next read
	close bool   // </name>
	empty bool   // <name/>
}

// next goes behind the next tag, collecting the text before it in s.text if keep
// is set. At the end of the document it returns io.EOF.
func (s *scanner) next(keep bool) (tag, error) {
	s.text = s.text[:0]
	for {
		text, err := s.upTo("<")
		if err != nil {
			if err == errCut && len(s.ends) == 0 && len(bytes.TrimSpace(s.buf[s.pos:])) == 0 {
				return tag{}, io.EOF
			}
			return tag{}, err
		}
		if len(s.ends) == 0 && len(bytes.TrimSpace(trimBOM(text, s.base+int64(s.pos)))) > 0 {
			return tag{}, s.errorf("text outside of the document")
		}
		if err := s.addText(text, keep); err != nil {
			return tag{}, err
		}
		if err := s.has(1); err != nil {
			return tag{}, err
		}
		switch s.buf[s.pos] {
		case '?':
			if err := s.instruction(); err != nil {
				return tag{}, err
			}
		case '!':
			if err := s.declaration(keep); err != nil {
				return tag{}, err
			}
		default:
			return s.tag()
		}
	}
}

func trimBOM(text []byte, end int64) []byte {
	if end == int64(len(text))+1 {
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	return text
}

// instruction goes behind a processing instruction, such as the XML declaration,
// which must be of a version and an encoding that can be read.
func (s *scanner) instruction() error {
	s.pos++
	body, err := s.upTo("?>")
	if err != nil {
		return err
	}
	name := body[:len(body)-len(bytes.TrimLeftFunc(body, func(r rune) bool { return isNameRune(r) || r == utf8.RuneError }))]
	if !validName(name) {
		return s.errorf("%q is no instruction's name", clip(name))
	}
	if string(name) != "xml" {
		return nil
	}
	if version := quoted(body, "version="); version != "" && version != "1.0" {
		return s.errorf("XML of version %q", version)
	}
	if encoding := quoted(body, "encoding="); encoding != "" && !strings.EqualFold(encoding, "utf-8") {
		return s.errorf("encoding %q", encoding)
	}
	return nil
}

// quoted is the quoted text behind a key, "" if there is none.
func quoted(body []byte, key string) string {
	for {
		_, rest, ok := bytes.Cut(body, []byte(key))
		if !ok || len(rest) == 0 {
			return ""
		}
		if rest[0] == '"' || rest[0] == '\'' {
			end := bytes.IndexByte(rest[1:], rest[0])
			return string(rest[1 : 1+max(end, 0)])
		}
		body = rest[1:]
	}
}

// declaration goes behind a comment or CDATA.
func (s *scanner) declaration(keep bool) error {
	if err := s.has(3); err != nil {
		return err
	}
	if string(s.buf[s.pos:s.pos+3]) == "!--" {
		s.pos += 3
		if _, err := s.upTo("--"); err != nil {
			return err
		}
		if err := s.has(1); err != nil {
			return err
		}
		if s.buf[s.pos] != '>' {
			return s.errorf("-- within a comment")
		}
		s.pos++
		return nil
	}
	const cdata = "![CDATA["
	if err := s.has(len(cdata)); err != nil {
		return err
	}
	if string(s.buf[s.pos:s.pos+len(cdata)]) != cdata {
		return s.errorf("a declaration that no answer of EC2 has")
	}
	if len(s.ends) == 0 {
		return s.errorf("text outside of the document")
	}
	s.pos += len(cdata)
	text, err := s.upTo("]]>")
	if err != nil {
		return err
	}
	if err := validText(text); err != nil {
		return s.errorf("%v", err)
	}
	if keep {
		s.text = appendNewlines(s.text, text)
	}
	return nil
}

// tag reads a tag behind its <. Attributes are checked and passed over.
func (s *scanner) tag() (tag, error) {
	body, err := s.tagBody()
	if err != nil {
		return tag{}, err
	}
	var t tag
	if body[0] == '/' {
		t.close, body = true, body[1:]
	} else if body[len(body)-1] == '/' {
		t.empty, body = true, body[:len(body)-1]
	}
	end := 0
	for end < len(body) && !isSpace(body[end]) {
		end++
	}
	full, rest := body[:end], body[end:]
	if !t.close && !validName(full) {
		return tag{}, s.errorf("%q is no element's name", clip(full))
	}
	if t.close {
		if len(bytes.TrimSpace(rest)) > 0 {
			return tag{}, s.errorf("attributes in a closing tag")
		}
		if len(s.ends) == 0 || string(s.top()) != string(full) {
			return tag{}, s.errorf("</%s> closes nothing that is open", clip(full))
		}
		s.pop()
	} else {
		if !validAttributes(rest) {
			return tag{}, s.errorf("malformed attributes of <%s>", clip(full))
		}
		if !t.empty {
			s.open = append(s.open, full...)
			s.ends = append(s.ends, len(s.open))
		}
	}
	t.name = full[bytes.IndexByte(full, ':')+1:]
	return t, nil
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
		if len(body) == 0 {
			return nil, s.errorf("an empty tag")
		}
		s.pos += len(body) + 1
		return body, nil
	}
}

// withinQuotes says whether a text ends between quotes.
func withinQuotes(text []byte) bool {
	if bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\'') < 0 {
		return false // as nearly always
	}
	for {
		open := bytes.IndexAny(text, `"'`)
		if open < 0 {
			return false
		}
		end := bytes.IndexByte(text[open+1:], text[open])
		if end < 0 {
			return true
		}
		text = text[open+1+end+1:]
	}
}

func (s *scanner) top() []byte {
	from := 0
	if n := len(s.ends); n > 1 {
		from = s.ends[n-2]
	}
	return s.open[from:]
}

func (s *scanner) pop() {
	s.open = s.open[:len(s.open)-len(s.top())]
	s.ends = s.ends[:len(s.ends)-1]
}

// addText checks text and appends it to s.text with its entities resolved.
func (s *scanner) addText(text []byte, keep bool) error {
	for len(text) > 0 {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			i = len(text)
		}
		if bytes.IndexByte(text[:i], ']') >= 0 && bytes.Contains(text[:i], []byte("]]>")) {
			return s.errorf("]]> in text")
		}
		if err := validText(text[:i]); err != nil {
			return s.errorf("%v", err)
		}
		if keep {
			s.text = appendNewlines(s.text, text[:i])
		}
		if text = text[i:]; len(text) == 0 {
			return nil
		}
		end := bytes.IndexByte(text, ';')
		if end < 0 {
			return s.errorf("an entity without an end")
		}
		r, ok := entity(text[1:end])
		if !ok {
			return s.errorf("unknown entity &%s;", clip(text[1:end]))
		}
		if keep {
			s.text = utf8.AppendRune(s.text, r)
		}
		text = text[end+1:]
	}
	return nil
}

// appendNewlines appends text with the line ends that XML makes of all kinds.
func appendNewlines(to, text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return append(to, text...)
	}
	for i, c := range text {
		switch {
		case c == '\r':
			to = append(to, '\n')
		case c == '\n' && i > 0 && text[i-1] == '\r':
		default:
			to = append(to, c)
		}
	}
	return to
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if name[1] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !isChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isChar says whether XML 1.0 can hold a character.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

func validText(text []byte) error {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= 0x20 && c < utf8.RuneSelf || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return errors.New("invalid UTF-8")
		}
		if !isChar(r) {
			return fmt.Errorf("character %U, which XML cannot hold", r)
		}
		i += size
	}
	return nil
}

func validName(name []byte) bool {
	colons := 0
	for i, c := range name {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c == ':':
			colons++
		case c < utf8.RuneSelf:
			return false
		default: // letters of other scripts
			first, _ := utf8.DecodeRune(name)
			return isNameStart(first) && len(bytes.TrimLeftFunc(name, isNameRune)) == 0
		}
	}
	return len(name) > 0 && colons <= 1 && name[0] != ':' && name[len(name)-1] != ':'
}

// These take a few characters beyond ASCII for letters that XML does not; no
// answer of EC2 has any.
func isNameStart(r rune) bool {
	return r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_' || r == ':' || r >= 0xC0 && r != utf8.RuneError && r != 0xD7 && r != 0xF7
}

func isNameRune(r rune) bool {
	return isNameStart(r) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7
}

func validAttributes(rest []byte) bool {
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if len(rest) == 0 {
			return true
		}
		equals := bytes.IndexByte(rest, '=')
		if equals < 1 || !validName(bytes.TrimRight(rest[:equals], " \t\r\n")) {
			return false
		}
		rest = bytes.TrimLeft(rest[equals+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return false
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 || !validAttribute(rest[1:1+end]) {
			return false
		}
		rest = rest[end+2:]
	}
}

func validAttribute(value []byte) bool {
	if bytes.IndexByte(value, '<') >= 0 || validText(value) != nil {
		return false
	}
	for {
		_, rest, ok := bytes.Cut(value, []byte("&"))
		if !ok {
			return true
		}
		name, rest, ok := bytes.Cut(rest, []byte(";"))
		if _, known := entity(name); !ok || !known {
			return false
		}
		value = rest
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }

// Reading goes by the element that was opened last: value, each or skip takes it
// to its end.

// value returns the text of an element that has only text. It is valid until the
// next read.
func (s *scanner) value(t tag) ([]byte, error) {
	if t.empty {
		return nil, nil
	}
	inner, err := s.next(true)
	switch {
	case err != nil:
		return nil, noEOF(err)
	case !inner.close:
		return nil, s.errorf("<%s> where text was expected", clip(inner.name))
	}
	return s.text, nil
}

// each calls f with every child of an element.
func (s *scanner) each(t tag, f func(tag) error) error {
	if t.empty {
		return nil
	}
	for {
		child, err := s.next(false)
		if err != nil {
			return noEOF(err)
		}
		if child.close {
			return nil
		}
		if err := f(child); err != nil {
			return err
		}
	}
}

// skip passes over an element.
func (s *scanner) skip(t tag) error { return s.each(t, s.skip) }

func noEOF(err error) error {
	if err == io.EOF {
		return errCut
	}
	return err
}
