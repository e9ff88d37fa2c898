package expr

import (
	"fmt"
	"slices"
	"text/template/parse"

	"muster/internal/render/caret"
	"muster/internal/render/shape"
)

// call checks a function's arguments and returns the schema of its result. args may end
// with a value that is piped into the call and has no node.
func (c *templateChecker) call(function *parse.IdentifierNode, nodes []parse.Node, args []*shape.Schema) *shape.Schema {
	f := findTemplateFunc(function.Ident)
	if f == nil {
		if function.Ident == "call" {
			c.misuse(function, len("call"), "a record has no functions to call", "")
		}
		return unknown
	}
	c.calls[f.name] = true
	if least, most := f.count(); len(args) < least || most >= 0 && len(args) > most {
		takes := quantity(least, "argument")
		if most < 0 {
			takes = "at least " + takes
		}
		c.misuse(function, len(f.name), fmt.Sprintf("%s takes %s, not %d", f.name, takes, len(args)), f.hint())
		return f.result
	}
	msg, at := f.wrongArgument(nodes, args)
	if msg == "" {
		msg, at = builtinMisuse(f.name, args)
	}
	if msg != "" {
		if at < len(nodes) && constant(nodes[at]) != "" {
			c.misuse(nodes[at], len(constant(nodes[at])), msg, f.hint())
		} else {
			c.misuse(function, len(f.name), msg, f.hint())
		}
		return f.result
	}
	return c.result(f, nodes, args)
}

// wrongArgument returns a message about the first argument that is of the wrong kind,
// and its index.
func (f *templateFunc) wrongArgument(nodes []parse.Node, args []*shape.Schema) (msg string, at int) {
	for i, s := range args {
		name := f.argument(i)
		switch kind := argKinds[name]; {
		case kind == shape.Any:
		case kind != shape.List && i < len(nodes) && nodes[i].Type() == parse.NodeNil:
			return fmt.Sprintf("%s takes %s as %s, not nil", f.name, kindNames[kind], name), i
		case s.Kind != shape.Any && s.Kind != kind:
			return fmt.Sprintf("%s takes %s as %s, not %s", f.name, kindNames[kind], name, s.WithArticle()), i
		}
	}
	return "", 0
}

// result returns the schema of the result of a call with arguments of the right kinds.
// It also checks a constant first argument, such as a regular expression.
func (c *templateChecker) result(f *templateFunc, nodes []parse.Node, args []*shape.Schema) *shape.Schema {
	if f.name == "index" {
		s := args[0]
		for range args[1:] {
			if s.Kind != shape.List && s.Kind != shape.Map {
				return unknown
			}
			s = s.Elem
		}
		return s
	}
	if (f.name == "first" || f.name == "last") && len(args) == 1 && args[0].Kind == shape.List {
		return args[0].Elem
	}
	if len(nodes) == 0 {
		return f.result
	}
	text, ok := nodes[0].(*parse.StringNode)
	switch {
	case ok && f.checkFirst != nil:
		if err := f.checkFirst(text.Text); err != nil {
			c.misuse(text, len(text.Quoted), f.name+": "+err.Error(), "")
		}
	case ok && f.name == "pluck" && len(args) == 2 && args[1].Kind == shape.List:
		return listOf(c.fields(text, args[1].Elem, []string{text.Text}))
	}
	return f.result
}

// misuse reports a call that cannot work.
func (c *templateChecker) misuse(at parse.Node, length int, msg, hint string) {
	c.faults = append(c.faults, templateFault{
		misuse: &caret.Error{Offset: int(at.Position()), Length: length, Msg: msg, Hint: hint},
		action: actionAt(c.text, int(at.Position())),
	})
}

var kindNames = map[shape.Kind]string{shape.String: "text", shape.Number: "a number", shape.List: "a list"}

// constant returns the source text of a constant, and "" for other nodes.
func constant(node parse.Node) string {
	switch n := node.(type) {
	case *parse.StringNode:
		return n.Quoted
	case *parse.NumberNode:
		return n.Text
	case *parse.BoolNode, *parse.NilNode:
		return n.String()
	}
	return ""
}

func quantity(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// builtinMisuse returns a message about the first argument that one of text/template's
// own functions does not accept, and its index.
func builtinMisuse(function string, args []*shape.Schema) (msg string, at int) {
	switch function {
	case "len":
		if !mayBe(args[0], shape.String, shape.List, shape.Map) {
			return notTaken(function, "text, a list or a map", args, 0)
		}
	case "slice":
		if !mayBe(args[0], shape.String, shape.List) {
			return notTaken(function, "text or a list", args, 0)
		}
		for i, s := range args[1:] {
			if !mayBe(s, shape.Number) {
				return notTaken(function, "numbers for the start and the end", args, i+1)
			}
		}
	case "index":
		return indexMisuse(args)
	case "lt", "le", "gt", "ge":
		return comparisonMisuse(function, args, "text or numbers", shape.String, shape.Number)
	case "eq", "ne":
		return comparisonMisuse(function, args, "text, numbers or bools", shape.String, shape.Number, shape.Bool)
	}
	return "", 0
}

func indexMisuse(args []*shape.Schema) (msg string, at int) {
	s := args[0]
	for i, key := range args[1:] {
		switch {
		case s.Kind == shape.Any, s.Kind == shape.String && i == 0: // a text has bytes for items
			return "", 0
		case s.Kind == shape.Map && !mayBe(key, shape.String):
			return notTaken("index", "text for a key of a map", args, i+1)
		case s.Kind == shape.List && !mayBe(key, shape.Number):
			return notTaken("index", "a number for an item of a list", args, i+1)
		case s.Kind != shape.Map && s.Kind != shape.List:
			return "index takes a list or a map, not " + s.WithArticle(), i
		}
		s = s.Elem
	}
	return "", 0
}

func comparisonMisuse(function string, args []*shape.Schema, accepted string, kinds ...shape.Kind) (msg string, at int) {
	if slices.ContainsFunc(args, func(s *shape.Schema) bool { return s.Kind == shape.Any }) {
		return "", 0
	}
	for i, s := range args {
		switch {
		case !mayBe(s, kinds...):
			return notTaken(function, accepted, args, i)
		case s.Kind != args[0].Kind:
			return fmt.Sprintf("%s takes values of one kind, not %s and %s", function, args[0].WithArticle(), s.WithArticle()), i
		}
	}
	return "", 0
}

func notTaken(function, accepted string, args []*shape.Schema, at int) (string, int) {
	return fmt.Sprintf("%s takes %s, not %s", function, accepted, args[at].WithArticle()), at
}

func mayBe(s *shape.Schema, kinds ...shape.Kind) bool {
	return s.Kind == shape.Any || slices.Contains(kinds, s.Kind)
}
