package render

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"
	"muster/internal/render/shape"
)

// checkJQ infers what shape each part of a filter has and finds accesses that can give
// nothing, if the filter gets to them: jqTrial tells. It knows little on purpose: wherever
// jq could have made something else of the value, the shape is unknown and nothing is
// objected to. format is the first one, as @json, that there is not.
func checkJQ(filter *gojq.Query, input *shape.Schema) (found []jqFinding, format string) {
	c := jqChecker{defined: map[string]bool{}}
	c.query(filter, input)
	return c.found, c.format
}

// jqFinding is an access that can give nothing.
type jqFinding struct {
	*shape.NoField
	spot spot
}

// spot is where in a filter an access is. It puts a call of a function, without
// arguments, in the place of the access.
type spot func(call *gojq.Query)

// spotOf is the suffix at i of a term; -1 is the term without suffixes.
func spotOf(t *gojq.Term, i int) spot {
	return func(call *gojq.Query) {
		rest := t.SuffixList[i+1:]
		if i >= 0 {
			before := *t
			before.SuffixList = t.SuffixList[:i]
			call = &gojq.Query{Left: &gojq.Query{Term: &before}, Op: gojq.OpPipe, Right: call}
		}
		*t = gojq.Term{Type: gojq.TermTypeQuery, Query: call, SuffixList: rest}
	}
}

// jqFormats are those that gojq looks for when the filter runs.
var jqFormats = []string{"@text", "@json", "@html", "@uri", "@urid", "@csv", "@tsv", "@sh", "@base64", "@base64d"}

type jqChecker struct {
	defined map[string]bool // functions that the filter defines; they may hide built-in ones
	lenient int             // within try, ? or the left of //, where an error is no mistake
	found   []jqFinding
	format  string
}

func (c *jqChecker) object(m *shape.NoField, at spot) *shape.Schema {
	if c.lenient == 0 || m.In.Kind == shape.Object {
		c.found = append(c.found, jqFinding{m, at})
	}
	return unknown
}

// leniently runs a check where errors of the filter are caught.
func (c *jqChecker) leniently(check func() *shape.Schema) *shape.Schema {
	c.lenient++
	defer func() { c.lenient-- }()
	return check()
}

func (c *jqChecker) query(q *gojq.Query, dot *shape.Schema) *shape.Schema {
	if q == nil {
		return unknown
	}
	for _, f := range q.FuncDefs {
		c.defined[f.Name] = true
	}
	switch {
	case q.Term != nil:
		return c.term(q.Term, dot)
	case q.Right == nil:
		return dot
	case len(q.Patterns) > 0: // left as $pattern | right
		c.query(q.Left, dot)
		return c.query(q.Right, dot)
	}
	switch q.Op {
	case gojq.OpPipe:
		return c.query(q.Right, c.query(q.Left, dot))
	case gojq.OpComma:
		return either(c.query(q.Left, dot), c.query(q.Right, dot))
	case gojq.OpAlt:
		left := c.leniently(func() *shape.Schema { return c.query(q.Left, dot) })
		return either(left, c.query(q.Right, dot))
	case gojq.OpAssign, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		c.query(q.Right, dot) // the left side may be new
		return unknown
	case gojq.OpModify:
		return unknown
	case gojq.OpAnd, gojq.OpOr, gojq.OpEq, gojq.OpNe, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe:
		c.query(q.Left, dot)
		c.query(q.Right, dot)
		return someBool
	}
	c.query(q.Left, dot)
	c.query(q.Right, dot)
	return unknown
}

func (c *jqChecker) term(t *gojq.Term, dot *shape.Schema) *shape.Schema {
	caught := false
	for _, s := range t.SuffixList {
		caught = caught || s.Optional
	}
	if caught {
		c.lenient++
		defer func() { c.lenient-- }()
	}
	s := c.atom(t, dot)
	for i, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			s = c.index(suffix.Index, s, dot, spotOf(t, i))
		case suffix.Iter:
			s = c.items(s, spotOf(t, i))
		}
	}
	return s
}

// atom is a term without its suffixes.
func (c *jqChecker) atom(t *gojq.Term, dot *shape.Schema) *shape.Schema {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return dot
	case gojq.TermTypeTrue, gojq.TermTypeFalse:
		return someBool
	case gojq.TermTypeNumber:
		return someNumber
	case gojq.TermTypeIndex:
		return c.index(t.Index, dot, dot, spotOf(t, -1))
	case gojq.TermTypeFunc:
		return c.call(t.Func, dot, spotOf(t, -1))
	case gojq.TermTypeQuery:
		return c.query(t.Query, dot)
	case gojq.TermTypeUnary:
		c.term(t.Unary.Term, dot)
	case gojq.TermTypeObject:
		c.construct(t.Object, dot)
	case gojq.TermTypeArray:
		return listOf(c.query(t.Array.Query, dot))
	case gojq.TermTypeString, gojq.TermTypeFormat:
		if t.Format != "" && c.format == "" && !slices.Contains(jqFormats, t.Format) {
			c.format = t.Format
		}
		c.text(t.Str, dot)
		return someString
	case gojq.TermTypeIf:
		return c.condition(t.If, dot)
	case gojq.TermTypeTry:
		s := c.leniently(func() *shape.Schema { return c.query(t.Try.Body, dot) })
		if t.Try.Catch == nil {
			return s
		}
	case gojq.TermTypeReduce:
		c.query(t.Reduce.Query, dot)
		c.query(t.Reduce.Start, dot)
	case gojq.TermTypeForeach:
		c.query(t.Foreach.Query, dot)
		c.query(t.Foreach.Start, dot)
	case gojq.TermTypeLabel:
		return c.query(t.Label.Body, dot)
	}
	return unknown
}

