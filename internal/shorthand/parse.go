// Package shorthand reads parameters as the AWS CLI takes them on its command
// line: in shorthand, as JSON, or from a file.
//
// Parse knows the syntax alone. A Shape says what a parameter may hold; Value and
// List turn the user's texts into what is sent to AWS, by the shape. All of them
// return map[string]any, []any, string, json.Number, float64 and bool.
package shorthand

import (
	"errors"
	"strings"
)

// Load returns the content of the file that a value names, as file://PATH or
// fileb://PATH, and whether it names one.
type Load func(value string) (content string, named bool, err error)

// Parse reads a structure, such as Name=a,Values=b,c. A value behind @= may name a
// file.
func Parse(text string, load Load) (map[string]any, error) {
	p := &parser{input: decode(text), load: load}
	return p.parameter()
}

// parser goes through the characters of a text. Its methods are the productions of
// the AWS CLI's grammar (awscli/shorthand.py), under the same names.
type parser struct {
	input []rune
	at    int
	load  Load
	files bool // the value at hand may name a file
}

func (p *parser) parameter() (map[string]any, error) {
	values := map[string]any{}
	behind := 0 // the comma before the key at hand
	for {
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		value, err := p.values()
		if err != nil {
			return nil, err
		}
		if _, known := values[key]; known {
			return nil, &DuplicateKeyError{Key: key, Offset: behind}
		}
		values[key] = value
		if p.atEnd() {
			return values, nil
		}
		behind = p.at + 1
		if err := p.expectAmongBlanks(','); err != nil {
			return nil, err
		}
	}
}

// key reads a key and the = or @= behind it.
func (p *parser) key() (string, error) {
	start := p.at
	for !p.atEnd() && isKeyRune(p.input[p.at]) {
		p.at++
	}
	key := encode(p.input[start:p.at])
	p.files = p.expectAmongBlanks('@') == nil
	return key, p.expectAmongBlanks('=')
}

func (p *parser) values() (any, error) {
	if p.atEnd() {
		return "", nil
	}
	switch p.current() {
	case '[':
		return p.explicitList()
	case '{':
		return p.hashLiteral()
	}
	return p.csvValue()
}

// csvValue is one value, or a list of values up to the next key.
func (p *parser) csvValue() (any, error) {
	first, err := p.firstValue()
	if err != nil {
		return nil, err
	}
	p.skipBlanks()
	if p.current() != ',' {
		return first, nil
	}
	if err := p.expectAmongBlanks(','); err != nil {
		return nil, err
	}
	list := []any{first}
	for {
		value, err := p.secondValue()
		if err == nil {
			p.skipBlanks()
			if p.atEnd() {
				list = append(list, value)
				break
			}
			err = p.expectAmongBlanks(',')
		}
		if err == nil {
			list = append(list, value)
			continue
		}
		if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || p.atEnd() {
			return nil, err
		}
		for p.at >= 0 && p.input[p.at] != ',' { // that was a key, which belongs to the caller
			p.at--
		}
		break
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *parser) explicitList() (any, error) {
	if err := p.expectAmongBlanks('['); err != nil {
		return nil, err
	}
	list := []any{}
	for p.current() != ']' {
		value, err := p.explicitValues()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		if err := p.separator(']'); err != nil {
			return nil, err
		}
	}
	p.at++
	return list, nil
}

func (p *parser) hashLiteral() (any, error) {
	if err := p.expectAmongBlanks('{'); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for p.current() != '}' {
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		value, err := p.explicitValues()
		if err != nil {
			return nil, err
		}
		if err := p.separator('}'); err != nil {
			return nil, err
		}
		values[key] = value // of several the last, as in the AWS CLI
	}
	p.at++
	return values, nil
}

// separator goes behind the comma between two items, or stays before the end.
func (p *parser) separator(end rune) error {
	p.skipBlanks()
	if p.current() == end {
		return nil
	}
	if err := p.expect(','); err != nil {
		return err
	}
	p.skipBlanks()
	return nil
}

func (p *parser) explicitValues() (any, error) {
	switch p.current() {
	case '[':
		return p.explicitList()
	case '{':
		return p.hashLiteral()
	}
	return p.firstValue()
}

// firstValue is the value behind a key; there may be none.
func (p *parser) firstValue() (string, error) {
	switch c := p.current(); c {
	case '\'', '"':
		return p.quoted(c)
	}
	start := p.at
	if p.word(firstFollows); p.at == start {
		return "", nil
	}
	return p.plain(start)
}

// secondValue is a further value of a list. An = would make it a key.
func (p *parser) secondValue() (string, error) {
	switch c := p.current(); c {
	case '\'', '"':
		return p.quoted(c)
	}
	start := p.at
	if p.word(secondFollows); p.at == start {
		return "", &SyntaxError{Expected: "<second>", Found: "<none>", Offset: p.at}
	}
	return p.plain(start)
}

// word goes behind a value without quotes.
func (p *parser) word(follows func(rune) bool) {
	for allowed := startsWord; ; allowed = follows {
		switch c := p.current(); {
		case c == '\\' && p.at+1 < len(p.input) && p.input[p.at+1] == ',':
			p.at += 2
		case allowed(c):
			p.at++
		default:
			return
		}
	}
}

func (p *parser) plain(start int) (string, error) {
	text := strings.ReplaceAll(encode(p.input[start:p.at]), `\,`, ",")
	return p.resolved(strings.TrimRightFunc(text, isSpace))
}

// quoted reads a value up to the quote that ends it: the next one without a
// backslash, or else the last one there is.
func (p *parser) quoted(quote rune) (string, error) {
	end := 0
	for i := p.at + 1; i < len(p.input); i++ {
		if p.input[i] == quote {
			end = i
			break
		}
		if p.input[i] == '\\' && i+1 < len(p.input) && p.input[i+1] == quote {
			i++
			end = i
		}
	}
	if end == 0 {
		name := map[rune]string{'\'': "<singled quoted>", '"': "<double quoted>"}[quote]
		return "", &SyntaxError{Expected: name, Found: "<none>", Offset: p.at}
	}
	text := encode(p.input[p.at+1 : end])
	p.at = end + 1
	text = strings.ReplaceAll(text, `\`+string(quote), string(quote))
	return p.resolved(strings.ReplaceAll(text, `\\`, `\`))
}

// resolved is a value, or what is in the file that it names.
func (p *parser) resolved(value string) (string, error) {
	if !p.files || p.load == nil {
		return value, nil
	}
	content, named, err := p.load(value)
	if err != nil || named {
		return content, err
	}
	return value, nil
}

func (p *parser) expectAmongBlanks(c rune) error {
	p.skipBlanks()
	if err := p.expect(c); err != nil {
		return err
	}
	p.skipBlanks()
	return nil
}

func (p *parser) expect(c rune) error {
	if p.atEnd() {
		return &SyntaxError{Expected: string(c), Found: "EOF", Offset: p.at}
	}
	if found := p.input[p.at]; found != c {
		return &SyntaxError{Expected: string(c), Found: encode(p.input[p.at : p.at+1]), Offset: p.at}
	}
	p.at++
	return nil
}

func (p *parser) skipBlanks() {
	for !p.atEnd() && strings.ContainsRune(" \t\n\r\v\f", p.input[p.at]) {
		p.at++
	}
}

func (p *parser) atEnd() bool { return p.at >= len(p.input) }

// current is the next character, -1 at the end.
func (p *parser) current() rune {
	if p.atEnd() {
		return -1
	}
	return p.input[p.at]
}
