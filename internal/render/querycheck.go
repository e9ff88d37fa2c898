package render

import "github.com/jmespath-community/go-jmespath/pkg/parsing"

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
