package wire

import (
	"slices"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"
	"github.com/aws/smithy-go/traits"

	"muster/internal/catalog"
)

// encoder writes an input of an operation. The input has the types that its shape asks
// for: see Check.
type encoder struct {
	node  *node
	value Object
}

// Serialize implements smithy.Serializable.
func (e *encoder) Serialize(s smithy.ShapeSerializer) {
	e.node.encodeStruct(s, e.node.schema, e.node.withoutDoubles(e.value))
}

// withoutDoubles removes from a map of query parameters those that another member sets.
func (n *node) withoutDoubles(in Object) Object {
	for _, m := range n.members {
		params, ok := in.Get(m.name).(Object)
		if !ok || m.location != catalog.Query {
			continue
		}
		for _, other := range n.members {
			if q, ok := smithy.SchemaTrait[*traits.HTTPQuery](other.schema); ok && in.Get(other.name) != nil {
				params = params.Without(q.Name)
			}
		}
		return slices.Clone(in).Set(m.name, params)
	}
	return in
}

func (n *node) encodeStruct(s smithy.ShapeSerializer, schema *smithy.Schema, value Object) {
	s.WriteStruct(schema)
	for _, m := range n.members {
		if v := value.Get(m.name); v != nil {
			m.encode(s, v)
		}
	}
	s.CloseStruct()
}

func (m *member) encode(s smithy.ShapeSerializer, value any) {
	if m.schema.Type() == smithy.ShapeTypeDocument {
		s.WriteDocument(m.schema, document.Opaque{Value: anyJSON{value}})
		return
	}
	switch v := value.(type) {
	case nil:
		s.WriteNil(m.schema)
	case string:
		s.WriteString(m.schema, v)
	case bool:
		s.WriteBool(m.schema, v)
	case int64:
		s.WriteInt64(m.schema, v)
	case float64:
		s.WriteFloat64(m.schema, v)
	case []byte:
		s.WriteBlob(m.schema, v)
	case time.Time:
		s.WriteTime(m.schema, v)
	case []any:
		s.WriteList(m.schema)
		for _, item := range v {
			m.element.encode(s, item)
		}
		s.CloseList()
	case Object:
		m.encodeObject(s, v)
	}
}

func (m *member) encodeObject(s smithy.ShapeSerializer, value Object) {
	if m.schema.Type() != smithy.ShapeTypeMap {
		m.encodeStruct(s, m.schema, value) // or a union: smithy-go's XML loses the names of variants in lists
		return
	}
	s.WriteMap(m.schema)
	for key, v := range value.All() {
		s.WriteKey(m.key.schema, key)
		m.element.encode(s, v)
	}
	s.CloseMap()
}

// anyJSON is a value of any type. smithy-go's own document types can't be nested in
// one another: the JSON serializer then panics.
type anyJSON struct{ value any }

// MarshalSmithyDocument implements document.Marshaler.
func (v anyJSON) MarshalSmithyDocument() ([]byte, error) { return AppendJSON(nil, v.value), nil }
