package expr

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"muster/internal/render/shape"
)

// checkJQ infers the schema that each part of a filter sees, and finds accesses to
// fields that no value of it has. They are mistakes only if the filter makes them, as
// JQ.check finds out. Where jq might have changed the value, the schema is unknown and
// any access is allowed. format is the first format string, such as @jsn, that jq does
// not know.
func checkJQ(filter *gojq.Query, input *shape.Schema) (found []jqFinding, format string) {
	c := jqChecker{defined: map[string]bool{}}
	c.query(filter, input)
	return c.found, c.format
}

// jqFinding is an access to a field that cannot exist.
type jqFinding struct {
	*shape.NoField
	replace replacer
}

// replacer puts a call of a function without arguments in place of an access.
type replacer func(call *gojq.Query)

// replaceSuffix replaces suffix i of a term, or for -1 the term in front of them.
func replaceSuffix(t *gojq.Term, i int) replacer {
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

// jqFormats lists the format strings, which gojq looks up only when a filter runs.
var jqFormats = []string{"@text", "@json", "@html", "@uri", "@urid", "@csv", "@tsv", "@sh", "@base64", "@base64d"}

type jqChecker struct {
	defined map[string]bool // functions that the filter defines, perhaps in place of built-in ones
	caught  int             // depth of try, ? and the left side of //, which hide errors
	found   []jqFinding
	format  string
}

func (c *jqChecker) report(m *shape.NoField, replace replacer) *shape.Schema {
	if c.caught == 0 || m.In.Kind == shape.Object {
		c.found = append(c.found, jqFinding{m, replace})
	}
	return unknown
}

// catching runs a check of a part whose errors the filter catches.
func (c *jqChecker) catching(check func() *shape.Schema) *shape.Schema {
	c.caught++
	defer func() { c.caught-- }()
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
		left := c.catching(func() *shape.Schema { return c.query(q.Left, dot) })
		return either(left, c.query(q.Right, dot))
	case gojq.OpAssign, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		c.query(q.Right, dot) // the left side may name a new field
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
	if slices.ContainsFunc(t.SuffixList, func(s *gojq.Suffix) bool { return s.Optional }) {
		c.caught++
		defer func() { c.caught-- }()
	}
	s := c.atom(t, dot)
	for i, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			s = c.index(suffix.Index, s, dot, replaceSuffix(t, i))
		case suffix.Iter:
			s = c.items(s, replaceSuffix(t, i))
		}
	}
	return s
}

// atom is the schema of a term without its suffixes.
func (c *jqChecker) atom(t *gojq.Term, dot *shape.Schema) *shape.Schema {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return dot
	case gojq.TermTypeTrue, gojq.TermTypeFalse:
		return someBool
	case gojq.TermTypeNumber:
		return someNumber
	case gojq.TermTypeIndex:
		return c.index(t.Index, dot, dot, replaceSuffix(t, -1))
	case gojq.TermTypeFunc:
		return c.call(t.Func, dot, replaceSuffix(t, -1))
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
		s := c.catching(func() *shape.Schema { return c.query(t.Try.Body, dot) })
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

func (c *jqChecker) field(s *shape.Schema, name string, replace replacer) *shape.Schema {
	inner, wrong := s.Field(name)
	if wrong != nil {
		return c.report(wrong, replace)
	}
	return inner
}

// items is the schema of what .[] gives.
func (c *jqChecker) items(s *shape.Schema, replace replacer) *shape.Schema {
	switch {
	case s.Kind == shape.List || s.Kind == shape.Map:
		return s.Elem
	case s.IsScalar():
		return c.report(&shape.NoField{In: s}, replace)
	}
	return unknown
}

func (c *jqChecker) index(n *gojq.Index, s, dot *shape.Schema, replace replacer) *shape.Schema {
	if n.Name != "" {
		return c.field(s, n.Name, replace)
	}
	c.text(n.Str, dot)
	c.query(n.Start, dot)
	c.query(n.End, dot)
	switch name, constant := constantKey(n); {
	case constant:
		return c.field(s, name, replace)
	case n.IsSlice && (s.Kind == shape.List || s.Kind == shape.String):
		return s
	case s.Kind == shape.Map:
		return s.Elem
	case s.Kind == shape.List && n.Start != nil && n.Start.Term != nil && n.Start.Term.Type == gojq.TermTypeNumber:
		return s.Elem
	}
	return unknown
}

// constantKey returns the name in ."name" and .["name"].
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
