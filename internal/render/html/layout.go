package html

import (
	"bytes"
	"slices"

	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// layout says how values of a schema are written, and tells the script how to read them.
// Objects are lists of their members, without the names, so that the file stays small and
// the browser reads it quickly. A member that the record lacks is null.
type layout struct {
	Kind   string   `json:"kind"`
	Elem   *layout  `json:"elem,omitempty"`   // the items of a list, the values of a map
	Fields []member `json:"fields,omitempty"` // of an object
}

type member struct {
	Name     string  `json:"name"`
	Optional bool    `json:"optional,omitempty"`
	Layout   *layout `json:"layout"`
}

// newLayout returns the layout of a schema. outer are the objects around it. An object that
// may contain itself is written with its names.
func newLayout(s *shape.Schema, outer []*shape.Schema) *layout {
	switch s.Kind {
	case shape.String:
		if s.Format == shape.TimeText || s.Format == shape.Timestamp {
			return &layout{Kind: "time"}
		}
		return &layout{Kind: "text"}
	case shape.Number:
		return &layout{Kind: "number"}
	case shape.Bool:
		return &layout{Kind: "bool"}
	case shape.List:
		return &layout{Kind: "list", Elem: newLayout(s.Elem, outer)}
	case shape.Map:
		return &layout{Kind: "map", Elem: newLayout(s.Elem, outer)}
	case shape.Object:
		if slices.Contains(outer, s) {
			break
		}
		outer = append(slices.Clip(outer), s)
		l := &layout{Kind: "object", Fields: []member{}}
		for _, f := range s.Fields {
			l.Fields = append(l.Fields, member{f.Name, f.Optional, newLayout(f.Schema, outer)})
		}
		return l
	}
	return &layout{Kind: "any"}
}

// value appends a value.
func (l *layout) value(b []byte, v shape.Value) []byte {
	switch l.Kind {
	case "object":
		return append(l.members(append(b, '['), v), ']')
	case "list":
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = l.Elem.value(b, v.Index(i))
		}
		return append(b, ']')
	case "map":
		if l.Elem.Fields == nil { // else its values are lists of members
			break
		}
		b = append(b, '{')
		for i, e := range v.Entries() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(encode.JSON{}.Any(b, e.Key, 0), ':')
			b = l.Elem.value(b, e.Value)
		}
		return append(b, '}')
	}
	return encode.JSON{}.Value(b, v, 0)
}

// members appends the members of an object, with commas between them.
func (l *layout) members(b []byte, v shape.Value) []byte {
	for i := range l.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		if inner, ok := v.Field(i); ok {
			b = l.Fields[i].Layout.value(b, inner)
		} else {
			b = append(b, "null"...)
		}
	}
	return b
}

// escaped escapes the characters with which JSON could end a script element, from start on.
// They stand only in texts.
func escaped(b []byte, start int) []byte {
	if !bytes.ContainsAny(b[start:], "<>&") {
		return b
	}
	text := slices.Clone(b[start:])
	b = b[:start]
	for _, c := range text {
		switch c {
		case '<':
			b = append(b, `\u003c`...)
		case '>':
			b = append(b, `\u003e`...)
		case '&':
			b = append(b, `\u0026`...)
		default:
			b = append(b, c)
		}
	}
	return b
}
