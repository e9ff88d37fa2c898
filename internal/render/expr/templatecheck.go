package expr

import (
	"reflect"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"muster/internal/render/caret"
	"muster/internal/render/shape"
)

// findings is the result of a check of a template.
type findings struct {
	faults []templateFault
	calls  map[string]bool // names of the functions that the template calls
}

// templateFault is a part of a template that fails if the template runs it. It is one
// of two.
type templateFault struct {
	access *shape.NoField // a field that cannot exist
	misuse *caret.Error   // a function with wrong arguments; without Flag and Text
	action int            // number of the action with the fault, from 1
}

// checkTemplate checks a template and the templates that it defines. The dot of those is
// unknown.
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
	for range 2 { // the first round finds the variables that are assigned to
		c.vars, c.faults = []templateVar{{"$", dot}}, before
		c.list(tree.Root, dot)
	}
}

type templateChecker struct {
	template *template.Template
	text     string
	vars     []templateVar
	assigned map[string]bool // variables whose value depends on the branches that run
	findings
}

type templateVar struct {
	name   string
	schema *shape.Schema
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
				c.misuse(n, len(strconv.Quote(n.Name)), "no template "+n.Name+" is defined", "")
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

// branch checks an if, with or range. Its variables end with it. inner is the dot within,
// from the schema of the pipeline.
func (c *templateChecker) branch(n *parse.BranchNode, dot *shape.Schema, inner func(*shape.Schema) *shape.Schema) {
	depth := len(c.vars)
	value := c.pipe(n.Pipe, dot)
	inside := inner(value)
	if n.NodeType == parse.NodeRange {
		c.declareRange(n.Pipe, value, inside)
	} else {
		c.declare(n.Pipe, value)
	}
	declared := len(c.vars)
	c.list(n.List, inside)
	c.vars = c.vars[:declared]
	c.list(n.ElseList, dot)
	c.vars = c.vars[:depth]
}

// declareRange declares the variables of a range over value. The last one holds the
// element.
func (c *templateChecker) declareRange(pipe *parse.PipeNode, value, element *shape.Schema) {
	if value.Kind == shape.String || value.Kind == shape.Bool || value.Kind == shape.Object {
		text := pipe.String()
		if i := strings.LastIndex(text, "= "); len(pipe.Decl) > 0 && i >= 0 {
			text = text[i+2:]
		}
		c.misuse(pipe.Cmds[0], len(text), "range needs a list, a map or a number, not "+value.WithArticle(), "")
	}
	for i, v := range pipe.Decl {
		s := unknown
		if i == len(pipe.Decl)-1 {
			s = element
		}
		c.assigned[v.Ident[0]] = c.assigned[v.Ident[0]] || pipe.IsAssign
		c.vars = append(c.vars, templateVar{v.Ident[0], s})
	}
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

// command is the schema of a command's result. piped is the schema of the value that is
// piped into it; nil for the first command.
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
			c.misuse(n.Args[0], len(text), "nil cannot be printed", "")
		case len(n.Args) == 1 && piped == nil:
			return s
		case s.Kind != shape.Any:
			c.misuse(n.Args[0], len(text), text+" is not a function and takes no arguments", "")
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

func (c *templateChecker) value(node parse.Node, dot *shape.Schema) *shape.Schema {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(n, dot, n.Ident)
	case *parse.VariableNode:
		for i := len(c.vars) - 1; i >= 0; i-- {
			if c.vars[i].name == n.Ident[0] && !c.assigned[n.Ident[0]] {
				return c.fields(n, c.vars[i].schema, n.Ident[1:])
			}
		}
	case *parse.ChainNode:
		return c.fields(n, c.value(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.IdentifierNode: // a call without arguments
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
			c.faults = append(c.faults, templateFault{access: wrong, action: actionAt(c.text, int(at.Position()))})
			return unknown
		}
	}
	return s
}
