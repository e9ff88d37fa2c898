package expr

import (
	"strings"

	"github.com/itchyny/gojq"

	"muster/internal/render/shape"
)

// call is the schema of a function's result, and checks its arguments. It covers
// only functions with a certain input for their arguments. Functions that the filter
// defines are unknown.
func (c *jqChecker) call(f *gojq.Func, dot *shape.Schema, replace replacer) *shape.Schema {
	if c.defined[f.Name] || strings.HasPrefix(f.Name, "$") {
		return unknown
	}
	switch len(f.Args) {
	case 0:
		return resultOf(f.Name, dot)
	case 1:
		return c.call1(f.Name, f.Args[0], dot, replace)
	case 2:
		switch f.Name {
		case "limit", "skip":
			c.query(f.Args[0], dot)
			return c.query(f.Args[1], dot)
		case "any", "all":
			c.query(f.Args[1], c.query(f.Args[0], dot))
			return someBool
		}
	}
	return unknown
}

// resultOf is the schema of the result of a function without arguments.
func resultOf(function string, dot *shape.Schema) *shape.Schema {
	switch function {
	case "not", "any", "all":
		return someBool
	case "length":
		return someNumber
	case "type", "tostring", "tojson", "ascii_downcase", "ascii_upcase":
		return someString
	case "values", "scalars", "strings", "objects", "arrays":
		return dot
	case "sort", "unique", "reverse":
		if dot.Kind == shape.List {
			return dot
		}
	case "first", "last":
		if dot.Kind == shape.List {
			return dot.Elem
		}
	}
	return unknown
}

// call1 is call for a function with one argument.
func (c *jqChecker) call1(function string, arg *gojq.Query, dot *shape.Schema, replace replacer) *shape.Schema {
	switch function {
	case "select":
		c.query(arg, dot)
		return dot
	case "first", "last":
		return c.query(arg, dot)
	case "map":
		return listOf(c.query(arg, c.items(dot, replace)))
	case "sort_by", "unique_by":
		c.query(arg, c.items(dot, replace))
		return dot
	case "group_by":
		c.query(arg, c.items(dot, replace))
		return listOf(dot)
	case "min_by", "max_by":
		item := c.items(dot, replace)
		c.query(arg, item)
		return item
	case "any", "all":
		c.query(arg, c.items(dot, replace))
		return someBool
	case "isempty", "test", "startswith", "endswith", "contains", "inside", "has":
		c.query(arg, dot)
		return someBool
	case "join":
		c.query(arg, dot)
		return someString
	case "ltrimstr", "rtrimstr": // they return values that are not strings unchanged
		c.query(arg, dot)
		return dot
	case "split":
		c.query(arg, dot)
		return listOf(someString)
	case "del", "pick", "add", "error", "index", "rindex", "indices":
		c.query(arg, dot)
	}
	return unknown
}
