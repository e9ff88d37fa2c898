package shape

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/names"
)

// anything is the schema of a value of unknown type.
var anything = &Schema{}

// Field is the schema of the field name of a value, or of the value of that key. A
// NoField reports that no value of the schema has such a field.
func (s *Schema) Field(name string) (*Schema, *NoField) {
	switch s.Kind {
	case Any:
		return anything, nil
	case Map:
		return s.Elem, nil
	case Object:
		for i := range s.Fields {
			if s.Fields[i].Name == name {
				return s.Fields[i].Schema, nil
			}
		}
	}
	return anything, &NoField{Name: name, In: s}
}

// NoField is an access to a field that no value of the schema In has. An empty Name is
// an access to all items of a value that is neither list, map nor object.
type NoField struct {
	Name string
	In   *Schema
}

// Paths say how the user's language reaches the items of a list: each of them, and the one
// with a key in a list of keys with values, as AWS writes tags. ByKey is a format for
// fmt.Sprintf: the name of the key's field, the key, the name of the value's field.
type Paths struct{ Each, ByKey string }

// Explain words the mistake. through has the hints for a field of a list's items.
func (n *NoField) Explain(through Paths) (msg, hint string) {
	record := n.In
	if record.Kind == List {
		record = record.Elem
	}
	switch {
	case record.Absent[n.Name] != "":
		return "unknown field " + n.Name, record.Absent[n.Name]
	case n.In.Kind == Object:
		hint = names.Suggest(n.Name, n.In.FieldNames())
		if hint == "" {
			hint = "the fields are " + strings.Join(n.In.FieldNames(), ", ")
		}
		return "unknown field " + n.Name, hint
	case n.Name == "":
		return n.In.WithArticle() + " has no items", ""
	case n.In.Kind == List:
		hint = through.Each
		fields := n.In.Elem.FieldNames()
		if pair, ok := pairOf(n.In.Elem); ok && through.ByKey != "" && !slices.Contains(fields, n.Name) {
			hint = fmt.Sprintf(through.ByKey, fields[pair.key], n.Name, fields[pair.value])
		}
		return n.In.WithArticle() + " has no field " + n.Name, hint
	}
	return n.In.WithArticle() + " has no field " + n.Name, ""
}
