package expr

import "muster/internal/render/shape"

// Schemas of the values that expressions make themselves.
var (
	unknown    = &shape.Schema{}
	someString = &shape.Schema{Kind: shape.String}
	someNumber = &shape.Schema{Kind: shape.Number}
	someBool   = &shape.Schema{Kind: shape.Bool}
)

func listOf(s *shape.Schema) *shape.Schema { return &shape.Schema{Kind: shape.List, Elem: s} }

// either is the schema of a value that is of schema a or of schema b.
func either(a, b *shape.Schema) *shape.Schema {
	if a == b || a.Kind == b.Kind && (a.IsScalar() || a.GoType() != nil && a.GoType() == b.GoType()) {
		return a
	}
	return unknown
}
