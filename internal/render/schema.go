package render

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"muster/internal/names"
)

// FieldInfo is a field of a record.
type FieldInfo struct {
	Path string // as --columns takes it: "NetworkInterfaces.SubnetId"
	Type string // "string", "number", "bool", "any", "object", "list of strings", "map of strings", "list of objects", ...
}

// Schema is what is known of a type of records without one. The zero value has no fields.
type Schema struct {
	typ reflect.Type
}

// SchemaOf is that of T, which is as for Compile.
func SchemaOf[T any]() Schema { return Schema{reflect.TypeFor[T]()} }

// Fields are the fields of a record with those nested in them, in the order of the JSON.
func (s Schema) Fields() []FieldInfo {
	var infos []FieldInfo
	s.walk(func(path string, steps []field) {
		infos = append(infos, FieldInfo{path, steps[len(steps)-1].shape.String()})
	})
	return infos
}

// walk calls f for each field, with those that lead to it and itself.
func (s Schema) walk(f func(path string, steps []field)) {
	var walk func(prefix string, steps []field, s *shape)
	walk = func(prefix string, steps []field, s *shape) {
		for _, inner := range s.fields {
			steps := append(slices.Clip(steps), inner)
			f(prefix+inner.name, steps)
			s := inner.shape
			for s.kind == aList {
				s = s.elem
			}
			walk(prefix+inner.name+".", steps, s)
		}
	}
	if s.typ != nil {
		walk("", nil, shapeOf(s.typ))
	}
}

// shape is what is known of a value before there is one. Field names are checked
// against it, and encoders walk a value along it.
type shape struct {
	kind   kind
	elem   *shape  // of a list's items, a map's values
	fields []field // of a struct
	sparse bool    // of a struct: fields that hold nothing are left out
	time   bool    // of a string: it is made of a time.Time
	typ    reflect.Type
	absent map[string]string // of a record: View.Absent
}

type field struct {
	name  string
	key   string // name as a JSON key with its colon
	index []int
	shape *shape
}

type kind int

const (
	anything kind = iota
	aString
	aNumber
	aBool
	aList
	aMap
	aStruct
)

var (
	unknown    = &shape{}
	someString = &shape{kind: aString}
	someNumber = &shape{kind: aNumber}
	someBool   = &shape{kind: aBool}
)

func (s *shape) String() string {
	switch s.kind {
	case aString:
		return "string"
	case aNumber:
		return "number"
	case aBool:
		return "bool"
	case aList:
		return "list of " + s.elem.String() + "s"
	case aMap:
		return "map of " + s.elem.String() + "s"
	case aStruct:
		return "object"
	}
	return "any"
}

func (s *shape) scalar() bool { return s.kind == aString || s.kind == aNumber || s.kind == aBool }

func (s *shape) names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	return names
}

// shapeOf derives the shape of a type. A type that has no JSON is a mistake in the program.
func shapeOf(t reflect.Type) *shape { return deriveShape(t, false) }

// deriveShape is shapeOf, also for what lies within a field tagged render:"sparse":
// there pointers may be nil, and what holds nothing is no part of the record.
func deriveShape(t reflect.Type, sparse bool) *shape {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &shape{kind: aString, time: true, typ: t}
	case sparse && t.Kind() == reflect.Pointer:
		return deriveShape(t.Elem(), true)
	}
	switch t.Kind() {
	case reflect.Interface:
		return unknown
	case reflect.String:
		return &shape{kind: aString, typ: t}
	case reflect.Bool:
		return &shape{kind: aBool, typ: t}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return &shape{kind: aNumber, typ: t}
	case reflect.Slice:
		return &shape{kind: aList, elem: deriveShape(t.Elem(), sparse), typ: t}
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return &shape{kind: aMap, elem: deriveShape(t.Elem(), sparse), typ: t}
		}
	case reflect.Struct:
		s := &shape{kind: aStruct, sparse: sparse, typ: t}
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous {
				name := cmp.Or(f.Tag.Get("json"), f.Name)
				key := string(appendQuoted(nil, name, false)) + ":"
				inner := deriveShape(f.Type, sparse || f.Tag.Get("render") == "sparse")
				s.fields = append(s.fields, field{name, key, f.Index, inner})
			}
		}
		return s
	}
	panic(fmt.Sprintf("render: records cannot hold a %s", t))
}

// get is the value of a field; the zero Value where it holds nothing and is no
// part of the record.
func (s *shape) get(v reflect.Value, f *field) reflect.Value {
	if len(f.index) > 1 {
		v = v.FieldByIndex(f.index)
	} else {
		v = v.Field(f.index[0])
	}
	if s.sparse {
		if v.IsZero() {
			return reflect.Value{}
		}
		return reflect.Indirect(v)
	}
	return v
}

// text is the string that a value of the shape aString is.
func (s *shape) text(v reflect.Value) string {
	if !s.time {
		return v.String()
	}
	t := v.Interface().(time.Time).UTC()
	if t.Nanosecond() != 0 {
		return t.Format("2006-01-02T15:04:05.000000+00:00")
	}
	return t.Format("2006-01-02T15:04:05+00:00") // as the AWS CLI has it
}

// shapes are those of a record and of all that lies within, by their types.
type shapes map[reflect.Type]*shape

func (m shapes) add(s *shape) {
	if s == nil || s.typ == nil || m[s.typ] != nil {
		return
	}
	m[s.typ] = s
	m.add(s.elem)
	for _, f := range s.fields {
		m.add(f.shape)
	}
}

