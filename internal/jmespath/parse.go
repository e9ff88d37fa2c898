package jmespath

import "fmt"

// power is how strongly a token binds what is to its left; 0 where it does not.
var power = map[string]int{
	"|": 1, "||": 2, "&&": 3,
	"==": 5, ">": 5, "<": 5, ">=": 5, "<=": 5, "!=": 5,
	"[]": 9,
	"*":  20, "[?": 21, ".": 40, "!": 45, "{": 50, "[": 55, "(": 60,
}

// Tokens that bind less end a projection.
const projectionEnd = 10

// parser is a top down operator precedence parser, with the same steps as that of
// jmespath.py, so that it accepts the same texts.
type parser struct {
	text   string
	tokens []token
	at     int
}

// Parse reads an expression. The error is a *SyntaxError.
func Parse(text string) (*Node, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, tokens: tokens}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if !p.is(end) {
		return nil, p.unexpected("")
	}
	return n, nil
}

func (p *parser) token() token        { return p.tokens[p.at] }
func (p *parser) is(kind string) bool { return p.token().kind == kind }
func (p *parser) isAny(kinds ...string) bool {
	for _, kind := range kinds {
		if p.is(kind) {
			return true
		}
	}
	return false
}

// take steps over a token that must be here.
func (p *parser) take(kind string) error {
	if !p.is(kind) {
		return p.unexpected(fmt.Sprintf("%q", kind))
	}
	p.at++
	return nil
}

func (p *parser) unexpected(wanted string) error {
	t := p.token()
	got := t.kind
	if span(got, isLetter) == 0 {
		got = fmt.Sprintf("%q", got)
	}
	e := &SyntaxError{Offset: t.start, Length: t.end - t.start, Hint: quoteHint(p.text, t.start)}
	switch {
	case wanted != "":
		e.Msg = "expected " + wanted + ", not " + got
	case t.kind == end:
		e.Msg = "the expression ends too early"
	default:
		e.Msg = got + " cannot follow here"
	}
	return e
}

func (p *parser) expression(least int) (*Node, error) {
	left, err := p.first()
	for err == nil && power[p.token().kind] > least {
		left, err = p.further(left)
	}
	return left, err
}

// first reads what an expression begins with.
func (p *parser) first() (*Node, error) {
	t := p.token()
	n := &Node{Offset: t.start}
	switch t.kind {
	case literal:
		p.at++
		n.Kind, n.Value = Literal, t.value
		return n, nil
	case name, quoted:
		p.at++
		n.Kind, n.Name = Field, t.value.(string)
		if t.kind == quoted && p.is("(") {
			return nil, &SyntaxError{Offset: t.start, Length: t.end - t.start, Msg: "the name of a function is not quoted"}
		}
		return n, nil
	case "@":
		p.at++
		return n, nil
	case "*":
		p.at++
		return p.project(n, ValueProjection, power["*"], current(t))
	case "[?", "[]":
		return p.further(current(t))
	case "{":
		p.at++
		return p.hash()
	case "(":
		p.at++
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return inner, p.take(")")
	case "!":
		p.at++
		inner, err := p.expression(power["!"])
		return n.with(Not, inner), err
	case "&":
		p.at++
		inner, err := p.expression(0)
		return n.with(Reference, inner), err
	case "[":
		p.at++
		switch {
		case p.isAny(number, ":"):
			return p.index(current(t))
		case p.is("*") && p.tokens[p.at+1].kind == "]":
			p.at += 2
			return p.project(n, Projection, power["*"], current(t))
		}
		return p.list()
	}
	return nil, p.unexpected("")
}

// further reads what follows an expression and takes it as its left side.
func (p *parser) further(left *Node) (*Node, error) {
	t := p.token()
	n := &Node{Offset: t.start}
	p.at++
	switch t.kind {
	case ".":
		if p.is("*") {
			p.at++
			return p.project(n, ValueProjection, power["."], left)
		}
		right, err := p.member(power["."])
		return n.with(Chain, left, right), err
	case "|":
		return p.binary(n, Chain, left, t)
	case "||":
		return p.binary(n, Or, left, t)
	case "&&":
		return p.binary(n, And, left, t)
	case "==", "!=", "<", "<=", ">", ">=":
		n.Name = t.kind
		return p.binary(n, Comparison, left, t)
	case "(":
		return p.call(left)
	case "[]":
		flat := &Node{Kind: Flatten, Children: []*Node{left}, Offset: t.start}
		return p.project(n, Projection, power["[]"], flat)
	case "[?":
		condition, err := p.expression(0)
		if err == nil {
			err = p.take("]")
		}
		if err != nil {
			return nil, err
		}
		n, err = p.project(n, FilterProjection, power["[?"], left)
		if err == nil {
			n.Children = append(n.Children, condition)
		}
		return n, err
	case "[":
		if p.isAny(number, ":") {
			return p.index(left)
		}
		if !p.is("*") {
			return nil, p.unexpected(`a number, ":" or "*"`)
		}
		p.at++
		if err := p.take("]"); err != nil {
			return nil, err
		}
		return p.project(n, Projection, power["*"], left)
	}
	p.at--
	return nil, p.unexpected("")
}

