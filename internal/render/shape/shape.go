// Package shape describes records before there is one: their fields, in order, with
// the types of their values. Formats check the user's field names against a Schema,
// and then read records along it.
//
// A Schema is plain data. SchemaOf derives one from a Go type; other sources of
// records can build theirs from their own descriptions. Formats read a record only
// through the methods of Value, so that a new kind of record needs a change there and
// in no format.
package shape

import "slices"

// Schema describes a value. Schemas are shared and may contain themselves, so nothing
// changes one after it has been built.
type Schema struct {
	Kind   Kind
	Format Format            // of a String
	Elem   *Schema           // the items of a List, the values of a Map
	Fields []Field           // of an Object, in the order of the output
	Absent map[string]string // fields that users expect in an Object but that it lacks, each with a hint

	goType goType
}

// Field is a member of an Object.
type Field struct {
	Name     string // ASCII that JSON needs no escape for
	Schema   *Schema
	Optional bool // records without a value lack the field

	index []int // the path of the field within the Go struct, as reflect.Value.FieldByIndex takes it
}

// Kind is a type of JSON, apart from null: any value of any kind may be missing.
type Kind int

// Any, the zero Kind, leaves the type open until there is a value.
const (
	Any Kind = iota
	String
	Number
	Bool
	List
	Map    // keys are strings that no schema knows
	Object // its Fields are known
)

// Format says how a value that is not text becomes the text of a String.
type Format int

// Text needs no conversion. The others are written as the AWS CLI writes them.
const (
	Text Format = iota
	Timestamp
	Blob     // base64
	TimeText // a time that is a text already: RFC 3339, or empty
)

// String names the type for users, as in "list of strings".
func (s *Schema) String() string {
	switch s.Kind {
	case String:
		return "string"
	case Number:
		return "number"
	case Bool:
		return "bool"
	case List:
		return "list of " + s.Elem.String() + "s"
	case Map:
		return "map of " + s.Elem.String() + "s"
	case Object:
		return "object"
	}
	return "any"
}

// WithArticle is String with "a" or "an" in front.
func (s *Schema) WithArticle() string {
	if s.Kind == Object || s.Kind == Any {
		return "an " + s.String()
	}
	return "a " + s.String()
}

// IsScalar reports whether values are strings, numbers or bools.
func (s *Schema) IsScalar() bool { return s.Kind == String || s.Kind == Number || s.Kind == Bool }

// IsScalarList reports whether values are lists of scalars.
func (s *Schema) IsScalarList() bool { return s.Kind == List && s.Elem.IsScalar() }

// FieldNames lists the names of an Object's fields.
func (s *Schema) FieldNames() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// FieldInfo describes a field for help and completion.
type FieldInfo struct {
	Path string // as --columns takes it: "NetworkInterfaces.SubnetId"
	Type string // "string", "number", "bool", "any", "object", "list of strings", "map of strings", "list of objects", ...
}

// AllFields lists the fields of an Object, each followed by the fields nested in it. A
// nil schema has none.
func (s *Schema) AllFields() []FieldInfo {
	var infos []FieldInfo
	s.Walk(func(path string, steps []Field) {
		infos = append(infos, FieldInfo{path, steps[len(steps)-1].Schema.String()})
	})
	return infos
}

// Walk calls f for each field, also for those nested in objects and lists of objects.
// The last of steps is the field; the others lead to it.
func (s *Schema) Walk(f func(path string, steps []Field)) {
	var walk func(s *Schema, prefix string, steps []Field, outer []*Schema)
	walk = func(s *Schema, prefix string, steps []Field, outer []*Schema) {
		if slices.Contains(outer, s) { // an object that may contain objects of its own type
			return
		}
		outer = append(slices.Clip(outer), s)
		for _, field := range s.Fields {
			steps := append(slices.Clip(steps), field)
			f(prefix+field.Name, steps)
			inner := field.Schema
			for inner.Kind == List {
				inner = inner.Elem
			}
			walk(inner, prefix+field.Name+".", steps, outer)
		}
	}
	if s != nil {
		walk(s, "", nil, nil)
	}
}
