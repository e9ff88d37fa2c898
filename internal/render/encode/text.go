package encode

import (
	"reflect"

	"muster/internal/render/shape"
)

// Text appends the values at the end of a path, with commas between them.
func Text(b []byte, p *shape.Path, record shape.Value) []byte {
	first := true
	p.Visit(record, func(v shape.Value) {
		if p.ThroughList && p.Leaf.Kind == shape.List && v.Len() == 0 {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = Plain(b, v)
	})
	return b
}

// Cell is Text, except that it writes JSON where joined text would be ambiguous.
func Cell(b []byte, p *shape.Path, record shape.Value) []byte {
	if p.Leaf.IsScalar() || p.Leaf.Kind == shape.Any || p.Leaf.IsScalarList() {
		return Text(b, p, record)
	}
	if p.ThroughList {
		b = append(b, '[')
	}
	first := true
	p.Visit(record, func(v shape.Value) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = JSON{}.Value(b, v, 0)
	})
	if p.ThroughList {
		b = append(b, ']')
	}
	return b
}

// Items returns the values at the end of a path as texts: each item of a list, and
// KEY=VALUE for each key of a map.
func Items(p *shape.Path, record shape.Value) []string {
	var items []string
	add := func(b []byte) { items = append(items, string(b)) }
	p.Visit(record, func(v shape.Value) {
		switch p.Leaf.Kind {
		case shape.List:
			for i := range v.Len() {
				add(Plain(nil, v.Index(i)))
			}
		case shape.Map:
			for _, e := range v.Entries() {
				add(Plain([]byte(e.Key+"="), e.Value))
			}
		default:
			add(Plain(nil, v))
		}
	})
	return items
}

// Plain appends a value as people read it: strings without quotes, a,b for lists,
// k=v,k=v for maps, and JSON for anything nested deeper.
func Plain(b []byte, v shape.Value) []byte {
	switch s := v.Schema; {
	case s.Kind == shape.String:
		return append(b, v.Text()...)
	case s.Kind == shape.Any:
		inner := v.Reflect()
		if inner.Kind() != reflect.Interface || inner.IsNil() {
			return b
		}
		inner = inner.Elem()
		return Plain(b, shape.ValueOf(shape.OfGoType(inner.Type()), inner))
	case s.IsScalarList():
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = Plain(b, v.Index(i))
		}
		return b
	case s.Kind == shape.Map && s.Elem.IsScalar():
		for i, e := range v.Entries() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, e.Key...), '=')
			b = Plain(b, e.Value)
		}
		return b
	}
	return JSON{}.Value(b, v, 0)
}
