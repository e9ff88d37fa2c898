package jmespath

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word of an expression. Its kind is the text of what is always the same, or
// one of name, quoted, number, literal and end.
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

// signs are tried in this order.
var signs = []string{"[]", "[?", "[", "||", "|", "&&", "&", "<=", "<", ">=", ">", "!=", "!", "==", ".", "*", "]", ",", ":", "@", "(", ")", "{", "}"}

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
		if err != nil { // beyond any list in either direction
			n = math.MaxInt
			if c == '-' {
				n = -math.MaxInt
			}
		}
		return token{number, n, at, stop}, nil
	case c == '\'' || c == '"' || c == '`':
		return nextQuoted(text, at)
	}
	for _, sign := range signs {
		if strings.HasPrefix(text[at:], sign) {
			return token{sign, sign, at, at + len(sign)}, nil
		}
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	err := &SyntaxError{Offset: at, Length: size, Msg: fmt.Sprintf("%q cannot stand here", r)}
	if r == '=' {
		err.Hint = "== compares"
	} else {
		err.Hint = quoteHint(text, at)
	}
	return token{}, err
}

// nextQuoted reads what is between quotes, in which a backslash protects any character.
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
			return token{}, &SyntaxError{Offset: at, Length: stop - at, Msg: "this is no string of JSON"}
		}
		return token{quoted, value, at, stop}, nil
	}
	inner = strings.ReplaceAll(inner, "\\`", "`")
	value, err := parseJSON(inner)
	if err != nil { // `running` is `"running"`, for the sake of old queries
		value, err = parseJSON(`"` + strings.TrimLeftFunc(inner, isSpace) + `"`)
	}
	if err != nil {
		return token{}, &SyntaxError{Offset: at, Length: stop - at, Msg: "this is no JSON"}
	}
	return token{literal, value, at, stop}, nil
}

// quoteHint is what to do where a name at or around a place has characters that only a
// quoted one may have, as tags do; "" if there is none.
func quoteHint(text string, at int) string {
	part := func(c byte) bool { return isWordByte(c) || c == '-' || c == '/' || c == ':' }
	start, stop := at, at+span(text[at:], part)
	for start > 0 && part(text[start-1]) {
		start--
	}
	word := text[start:stop]
	if start == 0 || text[start-1] != '.' { // what is before a colon may be a key of {...}
		word = word[strings.LastIndexByte(word[:at-start], ':')+1:]
	}
	if strings.Trim(word, "-/:") != word || word == "" || span(word, isWordByte) == len(word) && !isDigit(word[0]) {
		return ""
	}
	return `such a name is written in double quotes: "` + word + `"`
}

// span is how many bytes at the start of text are of a kind.
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

// isSpace is Python's str.isspace.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
