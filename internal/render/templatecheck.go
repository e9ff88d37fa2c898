package render

import (
	"fmt"
	"muster/internal/render/caret"
	"muster/internal/render/shape"
	"reflect"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// findings are what is known of a template before it is run.
type findings struct {
	faults []templateFault
	calls  map[string]bool // functions that are called
}

// templateFault is what fails, if the template gets to it: templateTrial tells.
type templateFault struct {
	mistake *shape.NoField // a field that cannot exist
	misuse  *caret.Error   // or a function called as it cannot be; Flag and Text are missing
	action  int            // the place: the action, counted from 1
}

// checkTemplate looks at a template and those defined within, whose dot is not known.
func checkTemplate(t *template.Template, text string, record *shape.Schema) findings {
	c := templateChecker{template: t, text: text, findings: findings{calls: map[string]bool{}}}
	c.tree(t.Tree, record)
	for _, defined := range t.Templates() {
		if defined.Name() != t.Name() {
			c.tree(defined.Tree, unknown)
		}
	}
	return c.findings
}

func (c *templateChecker) tree(tree *parse.Tree, dot *shape.Schema) {
	before := c.faults
	c.assigned = map[string]bool{}
	for range 2 { // the first time to learn which variables change
		c.vars, c.faults = []templateVar{{"$", dot}}, before
		c.list(tree.Root, dot)
	}
}

type templateChecker struct {
	template *template.Template
	text     string
	vars     []templateVar
	assigned map[string]bool // variables whose value depends on the way taken
	findings
}

type templateVar struct {
	name  string
	shape *shape.Schema
}

func (c *templateChecker) list(list *parse.ListNode, dot *shape.Schema) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			c.declare(n.Pipe, c.pipe(n.Pipe, dot))
		case *parse.TemplateNode:
			if c.template.Lookup(n.Name) == nil {
				c.object(n, len(strconv.Quote(n.Name)), "no template "+n.Name+" is defined", "")
			}
			if n.Pipe != nil {
				c.pipe(n.Pipe, dot)
			}
		case *parse.IfNode:
			c.branch(&n.BranchNode, dot, func(*shape.Schema) *shape.Schema { return dot })
		case *parse.WithNode:
			c.branch(&n.BranchNode, dot, func(s *shape.Schema) *shape.Schema { return s })
		case *parse.RangeNode:
			c.branch(&n.BranchNode, dot, func(s *shape.Schema) *shape.Schema {
				if s.Kind == shape.List || s.Kind == shape.Map {
					return s.Elem
				}
				return unknown
			})
		}
	}
}

// branch checks both lists of an if, with or range, whose variables end with it.
func (c *templateChecker) branch(n *parse.BranchNode, dot *shape.Schema, inner func(*shape.Schema) *shape.Schema) {
	depth := len(c.vars)
	value := c.pipe(n.Pipe, dot)
	inside := inner(value)
	if n.NodeType == parse.NodeRange {
		if value.Kind == shape.String || value.Kind == shape.Bool || value.Kind == shape.Object {
			text := n.Pipe.String()
			if i := strings.LastIndex(text, "= "); len(n.Pipe.Decl) > 0 && i >= 0 {
				text = text[i+2:]
			}
			c.object(n.Pipe.Cmds[0], len(text), "range goes through lists, maps and numbers, not "+value.WithArticle(), "")
		}
		for i, v := range n.Pipe.Decl { // an element; of two variables the second
			s := unknown
			if i == len(n.Pipe.Decl)-1 {
				s = inside
			}
			c.assigned[v.Ident[0]] = c.assigned[v.Ident[0]] || n.Pipe.IsAssign
			c.vars = append(c.vars, templateVar{v.Ident[0], s})
		}
	} else {
		c.declare(n.Pipe, value)
	}
	declared := len(c.vars)
	c.list(n.List, inside)
	c.vars = c.vars[:declared]
	c.list(n.ElseList, dot)
	c.vars = c.vars[:depth]
}

func (c *templateChecker) declare(pipe *parse.PipeNode, s *shape.Schema) {
	for _, v := range pipe.Decl {
		c.assigned[v.Ident[0]] = c.assigned[v.Ident[0]] || pipe.IsAssign
		c.vars = append(c.vars, templateVar{v.Ident[0], s})
	}
}

func (c *templateChecker) pipe(pipe *parse.PipeNode, dot *shape.Schema) *shape.Schema {
	var s *shape.Schema
	for _, command := range pipe.Cmds {
		s = c.command(command, dot, s)
	}
	return s
}

