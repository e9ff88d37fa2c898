package expr

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/jmespath"
	"muster/internal/names"
	"muster/internal/render/caret"
	"muster/internal/render/shape"
)

// checkQuery finds calls of functions that cannot work, and accesses to fields that no
// record has.
func checkQuery(node *jmespath.Node, text string, root *shape.Schema) error {
	c := queryChecker{text: text, root: root}
	if node.Kind == jmespath.Reference {
		c.report(node, 1, errExpression.Error(), "")
	}
	c.calls(node)
	if c.first == nil {
		c.node(node, c.root)
	}
	if c.first != nil {
		return c.first
	}
	return nil
}

// queryChecker infers schemas as jqChecker does.
type queryChecker struct {
	text     string
	root     *shape.Schema
	fallback bool         // the query replaces a missing field by another value
	first    *caret.Error // the first mistake
}

func (c *queryChecker) report(n *jmespath.Node, length int, msg, hint string) {
	if c.first == nil {
		c.first = &caret.Error{Flag: queryFlag, Text: c.text, Offset: n.Offset, Length: length, Msg: msg, Hint: hint}
	}
}

// calls checks the names and the numbers of arguments of all functions.
func (c *queryChecker) calls(n *jmespath.Node) {
	if n.Kind == jmespath.Call {
		least, variadic, ok := jmespath.Arity(n.Name)
		switch count := len(n.Children); {
		case !ok:
			c.report(n, len(n.Name), "unknown function "+n.Name, names.Suggest(n.Name, jmespath.Functions()))
		case variadic && count < least:
			c.report(n, len(n.Name), fmt.Sprintf("%s takes at least %s, not %d", n.Name, quantity(least, "argument"), count), "")
		case !variadic && count != least:
			c.report(n, len(n.Name), fmt.Sprintf("%s takes %s, not %d", n.Name, quantity(least, "argument"), count), "")
		}
	}
	for _, child := range n.Children {
		c.calls(child)
	}
}

func (c *queryChecker) node(n *jmespath.Node, dot *shape.Schema) *shape.Schema {
	child := func(i int, s *shape.Schema) *shape.Schema { return c.node(n.Children[i], s) }
	strictly := func(i int, s *shape.Schema) *shape.Schema { return c.within(false, n.Children[i], s) }
	switch n.Kind {
	case jmespath.Current, jmespath.Slice:
		return dot
	case jmespath.Field:
		return c.field(n, dot)
	case jmespath.Chain, jmespath.IndexChain:
		for i := range n.Children {
			dot = child(i, dot)
		}
		return dot
	case jmespath.Projection:
		return listOf(child(1, items(child(0, dot))))
	case jmespath.FilterProjection:
		item := items(child(0, dot))
		strictly(2, item)
		return listOf(child(1, item))
	case jmespath.ValueProjection:
		left := child(0, dot)
		if left.Kind == shape.Map {
			return listOf(child(1, left.Elem))
		}
		return listOf(child(1, unknown))
	case jmespath.Flatten:
		left := child(0, dot)
		if item := items(left); item.Kind == shape.List {
			return item
		} else if item.Kind != shape.Any {
			return left
		}
	case jmespath.Index:
		return items(dot)
	case jmespath.List, jmespath.Hash:
		for i := range n.Children {
			child(i, dot)
		}
	case jmespath.Comparison, jmespath.Not:
		for i := range n.Children {
			strictly(i, dot)
		}
		return someBool
	case jmespath.Or:
		return either(c.within(true, n.Children[0], dot), child(1, dot))
	case jmespath.And:
		return either(child(0, dot), child(1, dot))
	case jmespath.Call:
		return c.call(n, dot)
	}
	return unknown
}

// field is the schema of a field. null, true and false without backticks are names of
// fields too. Users of the AWS CLI write [?Tags.env==null] for records without the tag.
func (c *queryChecker) field(n *jmespath.Node, dot *shape.Schema) *shape.Schema {
	s, wrong := dot.Field(n.Name)
	switch {
	case wrong == nil:
		return s
	case c.fallback || n.Name == "null" || n.Name == "true" || n.Name == "false":
		return unknown
	}
	msg, hint := wrong.Explain(shape.Paths{Each: "go through it with [] first", ByKey: "write [?%s=='%s'].%s behind the list"})
	switch {
	case dot == c.root && n.Name == "Reservations":
		msg, hint = "no field Reservations", "records are flat: use [].InstanceId"
	case dot == c.root && slices.Contains(itemFields(dot), n.Name):
		hint = "write []." + n.Name
	case dot == c.root && len(itemFields(dot)) > 0:
		hint = "the query starts at the list of records, as in []." + itemFields(dot)[0]
	case dot == someBool && strings.Contains(c.text[:n.Offset], "!"):
		hint = "! applies to the part before the dot; write !(Tags.env)"
	}
	length := len(n.Name)
	if c.text[n.Offset] == '"' {
		length += 2
	}
	c.report(n, length, msg, hint)
	return unknown
}

// itemFields are the fields of a list's items; nil for what is no list of objects.
func itemFields(s *shape.Schema) []string {
	if s == nil || s.Kind != shape.List || s.Elem == nil {
		return nil
	}
	return s.Elem.FieldNames()
}

// within is node, where fallback says whether the query replaces a missing field.
func (c *queryChecker) within(fallback bool, n *jmespath.Node, dot *shape.Schema) *shape.Schema {
	before := c.fallback
	c.fallback = fallback
	s := c.node(n, dot)
	c.fallback = before
	return s
}

// call checks the arguments of a function, and is the schema of its result. An
// &expression sees the items of the list that is the other argument.
func (c *queryChecker) call(n *jmespath.Node, dot *shape.Schema) *shape.Schema {
	args := make([]*shape.Schema, len(n.Children))
	list := unknown
	for i, arg := range n.Children {
		if arg.Kind != jmespath.Reference {
			args[i] = c.within(n.Name == "not_null" && len(args) > 1, arg, dot)
			list = args[i]
		}
	}
	for i, arg := range n.Children {
		if arg.Kind == jmespath.Reference {
			args[i] = c.within(false, arg.Children[0], items(list))
		}
	}
	switch n.Name {
	case "sort", "sort_by", "reverse":
		if list.Kind == shape.List {
			return list
		}
	case "max_by", "min_by":
		return items(list)
	case "map":
		return listOf(args[0])
	case "length", "sum", "avg", "abs", "ceil", "floor":
		return someNumber
	case "join", "to_string", "type":
		return someString
	case "contains", "starts_with", "ends_with":
		return someBool
	}
	return unknown
}

// items is the schema of a list's items.
func items(s *shape.Schema) *shape.Schema {
	if s.Kind == shape.List {
		return s.Elem
	}
	return unknown
}
