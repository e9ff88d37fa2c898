package shape

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// goType is the Go type of the values that a schema was derived from; nil for others.
type goType = reflect.Type

// SchemaOf derives the schema of T, a struct whose exported fields, or their json tags,
// are the names of the record's fields. Records may lack a field tagged render:"optional"
// and all fields nested in it, and the fields nested in one tagged render:"sparse". With
// render:"whole" they may lack the field itself, a pointer to a struct. Only such fields may be
// pointers. A text tagged render:"time" is a time. A type that JSON cannot express is a mistake
// in the program, and panics.
func SchemaOf[T any]() *Schema { return OfGoType(reflect.TypeFor[T]()) }

// OfGoType is SchemaOf for a type that is known only when the program runs.
func OfGoType(t reflect.Type) *Schema { return derive(t, false) }

func derive(t reflect.Type, sparse bool) *Schema {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &Schema{Kind: String, Format: Timestamp, goType: t}
	case t == reflect.TypeFor[[]byte]():
		return &Schema{Kind: String, Format: Blob, goType: t}
	case sparse && t.Kind() == reflect.Pointer:
		return derive(t.Elem(), true)
	}
	switch t.Kind() {
	case reflect.Interface:
		return anything
	case reflect.String:
		return &Schema{Kind: String, goType: t}
	case reflect.Bool:
		return &Schema{Kind: Bool, goType: t}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return &Schema{Kind: Number, goType: t}
	case reflect.Slice:
		return &Schema{Kind: List, Elem: derive(t.Elem(), sparse), goType: t}
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return &Schema{Kind: Map, Elem: derive(t.Elem(), sparse), goType: t}
		}
	case reflect.Struct:
		s := &Schema{Kind: Object, goType: t}
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous {
				tag := f.Tag.Get("render")
				optional := sparse || tag == "optional"
				whole := tag == "whole"
				if whole {
					f.Type = f.Type.Elem()
				}
				inner := derive(f.Type, optional || tag == "sparse")
				if tag == "time" {
					inner.Format = TimeText
				}
				s.Fields = append(s.Fields, Field{Name: cmp.Or(f.Tag.Get("json"), f.Name), Schema: inner, Optional: optional || whole, index: f.Index})
			}
		}
		return s
	}
	panic(fmt.Sprintf("shape: records cannot contain a %s", t))
}

// GoType is the Go type of the values; nil if the schema was not derived from one.
func (s *Schema) GoType() reflect.Type { return s.goType }

// GoName is the name of the field in the Go struct s that it was derived from.
func (s *Schema) GoName(f *Field) string { return s.goType.FieldByIndex(f.index).Name }

// GoTypes finds the schema of a Go value that an expression took out of a record. It
// has to be the one within the record's schema, since the same type may be optional in
// one place and not in another.
type GoTypes map[reflect.Type]*Schema

// NewGoTypes collects a record's schema and all within it.
func NewGoTypes(record *Schema) GoTypes {
	types := GoTypes{}
	types.add(record)
	return types
}

func (m GoTypes) add(s *Schema) {
	if s == nil || s.goType == nil || m[s.goType] != nil {
		return
	}
	m[s.goType] = s
	m.add(s.Elem)
	for _, f := range s.Fields {
		m.add(f.Schema)
	}
}

// Of is the schema of values of type t, derived anew where no record contains t.
func (m GoTypes) Of(t reflect.Type) *Schema {
	if s := m[t]; s != nil {
		return s
	}
	return OfGoType(t)
}

// NeedFields reports whether Go code that reads fields by their Go names would miss
// some: optional ones behind nil pointers, or ones that have another name in a record.
func (m GoTypes) NeedFields() bool {
	for _, s := range m {
		if slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Optional || s.GoName(&f) != f.Name }) {
			return true
		}
	}
	return false
}

// Field is the field of a struct by its name in records; the zero Value if it has none.
func (m GoTypes) Field(v reflect.Value, name string) reflect.Value {
	s := m[v.Type()]
	if v.Kind() != reflect.Struct || s == nil {
		return reflect.Value{}
	}
	for _, f := range s.Fields {
		if f.Name == name {
			return v.FieldByIndex(f.index)
		}
	}
	return reflect.Value{}
}