func current(t token) *Node { return &Node{Kind: Current, Offset: t.start} }

func (n *Node) with(kind Kind, children ...*Node) *Node {
	n.Kind, n.Children = kind, children
	return n
}

func (p *parser) binary(n *Node, kind Kind, left *Node, operator token) (*Node, error) {
	right, err := p.expression(power[operator.kind])
	return n.with(kind, left, right), err
}

// project reads what is done to each item of left.
func (p *parser) project(n *Node, kind Kind, least int, left *Node) (*Node, error) {
	right, err := current(p.token()), error(nil)
	switch {
	case power[p.token().kind] < projectionEnd:
	case p.isAny("[", "[?"):
		right, err = p.expression(least)
	case p.is("."):
		p.at++
		right, err = p.member(least)
	default:
		err = p.unexpected("")
	}
	return n.with(kind, left, right), err
}

// member reads what may follow a dot.
func (p *parser) member(least int) (*Node, error) {
	switch {
	case p.isAny(name, quoted, "*"):
		return p.expression(least)
	case p.is("["):
		p.at++
		return p.list()
	case p.is("{"):
		p.at++
		return p.hash()
	}
	return nil, p.unexpected(`a name, "*", "[" or "{"`)
}

// call reads arguments; jmespath.py does not insist on the commas.
func (p *parser) call(left *Node) (*Node, error) {
	if left.Kind != Field {
		t := p.tokens[p.at-1]
		return nil, &SyntaxError{Offset: t.start, Length: 1, Msg: "only the name of a function can stand before ("}
	}
	n := &Node{Kind: Call, Name: left.Name, Offset: left.Offset}
	for !p.is(")") {
		argument, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if p.is(",") {
			p.at++
		}
		n.Children = append(n.Children, argument)
	}
	p.at++
	return n, nil
}

// index reads a number or a slice in brackets. As in jmespath.py a slice behind an index
// begins no projection.
func (p *parser) index(left *Node) (*Node, error) {
	n := &Node{Kind: Index, Offset: p.token().start}
	if p.is(":") || p.tokens[p.at+1].kind == ":" {
		n.Kind = Slice
		for part := 0; !p.is("]"); p.at++ {
			switch {
			case p.is(":") && part < 2:
				part++
			case p.is(number):
				bound := p.token().value.(int)
				n.bounds[part] = &bound
			default:
				return nil, p.unexpected(`a number, ":" or "]"`)
			}
		}
	} else {
		n.Value = p.token().value
		p.at++
	}
	if err := p.take("]"); err != nil {
		return nil, err
	}
	if left.Kind == IndexChain {
		left.Children = append(left.Children, n)
		return left, nil
	}
	chain := &Node{Kind: IndexChain, Children: []*Node{left, n}, Offset: n.Offset}
	if n.Kind == Slice {
		return p.project(&Node{Offset: n.Offset}, Projection, power["*"], chain)
	}
	return chain, nil
}

func (p *parser) list() (*Node, error) {
	n := &Node{Kind: List, Offset: p.token().start}
	for {
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, item)
		if p.is("]") {
			p.at++
			return n, nil
		}
		if !p.is(",") {
			return nil, p.unexpected(`"," or "]"`)
		}
		p.at++
	}
}

// hash reads the members of {...}; jmespath.py does not insist on the commas.
func (p *parser) hash() (*Node, error) {
	n := &Node{Kind: Hash, Offset: p.token().start}
	for {
		key := p.token()
		if !p.isAny(name, quoted) {
			return nil, p.unexpected("a name")
		}
		p.at++
		if err := p.take(":"); err != nil {
			return nil, err
		}
		value, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, &Node{Kind: Chain, Name: key.value.(string), Children: []*Node{value}, Offset: key.start})
		switch {
		case p.is(","):
			p.at++
		case p.is("}"):
			p.at++
			return n, nil
		case !p.isAny(name, quoted):
			return nil, p.unexpected(`"," or "}"`)
		}
	}
}