func (m shapes) of(t reflect.Type) *shape {
	if s := m[t]; s != nil {
		return s
	}
	return shapeOf(t)
}

// same is the shape of a value that may come from either side.
func same(a, b *shape) *shape {
	if a == b || a.kind == b.kind && (a.scalar() || a.typ != nil && a.typ == b.typ) {
		return a
	}
	return unknown
}

func listOf(s *shape) *shape { return &shape{kind: aList, elem: s} }

// field is the shape of s.name. A mistake is an access that can give nothing.
func (s *shape) field(name string) (*shape, *mistake) {
	switch s.kind {
	case anything:
		return unknown, nil
	case aMap:
		return s.elem, nil
	case aStruct:
		for i := range s.fields {
			if s.fields[i].name == name {
				return s.fields[i].shape, nil
			}
		}
		return unknown, &mistake{name: name, in: s}
	}
	return unknown, &mistake{name: name, in: s}
}

// mistake is a field that a value of the shape in does not have.
type mistake struct {
	name string
	in   *shape
}

// explain words the mistake; through says how the items of a list are reached in
// the language at hand.
func (m *mistake) explain(through string) (msg, hint string) {
	record := m.in
	if record.kind == aList {
		record = record.elem
	}
	switch {
	case record.absent[m.name] != "":
		return "unknown field " + m.name, record.absent[m.name]
	case m.in.kind == aStruct:
		if near := names.Nearest(m.name, m.in.names()); near != "" {
			return "unknown field " + m.name, "did you mean " + near + "?"
		}
		return "unknown field " + m.name, "the fields are " + strings.Join(m.in.names(), ", ")
	case m.in.kind == aList:
		return m.name + " is asked of a " + m.in.String(), through
	case m.name == "":
		return "a " + m.in.String() + " has no items to go through", ""
	}
	return m.name + " is asked of a " + m.in.String() + ", which has no fields", ""
}

// error places the mistake in the text, by means of the check that found it.
func (m *mistake) error(flag, text, through string, check func(text string) *mistake) *Error {
	msg, hint := m.explain(through)
	named := func(text string) string {
		if m := check(text); m != nil {
			return m.name
		}
		return ""
	}
	if m.name == "" { // .Name[] has none: .Name.x[] would
		const brackets, field = "[]", ".x"
		for i := range text {
			if !strings.HasPrefix(text[i:], brackets) {
				continue
			}
			if other := check(text[:i] + field + text[i:]); other != nil && other.name == field[1:] && other.in == m.in {
				return &Error{Flag: flag, Text: text, Offset: i, length: len(brackets), Msg: msg, Hint: hint}
			}
		}
	}
	offset := locate(text, m.name, named)
	return &Error{Flag: flag, Text: text, Offset: offset, length: len(m.name), Msg: msg, Hint: hint}
}

// path leads from a record to a field of it, or through lists to several.
type path struct {
	text  string
	steps []step
	leaf  *shape // what it leads to
	many  bool   // it goes through lists
	keyed bool   // it ends at a map's key
}

// step is one of: a struct's field, a map's key, every item of a list.
type step struct {
	in    *shape
	field *field
	key   string
}

// parsePath reads "A.B.C" against a shape. After a map all the rest is the key, dots included.
func parsePath(flag, text string, s *shape) (*path, error) {
	p := &path{text: text}
	for rest := text; ; {
		for s.kind == aList && rest != "" {
			p.steps = append(p.steps, step{in: s})
			p.many, s = true, s.elem
		}
		if rest == "" && len(p.steps) > 0 {
			break
		}
		name, after, dot := strings.Cut(rest, ".")
		if s.kind == aMap {
			p.steps = append(p.steps, step{in: s, key: rest})
			p.keyed, s = true, s.elem
			break
		}
		wrong := &Error{Flag: flag, Text: text, Offset: len(text) - len(rest), length: len(name)}
		switch _, m := s.field(name); {
		case name == "":
			wrong.Msg = "a field name is missing"
			return nil, wrong
		case m != nil:
			wrong.Msg, wrong.Hint = m.explain("")
			return nil, wrong
		case s.kind == anything:
			wrong.Msg, wrong.Hint = name+" may be there or not", "--jq can reach it"
			return nil, wrong
		case dot && after == "":
			wrong.Offset, wrong.length, wrong.Msg = len(text), 0, "a field name is missing after the dot"
			return nil, wrong
		}
		i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
		p.steps = append(p.steps, step{in: s, field: &s.fields[i]})
		s, rest = s.fields[i].shape, after
	}
	p.leaf = s
	return p, nil
}

// visit calls f for each value that the path leads to: none for a key that is
// missing, several through lists.
func (p *path) visit(record reflect.Value, f func(reflect.Value)) { visit(p.steps, record, f) }

func visit(steps []step, v reflect.Value, f func(reflect.Value)) {
	for i, s := range steps {
		switch {
		case s.field != nil:
			if v = s.in.get(v, s.field); !v.IsValid() {
				return
			}
		case s.in.kind == aMap:
			if v = v.MapIndex(reflect.ValueOf(s.key).Convert(v.Type().Key())); !v.IsValid() {
				return
			}
		default:
			for j := range v.Len() {
				visit(steps[i+1:], v.Index(j), f)
			}
			return
		}
	}
	f(v)
}
