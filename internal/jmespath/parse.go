package jmespath

import "fmt"

// bindingPower says how strongly a token binds the expression on its left. Others bind
// nothing.
var bindingPower = map[string]int{
	"|": 1, "||": 2, "&&": 3,
	"==": 5, ">": 5, "<": 5, ">=": 5, "<=": 5, "!=": 5,
	"[]": 9,
	"*":  20, "[?": 21, ".": 40, "!": 45, "{": 50, "[": 55, "(": 60,
}

// projectionEnd is the binding power below which a token ends a projection.
const projectionEnd = 10

// parser is a top-down operator precedence (Pratt) parser. It takes the same steps as the
// parser of jmespath.py, and so accepts the same texts.
type parser struct {
	text   string
	tokens []token
	at     int
}

// Parse parses an expression. An error is a *SyntaxError.
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

// expect steps over the next token, which must be of that kind.
func (p *parser) expect(kind string) error {
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
		e.Msg = "unexpected " + got
	}
	return e
}

// expression parses an expression, up to a token that binds minPower or less.
func (p *parser) expression(minPower int) (*Node, error) {
	left, err := p.prefix()
	for err == nil && bindingPower[p.token().kind] > minPower {
		left, err = p.infix(left)
	}
	return left, err
}

// prefix parses the start of an expression.
func (p *parser) prefix() (*Node, error) {
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
			return nil, &SyntaxError{Offset: t.start, Length: t.end - t.start, Msg: "a function name takes no quotes"}
		}
		return n, nil
	case "@":
		p.at++
		return n, nil
	case "*":
		p.at++
		return p.project(n, ValueProjection, bindingPower["*"], current(t))
	case "[?", "[]":
		return p.infix(current(t))
	case "{":
		p.at++
		return p.hash()
	case "(":
		p.at++
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case "!":
		p.at++
		inner, err := p.expression(bindingPower["!"])
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
			return p.project(n, Projection, bindingPower["*"], current(t))
		}
		return p.list()
	}
	return nil, p.unexpected("")
}

// infix parses an operator behind left, with its right side.
func (p *parser) infix(left *Node) (*Node, error) {
	t := p.token()
	n := &Node{Offset: t.start}
	p.at++
	switch t.kind {
	case ".":
		if p.is("*") {
			p.at++
			return p.project(n, ValueProjection, bindingPower["."], left)
		}
		right, err := p.member(bindingPower["."])
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
		return p.project(n, Projection, bindingPower["[]"], flat)
	case "[?":
		condition, err := p.expression(0)
		if err == nil {
			err = p.expect("]")
		}
		if err != nil {
			return nil, err
		}
		n, err = p.project(n, FilterProjection, bindingPower["[?"], left)
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
		if err := p.expect("]"); err != nil {
			return nil, err
		}
		return p.project(n, Projection, bindingPower["*"], left)
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
	right, err := p.expression(bindingPower[operator.kind])
	return n.with(kind, left, right), err
}

// project parses the right side of a projection: the expression for each item of left.
func (p *parser) project(n *Node, kind Kind, minPower int, left *Node) (*Node, error) {
	right, err := current(p.token()), error(nil)
	switch {
	case bindingPower[p.token().kind] < projectionEnd:
	case p.isAny("[", "[?"):
		right, err = p.expression(minPower)
	case p.is("."):
		p.at++
		right, err = p.member(minPower)
	default:
		err = p.unexpected("")
	}
	return n.with(kind, left, right), err
}

// member parses the right side of a dot.
func (p *parser) member(minPower int) (*Node, error) {
	switch {
	case p.isAny(name, quoted, "*"):
		return p.expression(minPower)
	case p.is("["):
		p.at++
		return p.list()
	case p.is("{"):
		p.at++
		return p.hash()
	}
	return nil, p.unexpected(`a name, "*", "[" or "{"`)
}

// call parses the arguments of a function. As in jmespath.py, commas are optional.
func (p *parser) call(left *Node) (*Node, error) {
	if left.Kind != Field {
		t := p.tokens[p.at-1]
		return nil, &SyntaxError{Offset: t.start, Length: 1, Msg: "expected a function name before ("}
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

// index parses a number or a slice in brackets. As in jmespath.py, a slice behind an index
// does not start a projection.
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
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if left.Kind == IndexChain {
		left.Children = append(left.Children, n)
		return left, nil
	}
	chain := &Node{Kind: IndexChain, Children: []*Node{left, n}, Offset: n.Offset}
	if n.Kind == Slice {
		return p.project(&Node{Offset: n.Offset}, Projection, bindingPower["*"], chain)
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

// hash parses the members of {...}. As in jmespath.py, commas are optional.
func (p *parser) hash() (*Node, error) {
	n := &Node{Kind: Hash, Offset: p.token().start}
	for {
		key := p.token()
		if !p.isAny(name, quoted) {
			return nil, p.unexpected("a name")
		}
		p.at++
		if err := p.expect(":"); err != nil {
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