func (c *jqChecker) text(s *gojq.String, dot *shape.Schema) {
	if s != nil {
		for _, q := range s.Queries {
			c.query(q, dot)
		}
	}
}

func (c *jqChecker) construct(o *gojq.Object, dot *shape.Schema) {
	for _, kv := range o.KeyVals {
		c.query(kv.KeyQuery, dot)
		c.text(kv.KeyString, dot)
		switch {
		case kv.Val != nil:
			c.query(kv.Val, dot)
		case kv.KeyString != nil && kv.KeyString.Queries == nil:
			c.field(dot, kv.KeyString.Str, func(call *gojq.Query) { kv.Val = call })
		case kv.Key != "" && !strings.HasPrefix(kv.Key, "$"):
			c.field(dot, kv.Key, func(call *gojq.Query) { kv.Val = call })
		}
	}
}

func (c *jqChecker) condition(n *gojq.If, dot *shape.Schema) *shape.Schema {
	c.query(n.Cond, dot)
	s := c.query(n.Then, dot)
	for _, elif := range n.Elif {
		c.query(elif.Cond, dot)
		s = either(s, c.query(elif.Then, dot))
	}
	if n.Else == nil {
		return either(s, dot)
	}
	return either(s, c.query(n.Else, dot))
}

func (c *jqChecker) field(s *shape.Schema, name string, at spot) *shape.Schema {
	inner, wrong := s.Field(name)
	if wrong != nil {
		return c.object(wrong, at)
	}
	return inner
}

// items is the shape that .[] gives.
func (c *jqChecker) items(s *shape.Schema, at spot) *shape.Schema {
	switch {
	case s.Kind == shape.List || s.Kind == shape.Map:
		return s.Elem
	case s.IsScalar():
		return c.object(&shape.NoField{In: s}, at)
	}
	return unknown
}

func (c *jqChecker) index(n *gojq.Index, s, dot *shape.Schema, at spot) *shape.Schema {
	if n.Name != "" {
		return c.field(s, n.Name, at)
	}
	c.text(n.Str, dot)
	c.query(n.Start, dot)
	c.query(n.End, dot)
	switch name, constant := constantKey(n); {
	case constant:
		return c.field(s, name, at)
	case n.IsSlice && (s.Kind == shape.List || s.Kind == shape.String):
		return s
	case s.Kind == shape.Map:
		return s.Elem
	case s.Kind == shape.List && n.Start != nil && n.Start.Term != nil && n.Start.Term.Type == gojq.TermTypeNumber:
		return s.Elem
	}
	return unknown
}

// constantKey is the name in ."name" and .["name"].
func constantKey(n *gojq.Index) (string, bool) {
	s := n.Str
	if s == nil && !n.IsSlice && n.Start != nil && n.Start.Term != nil && len(n.Start.Term.SuffixList) == 0 {
		s = n.Start.Term.Str
		if n.Start.Term.Type != gojq.TermTypeString {
			return "", false
		}
	}
	if s == nil || s.Queries != nil {
		return "", false
	}
	return s.Str, true
}

// call knows the functions of which it is certain what their arguments see and
// what they give.
func (c *jqChecker) call(f *gojq.Func, dot *shape.Schema, at spot) *shape.Schema {
	if c.defined[f.Name] || strings.HasPrefix(f.Name, "$") {
		return unknown
	}
	switch len(f.Args) {
	case 0:
		switch f.Name {
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
	case 1:
		arg := f.Args[0]
		switch f.Name {
		case "select", "first", "last":
			s := c.query(arg, dot)
			if f.Name == "select" {
				return dot
			}
			return s
		case "map":
			return listOf(c.query(arg, c.items(dot, at)))
		case "sort_by", "unique_by":
			c.query(arg, c.items(dot, at))
			return dot
		case "group_by":
			c.query(arg, c.items(dot, at))
			return listOf(dot)
		case "min_by", "max_by":
			s := c.items(dot, at)
			c.query(arg, s)
			return s
		case "any", "all":
			c.query(arg, c.items(dot, at))
			return someBool
		case "isempty", "test", "startswith", "endswith", "contains", "inside", "has":
			c.query(arg, dot)
			return someBool
		case "join":
			c.query(arg, dot)
			return someString
		case "ltrimstr", "rtrimstr": // which leave alone what is no text
			c.query(arg, dot)
			return dot
		case "split":
			c.query(arg, dot)
			return listOf(someString)
		case "del", "pick", "add", "error", "index", "rindex", "indices":
			c.query(arg, dot)
		}
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
