package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// What XML allows in names, text and attributes, for the few that are not plain.

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

func trimBOM(text []byte, end int64) []byte {
	if end == int64(len(text))+1 {
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	return text
}
