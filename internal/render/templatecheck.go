package render

import (
	"reflect"
	"text/template/parse"
)

// checkTemplate finds the first field that cannot exist. What a function gives, and
// the dot of a template defined inside, are not known.
func checkTemplate(tree *parse.Tree, record *shape) *mistake {
	c := templateChecker{assigned: map[string]bool{}}
	for range 2 { // the first time to learn which variables change
		c.vars, c.found = []templateVar{{"$", record}}, nil
		c.list(tree.Root, record)
	}
	return c.found
}

type templateChecker struct {
	vars     []templateVar
	assigned map[string]bool // variables whose value depends on the way taken
	found    *mistake
}

type templateVar struct {
	name  string
	shape *shape
}

func (c *templateChecker) list(list *parse.ListNode, dot *shape) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			c.declare(n.Pipe, c.pipe(n.Pipe, dot))
		case *parse.TemplateNode:
			if n.Pipe != nil {
				c.pipe(n.Pipe, dot)
			}
		case *parse.IfNode:
			c.branch(&n.BranchNode, dot, func(*shape) *shape { return dot })
		case *parse.WithNode:
			c.branch(&n.BranchNode, dot, func(s *shape) *shape { return s })
		case *parse.RangeNode:
			c.branch(&n.BranchNode, dot, func(s *shape) *shape {
				if s.kind == aList || s.kind == aMap {
					return s.elem
				}
				return unknown
			})
		}
	}
}

// branch checks both lists of an if, with or range, whose variables end with it.
func (c *templateChecker) branch(n *parse.BranchNode, dot *shape, inner func(*shape) *shape) {
	depth := len(c.vars)
	value := c.pipe(n.Pipe, dot)
	inside := inner(value)
	if n.NodeType == parse.NodeRange {
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

func (c *templateChecker) declare(pipe *parse.PipeNode, s *shape) {
	for _, v := range pipe.Decl {
		c.assigned[v.Ident[0]] = c.assigned[v.Ident[0]] || pipe.IsAssign
		c.vars = append(c.vars, templateVar{v.Ident[0], s})
	}
}

func (c *templateChecker) pipe(pipe *parse.PipeNode, dot *shape) *shape {
	s := unknown
	for i, command := range pipe.Cmds {
		s = c.command(command, dot, i > 0)
	}
	return s
}

func (c *templateChecker) command(n *parse.CommandNode, dot *shape, piped bool) *shape {
	first, isFunc := n.Args[0].(*parse.IdentifierNode)
	var args []*shape
	for i, arg := range n.Args {
		if i > 0 || !isFunc {
			args = append(args, c.value(arg, dot))
		}
	}
	switch {
	case !isFunc && len(args) == 1 && !piped:
		return args[0]
	case isFunc && first.Ident == "index" && len(args) > 0 && !piped:
		s := args[0]
		for range args[1:] {
			if s.kind != aList && s.kind != aMap {
				return unknown
			}
			s = s.elem
		}
		return s
	}
	return unknown
}

func (c *templateChecker) value(node parse.Node, dot *shape) *shape {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(dot, n.Ident)
	case *parse.VariableNode:
		for i := len(c.vars) - 1; i >= 0; i-- {
			if c.vars[i].name == n.Ident[0] && !c.assigned[n.Ident[0]] {
				return c.fields(c.vars[i].shape, n.Ident[1:])
			}
		}
	case *parse.ChainNode:
		return c.fields(c.value(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	}
	return unknown
}

func (c *templateChecker) fields(s *shape, names []string) *shape {
	for _, name := range names {
		if s.typ != nil {
			if _, ok := reflect.PointerTo(s.typ).MethodByName(name); ok {
				return unknown
			}
		}
		var wrong *mistake
		if s, wrong = s.field(name); wrong != nil {
			if c.found == nil {
				c.found = wrong
			}
			return unknown
		}
	}
	return s
}
