package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jmespath-community/go-jmespath/pkg/functions"
	"github.com/jmespath-community/go-jmespath/pkg/parsing"

	"muster/internal/names"
)

// queryChecker infers shapes over a JMESPath's tree, as jqChecker does.
type queryChecker struct {
	root  *shape
	found *mistake
}

func (c *queryChecker) node(n parsing.ASTNode, dot *shape) *shape {
	child := func(i int, s *shape) *shape {
		if i < len(n.Children) {
			return c.node(n.Children[i], s)
		}
		return unknown
	}
	switch n.NodeType {
	case parsing.ASTIdentity, parsing.ASTCurrentNode:
		return dot
	case parsing.ASTRootNode:
		return c.root
	case parsing.ASTField:
		name, _ := n.Value.(string)
		s, wrong := dot.field(name)
		if wrong != nil && c.found == nil {
			c.found = wrong
		}
		return s
	case parsing.ASTSubexpression, parsing.ASTIndexExpression:
		return child(1, child(0, dot))
	case parsing.ASTPipe:
		for i := range n.Children {
			dot = child(i, dot)
		}
		return dot
	case parsing.ASTProjection:
		left := child(0, dot)
		if left.kind == aString { // a slice of a string
			return left
		}
		return listOf(child(1, items(left)))
	case parsing.ASTFilterProjection:
		item := items(child(0, dot))
		child(2, item)
		return listOf(child(1, item))
	case parsing.ASTValueProjection:
		left := child(0, dot)
		if left.kind == aMap {
			return listOf(child(1, left.elem))
		}
		return listOf(child(1, unknown))
	case parsing.ASTFlatten:
		left := child(0, dot)
		if item := items(left); item.kind == aList {
			return item
		} else if item.kind != anything {
			return left
		}
	case parsing.ASTIndex:
		return items(dot)
	case parsing.ASTSlice:
		return dot
	case parsing.ASTMultiSelectList, parsing.ASTMultiSelectHash, parsing.ASTKeyValPair:
		s := unknown
		for i := range n.Children {
			s = child(i, dot)
		}
		if n.NodeType == parsing.ASTKeyValPair {
			return s
		}
	case parsing.ASTComparator, parsing.ASTNotExpression:
		for i := range n.Children {
			child(i, dot)
		}
		return someBool
	case parsing.ASTOrExpression, parsing.ASTAndExpression:
		return same(child(0, dot), child(1, dot))
	case parsing.ASTArithmeticExpression, parsing.ASTArithmeticUnaryExpression:
		for i := range n.Children {
			child(i, dot)
		}
		return someNumber
	case parsing.ASTFunctionExpression:
		return c.call(n, dot)
	}
	return unknown
}

// call checks a function's arguments; an &expression sees the items of the list beside it.
func (c *queryChecker) call(n parsing.ASTNode, dot *shape) *shape {
	args := make([]*shape, len(n.Children))
	list := unknown
	for i, arg := range n.Children {
		if arg.NodeType != parsing.ASTExpRef {
			args[i] = c.node(arg, dot)
			list = args[i]
		}
	}
	for i, arg := range n.Children {
		if arg.NodeType == parsing.ASTExpRef && len(arg.Children) == 1 {
			args[i] = c.node(arg.Children[0], items(list))
		}
	}
	switch n.Value {
	case "sort", "sort_by", "reverse":
		if list.kind == aList {
			return list
		}
	case "max_by", "min_by":
		return items(list)
	case "map":
		if len(args) > 0 {
			return listOf(args[0])
		}
	case "length", "sum", "avg", "abs", "ceil", "floor":
		return someNumber
	case "join", "lower", "upper", "to_string", "type":
		return someString
	case "contains", "starts_with", "ends_with":
		return someBool
	}
	return unknown
}

// items is the shape of a list's items.
func items(s *shape) *shape {
	if s.kind == aList {
		return s.elem
	}
	return unknown
}

// queryMisuse finds the first function that does not exist, or is given too few or
// too many arguments.
func queryMisuse(flag, text string, node parsing.ASTNode, known []functions.FunctionEntry) error {
	var find func(n parsing.ASTNode) (name, wrong string)
	find = func(n parsing.ASTNode) (name, wrong string) {
		if name, _ := n.Value.(string); n.NodeType == parsing.ASTFunctionExpression {
			i := slices.IndexFunc(known, func(f functions.FunctionEntry) bool { return f.Name == name })
			if i < 0 {
				return name, "unknown function " + name
			}
			if wrong := wrongCount(known[i].Arguments, len(n.Children)); wrong != "" {
				return name, name + " " + wrong
			}
		}
		for _, child := range n.Children {
			if name, wrong := find(child); name != "" {
				return name, wrong
			}
		}
		return "", ""
	}
	name, wrong := find(node)
	if name == "" {
		return nil
	}
	e := &Error{Flag: flag, Text: text, length: len(name), Msg: wrong}
	e.Offset = locate(text, name, func(text string) string {
		node, err := parseQuery(text)
		if err != nil {
			return ""
		}
		name, _ := find(node)
		return name
	})
	if strings.HasPrefix(wrong, "unknown") {
		fields := make([]string, len(known))
		for i, f := range known {
			fields[i] = f.Name
		}
		if near := names.Nearest(name, fields); near != "" {
			e.Hint = "did you mean " + near + "?"
		}
	}
	return e
}

// wrongCount is what is wrong with a number of arguments; "" if nothing.
func wrongCount(arguments []functions.ArgSpec, count int) string {
	least, most, more := 0, len(arguments), ""
	for _, a := range arguments {
		if !a.Optional {
			least++
		}
		if a.Variadic {
			most, more = count, " or more"
		}
	}
	switch {
	case count < least:
		return fmt.Sprintf("wants %s%s, not %d", quantity(least, "argument"), more, count)
	case count > most && least < most:
		return fmt.Sprintf("wants %s at most, not %d", quantity(most, "argument"), count)
	case count > most:
		return fmt.Sprintf("wants %s, not %d", quantity(most, "argument"), count)
	}
	return ""
}
