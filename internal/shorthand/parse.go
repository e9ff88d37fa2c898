// Package shorthand parses parameters as the AWS CLI does: in its shorthand, as JSON, or
// from a file.
//
// parseStructure handles the syntax only. A Shape describes a parameter; Value and Values convert
// arguments to the values of a Shape, ready to send to AWS. All of them return
// map[string]any, []any, string, json.Number, float64 and bool.
package shorthand

import (
	"errors"
	"strings"
)

// Load returns the content of the file that a value names as file://PATH or fileb://PATH.
// named is false for all other values.
type Load func(value string) (content string, named bool, err error)

// parseStructure parses a structure, such as Name=a,Values=b,c. With @= instead of =, the value may
// name a file.
func parseStructure(text string, load Load) (map[string]any, error) {
	p := &parser{input: decode(text), load: load}
	return p.parameter()
}

// parser is a recursive descent parser. Its methods have the names of the productions in
// the AWS CLI's grammar (awscli/shorthand.py).
type parser struct {
	input []rune
	at    int
	load  Load
	files bool // the current value follows @=, and may name a file
}

func (p *parser) parameter() (map[string]any, error) {
	values := map[string]any{}
	keyStart := 0
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
			return nil, &duplicateKeyError{Key: key, Offset: keyStart}
		}
		values[key] = value
		if p.atEnd() {
			return values, nil
		}
		keyStart = p.at + 1
		if err := p.expectAmongBlanks(','); err != nil {
			return nil, err
		}
	}
}

// key parses a key with its = or @=.
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

// csvValue parses one value, or a list of values up to the next key.
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
		if syntax := (*syntaxError)(nil); !errors.As(err, &syntax) || p.atEnd() {
			return nil, err
		}
		for p.at >= 0 && p.input[p.at] != ',' { // go back: that was a key, for the caller to parse
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
		values[key] = value // as in the AWS CLI, the last of equal keys counts
	}
	p.at++
	return values, nil
}

// separator steps over the comma between two items. Before the end it does nothing.
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

// firstValue parses the value of a key, which may be empty.
func (p *parser) firstValue() (string, error) {
	switch c := p.current(); c {
	case '\'', '"':
		return p.quoted(c)
	}
	start := p.at
	if p.skipWord(firstFollows); p.at == start {
		return "", nil
	}
	return p.plain(start)
}

// secondValue parses a further value of a list. It contains no =, which would make it a key.
func (p *parser) secondValue() (string, error) {
	switch c := p.current(); c {
	case '\'', '"':
		return p.quoted(c)
	}
	start := p.at
	if p.skipWord(secondFollows); p.at == start {
		return "", &syntaxError{Expected: "<second>", Found: "<none>", Offset: p.at}
	}
	return p.plain(start)
}

// skipWord steps over a value without quotes.
func (p *parser) skipWord(follows func(rune) bool) {
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
	return p.resolve(strings.TrimRightFunc(text, isSpace))
}

// quoted parses a value up to its closing quote: the next one without a backslash, or else
// the last one.
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
		return "", &syntaxError{Expected: name, Found: "<none>", Offset: p.at}
	}
	text := encode(p.input[p.at+1 : end])
	p.at = end + 1
	text = strings.ReplaceAll(text, `\`+string(quote), string(quote))
	return p.resolve(strings.ReplaceAll(text, `\\`, `\`))
}

// resolve returns a value, or the content of the file that it names.
func (p *parser) resolve(value string) (string, error) {
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
		return &syntaxError{Expected: string(c), Found: "EOF", Offset: p.at}
	}
	if found := p.input[p.at]; found != c {
		return &syntaxError{Expected: string(c), Found: encode(p.input[p.at : p.at+1]), Offset: p.at}
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

// current returns the next character, or -1 at the end.
func (p *parser) current() rune {
	if p.atEnd() {
		return -1
	}
	return p.input[p.at]
}