// command is given the value that is piped into it; nil for the first.
func (c *templateChecker) command(n *parse.CommandNode, dot, piped *shape.Schema) *shape.Schema {
	function, isFunc := n.Args[0].(*parse.IdentifierNode)
	if !isFunc {
		s := c.value(n.Args[0], dot)
		for _, arg := range n.Args[1:] {
			c.value(arg, dot)
		}
		text := n.Args[0].String()
		switch {
		case n.Args[0].Type() == parse.NodeNil:
			c.object(n.Args[0], len(text), "nil is no value to print", "")
		case len(n.Args) == 1 && piped == nil:
			return s
		case s.Kind != shape.Any:
			c.object(n.Args[0], len(text), text+" is no function, and takes no arguments", "")
		}
		return unknown
	}
	var args []*shape.Schema
	for _, arg := range n.Args[1:] {
		args = append(args, c.value(arg, dot))
	}
	if piped != nil {
		args = append(args, piped)
	}
	return c.call(function, n.Args[1:], args)
}

// call checks how a function is called and knows what it gives. Of what is piped
// into it there is a shape but no node.
func (c *templateChecker) call(function *parse.IdentifierNode, nodes []parse.Node, args []*shape.Schema) *shape.Schema {
	f := findTemplateFunc(function.Ident)
	if f == nil {
		if function.Ident == "call" {
			c.object(function, len("call"), "there are no functions to call in a record", "")
		}
		return unknown
	}
	c.calls[f.name] = true
	if least, most := f.count(); len(args) < least || most >= 0 && len(args) > most {
		wants := quantity(least, "argument")
		if most < 0 {
			wants += " or more"
		}
		c.object(function, len(f.name), fmt.Sprintf("%s wants %s, not %d", f.name, wants, len(args)), "it is "+f.usage())
		return f.result
	}
	misused := func(i int, msg string) *shape.Schema {
		var at parse.Node = function
		length := len(f.name)
		if i < len(nodes) {
			if text := constant(nodes[i]); text != "" {
				at, length = nodes[i], len(text)
			}
		}
		c.object(at, length, msg, "it is "+f.usage())
		return f.result
	}
	for i, s := range args {
		name := f.argument(i)
		wanted := argKinds[name]
		switch {
		case wanted == shape.Any:
		case wanted != shape.List && i < len(nodes) && nodes[i].Type() == parse.NodeNil:
			return misused(i, fmt.Sprintf("%s wants %s as %s, not nil", f.name, kindNames[wanted], name))
		case s.Kind != shape.Any && s.Kind != wanted:
			return misused(i, fmt.Sprintf("%s wants %s as %s, not %s", f.name, kindNames[wanted], name, s.WithArticle()))
		}
	}
	if wrong, at := builtinMisuse(f.name, args); wrong != "" {
		return misused(at, wrong)
	}
	text, isText := (*parse.StringNode)(nil), false
	if len(nodes) > 0 {
		text, isText = nodes[0].(*parse.StringNode)
	}
	switch {
	case isText && f.first != nil:
		if err := f.first(text.Text); err != nil {
			c.object(text, len(text.Quoted), f.name+": "+err.Error(), "")
		}
	case isText && f.name == "pluck" && len(args) == 2 && args[1].Kind == shape.List:
		return listOf(c.fields(text, args[1].Elem, []string{text.Text}))
	case f.name == "index":
		s := args[0]
		for range args[1:] {
			if s.Kind != shape.List && s.Kind != shape.Map {
				return unknown
			}
			s = s.Elem
		}
		return s
	}
	return f.result
}

// object keeps a function that is called as it cannot be.
func (c *templateChecker) object(at parse.Node, length int, msg, hint string) {
	c.faults = append(c.faults, templateFault{
		misuse: &caret.Error{Offset: int(at.Position()), Length: length, Msg: msg, Hint: hint},
		action: actionAt(c.text, int(at.Position())),
	})
}

var kindNames = map[shape.Kind]string{shape.String: "text", shape.Number: "a number", shape.List: "a list"}

// constant is a constant as it is written; "" for all else.
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

func (c *templateChecker) value(node parse.Node, dot *shape.Schema) *shape.Schema {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(n, dot, n.Ident)
	case *parse.VariableNode:
		for i := len(c.vars) - 1; i >= 0; i-- {
			if c.vars[i].name == n.Ident[0] && !c.assigned[n.Ident[0]] {
				return c.fields(n, c.vars[i].shape, n.Ident[1:])
			}
		}
	case *parse.ChainNode:
		return c.fields(n, c.value(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.IdentifierNode: // a function without arguments
		return c.call(n, nil, nil)
	case *parse.StringNode:
		return someString
	case *parse.NumberNode:
		return someNumber
	case *parse.BoolNode:
		return someBool
	}
	return unknown
}

func (c *templateChecker) fields(at parse.Node, s *shape.Schema, names []string) *shape.Schema {
	for _, name := range names {
		if s.GoType() != nil {
			if _, ok := reflect.PointerTo(s.GoType()).MethodByName(name); ok {
				return unknown
			}
		}
		var wrong *shape.NoField
		if s, wrong = s.Field(name); wrong != nil {
			c.faults = append(c.faults, templateFault{mistake: wrong, action: actionAt(c.text, int(at.Position()))})
			return unknown
		}
	}
	return s
}
