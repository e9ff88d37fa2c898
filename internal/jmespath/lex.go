package jmespath

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a token of an expression. Its kind is the text of a symbol, or one of name,
// quoted, number, literal and end.
type token struct {
	kind       string
	value      any
	start, end int
}

const (
	name    = "a name"
	quoted  = "a quoted name"
	number  = "a number"
	literal = "a literal"
	end     = "the end"
)

// symbols are tried in this order, so that [] comes before [.
var symbols = []string{"[]", "[?", "[", "||", "|", "&&", "&", "<=", "<", ">=", ">", "!=", "!", "==", ".", "*", "]", ",", ":", "@", "(", ")", "{", "}"}

func tokenize(text string) ([]token, error) {
	var tokens []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\n\r"))
		if at == len(text) {
			return append(tokens, token{kind: end, start: at, end: at}), nil
		}
		t, err := next(text, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at = t.end
	}
}

func next(text string, at int) (token, error) {
	c := text[at]
	switch {
	case isLetter(c):
		stop := at + span(text[at:], isWordByte)
		return token{name, text[at:stop], at, stop}, nil
	case isDigit(c) || c == '-' && span(text[at+1:], isDigit) > 0:
		stop := at + 1 + span(text[at+1:], isDigit)
		n, err := strconv.Atoi(text[at:stop])
		if err != nil { // too large for int: past the end of any list, in either direction
			n = math.MaxInt
			if c == '-' {
				n = -math.MaxInt
			}
		}
		return token{number, n, at, stop}, nil
	case c == '\'' || c == '"' || c == '`':
		return nextQuoted(text, at)
	}
	for _, symbol := range symbols {
		if strings.HasPrefix(text[at:], symbol) {
			return token{symbol, symbol, at, at + len(symbol)}, nil
		}
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	err := &SyntaxError{Offset: at, Length: size, Msg: fmt.Sprintf("unexpected %q", r)}
	if r == '=' {
		err.Hint = "use == to compare"
	} else {
		err.Hint = quoteHint(text, at)
	}
	return token{}, err
}

// nextQuoted reads a quoted token. A backslash escapes any character.
func nextQuoted(text string, at int) (token, error) {
	quote, stop := text[at], at+1
	for stop < len(text) && text[stop] != quote {
		if text[stop] == '\\' {
			stop++
		}
		stop++
	}
	if stop >= len(text) {
		return token{}, &SyntaxError{Offset: at, Length: len(text) - at, Msg: fmt.Sprintf("the closing %c is missing", quote)}
	}
	inner := text[at+1 : stop]
	stop++
	switch quote {
	case '\'':
		return token{literal, strings.ReplaceAll(inner, `\'`, "'"), at, stop}, nil
	case '"':
		value, err := parseJSON(`"` + inner + `"`)
		if err != nil {
			return token{}, &SyntaxError{Offset: at, Length: stop - at, Msg: "not a JSON string"}
		}
		return token{quoted, value, at, stop}, nil
	}
	inner = strings.ReplaceAll(inner, "\\`", "`")
	value, err := parseJSON(inner)
	if err != nil { // old queries write `running` for `"running"`
		value, err = parseJSON(`"` + strings.TrimLeftFunc(inner, isSpace) + `"`)
	}
	if err != nil {
		return token{}, &SyntaxError{Offset: at, Length: stop - at, Msg: "not JSON"}
	}
	return token{literal, value, at, stop}, nil
}

// quoteHint returns a hint if the name around at contains characters that need quotes, such
// as the dash of many tags; otherwise it returns "".
func quoteHint(text string, at int) string {
	part := func(c byte) bool { return isWordByte(c) || c == '-' || c == '/' || c == ':' }
	start, stop := at, at+span(text[at:], part)
	for start > 0 && part(text[start-1]) {
		start--
	}
	word := text[start:stop]
	if start == 0 || text[start-1] != '.' { // the part before a colon may be a key of {...}
		word = word[strings.LastIndexByte(word[:at-start], ':')+1:]
	}
	if strings.Trim(word, "-/:") != word || word == "" || span(word, isWordByte) == len(word) && !isDigit(word[0]) {
		return ""
	}
	return `put the name in double quotes: "` + word + `"`
}

// span counts the bytes at the start of text for which is holds.
func span(text string, is func(byte) bool) int {
	n := 0
	for n < len(text) && is(text[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isLetter(c byte) bool   { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) }

// isSpace is str.isspace of Python.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
