package names

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Glob is a compiled pattern. * matches any characters, ? one character, [a-c] a character
// of a class, [^a-c] or [!a-c] a character outside it, {a,b} either text, and \ the next
// character literally. This is the syntax of path.Match with [! and braces. Unlike there, a
// slash is an ordinary character, since names are not paths.
type Glob struct {
	text    string
	literal string         // if pattern is nil, the only name that matches
	pattern *regexp.Regexp // matches in linear time for every pattern
}

// IsGlob reports whether a text contains a character that is special in globs.
func IsGlob(text string) bool { return strings.ContainsAny(text, `*?[{\`) }

// CompileGlob compiles a pattern. An error says where it is malformed.
func CompileGlob(text string) (*Glob, error) {
	g := &Glob{text: text, literal: text}
	if !IsGlob(text) {
		return g, nil
	}
	t := translation{rest: text}
	t.out.WriteString(`(?s)\A(?:`)
	if err := t.sequence(); err != nil {
		return nil, fmt.Errorf("%w at character %d", err, utf8.RuneCountInString(text[:len(text)-len(t.rest)])+1)
	}
	t.out.WriteString(`)\z`)
	var err error
	if g.pattern, err = regexp.Compile(t.out.String()); err != nil {
		return nil, errors.New("too long or too deeply nested")
	}
	return g, nil
}

// Split splits a list at its commas, except for commas within the braces or brackets of a
// glob, or after a \.
func Split(list string) (texts []string) {
	begin, braces, bracket := 0, 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\':
			i++
		case bracket:
			bracket = c != ']'
		case c == '[':
			bracket = true
		case c == '{':
			braces++
		case c == '}' && braces > 0:
			braces--
		case c == ',' && braces == 0:
			texts = append(texts, list[begin:i])
			begin = i + 1
		}
	}
	return append(texts, list[begin:])
}

// Match reports whether the whole name matches.
func (g *Glob) Match(name string) bool {
	if g.pattern == nil {
		return name == g.literal
	}
	return g.pattern.MatchString(name)
}

// String returns the text of the pattern.
func (g *Glob) String() string { return g.text }

// translation turns a glob into a regular expression.
type translation struct {
	rest  string
	out   strings.Builder
	depth int // of braces
}

var (
	errEscape  = errors.New("nothing follows the \\")
	errClass   = errors.New("[ without a ] that closes it")
	errMember  = errors.New("expected a character in [ ]; ], - and \\ need a \\ in front there")
	errBrace   = errors.New("{ without a } that closes it")
	errNotText = errors.New("not UTF-8")
)

func (t *translation) sequence() error {
	for t.rest != "" {
		var err error
		switch c := t.rest[0]; {
		case c == '*':
			t.put(1, ".*")
		case c == '?':
			t.put(1, ".")
		case c == '[':
			err = t.class()
		case c == '{':
			t.depth++
			t.put(1, "(?:")
		case c == '}' && t.depth > 0:
			t.depth--
			t.put(1, ")")
		case c == ',' && t.depth > 0:
			t.put(1, "|")
		default:
			var r rune
			if r, err = t.character(); err == nil {
				t.out.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		if err != nil {
			return err
		}
	}
	if t.depth > 0 {
		return errBrace
	}
	return nil
}

// put replaces the next n bytes by an expression.
func (t *translation) put(n int, expression string) {
	t.rest = t.rest[n:]
	t.out.WriteString(expression)
}

// class translates [...]. An empty class and a backward range match nothing.
func (t *translation) class() error {
	t.rest = t.rest[1:]
	negated := strings.HasPrefix(t.rest, "^") || strings.HasPrefix(t.rest, "!")
	if negated {
		t.rest = t.rest[1:]
	}
	var ranges strings.Builder
	for members := 0; members == 0 || !strings.HasPrefix(t.rest, "]"); members++ {
		low, err := t.member()
		if err != nil {
			return err
		}
		high := low
		if strings.HasPrefix(t.rest, "-") {
			t.rest = t.rest[1:]
			if high, err = t.member(); err != nil {
				return err
			}
		}
		if low <= high {
			fmt.Fprintf(&ranges, `\x{%x}-\x{%x}`, low, high)
		}
	}
	t.rest = t.rest[1:]
	switch {
	case ranges.Len() > 0 && negated:
		t.out.WriteString("[^" + ranges.String() + "]")
	case ranges.Len() > 0:
		t.out.WriteString("[" + ranges.String() + "]")
	case negated:
		t.out.WriteString(".")
	default:
		t.out.WriteString(`[^\x00-\x{10FFFF}]`)
	}
	return nil
}

// member parses one character of a class. It is not the last of the pattern, because a ]
// follows.
func (t *translation) member() (rune, error) {
	switch {
	case t.rest == "":
		return 0, errClass
	case t.rest[0] == '-', t.rest[0] == ']':
		return 0, errMember
	}
	r, err := t.character()
	if err == nil && t.rest == "" {
		err = errClass
	}
	return r, err
}

// character parses one character, escaped or not.
func (t *translation) character() (rune, error) {
	if t.rest[0] == '\\' {
		if t.rest = t.rest[1:]; t.rest == "" {
			return 0, errEscape
		}
	}
	r, size := utf8.DecodeRuneInString(t.rest)
	if r == utf8.RuneError && size == 1 {
		return 0, errNotText
	}
	t.rest = t.rest[size:]
	return r, nil
}
