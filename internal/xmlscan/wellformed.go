package xmlscan

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// This file holds the rules of XML 1.0 for characters, names, entities and attributes.

// appendNewlines appends text with each kind of line end as \n.
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

// entity returns the character of an entity or a character reference.
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

// isChar reports whether XML allows a character.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// checkChars returns an error unless text is UTF-8 of characters that XML allows.
func checkChars(text []byte) error {
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
			return fmt.Errorf("character %U, which XML does not allow", r)
		}
		i += size
	}
	return nil
}

// validName reports whether name is a name with at most one colon.
func validName(name []byte) bool { return bytes.Count(name, []byte(":")) <= 1 && isName(name) }

func isName(name []byte) bool {
	for i, c := range name {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == ':', i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c < utf8.RuneSelf:
			return false
		default: // letters of other scripts
			first, _ := utf8.DecodeRune(name)
			return isNameStart(first) && len(bytes.TrimLeftFunc(name, isNameRune)) == 0
		}
	}
	return len(name) > 0
}

// cutPrefix splits a valid name into its prefix, if any, and the rest. A colon at the beginning
// or the end of a name, which XML without namespaces allows, is part of the rest.
func cutPrefix(name []byte) (prefix, local []byte) {
	if colon := bytes.IndexByte(name, ':'); colon > 0 && colon < len(name)-1 {
		return name[:colon], name[colon+1:]
	}
	return nil, name
}

// isNameStart also accepts a few characters beyond ASCII that XML does not count as
// letters. Names of AWS's elements are ASCII.
func isNameStart(r rune) bool {
	return r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_' || r == ':' || r >= 0xC0 && r != utf8.RuneError && r != 0xD7 && r != 0xF7
}

func isNameRune(r rune) bool {
	return isNameStart(r) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7
}

const spaces = " \t\r\n"

// validAttributes reports whether the part of a tag after its name is well-formed.
func validAttributes(rest []byte) bool {
	for {
		name, value, after, ok := cutAttribute(rest)
		if !ok {
			return len(bytes.TrimLeft(rest, spaces)) == 0
		}
		if !validName(name) || !validValue(value) {
			return false
		}
		rest = after
	}
}

// cutAttribute splits off the first attribute; ok is false if there is none. The name
// and the value are not checked, and the value still has its entities.
func cutAttribute(text []byte) (name, value, rest []byte, ok bool) {
	name, rest, ok = bytes.Cut(text, []byte("="))
	rest = bytes.TrimLeft(rest, spaces)
	if !ok || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil, nil, false
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return nil, nil, nil, false
	}
	return bytes.Trim(name, spaces), rest[1 : 1+end], rest[end+2:], true
}

// validValue reports whether an attribute may have a value.
func validValue(value []byte) bool {
	if bytes.IndexByte(value, '<') >= 0 || checkChars(value) != nil {
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

// endsInQuotes reports whether text ends between quotes.
func endsInQuotes(text []byte) bool {
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

// quotedValue returns the quoted text after key, or "" if there is none.
func quotedValue(body []byte, key string) string {
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
