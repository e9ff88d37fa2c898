package wire

import (
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"

	"muster/internal/catalog"
)

// node is a shape of the catalogue with its smithy schema.
type node struct {
	shape   *catalog.Shape
	schema  *smithy.Schema
	members []*member      // of a structure, in the model's order
	index   map[string]int // of members by the schema's member name
	key     *member        // of a map
	element *member        // of a list or map

	// For answers in XML:
	tags       map[string]int // members by the names of their elements
	attributes []int          // members that are attributes of the element
}

// member is a use of a node, whose schema has the member's own traits too.
type member struct {
	*node
	name     string // in the model
	schema   *smithy.Schema
	location catalog.Location
	raw      bool   // the body itself, as text or bytes
	tag      string // the name of the XML element
	flat     bool   // a list or map without an XML element around its items
}

// builder makes the nodes of a service's shapes, each once: shapes can contain
// themselves.
type builder struct {
	protocol string
	output   bool     // of answers, whose times are read in any form
	headers  *builder // of an answer's headers, where smithy-go reads times itself
	nodes    map[*catalog.Shape]*node
}

func (b *builder) node(s *catalog.Shape) *node {
	if n := b.nodes[s]; n != nil {
		return n
	}
	t := s.Traits()
	n := &node{shape: s, schema: smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: t.Name}, b.smithyType(s), len(s.Members()), b.traits(t)...)}
	b.nodes[s] = n
	b.addParts(n)
	return n
}

// addParts adds the members of a structure, a list or a map.
func (b *builder) addParts(n *node) {
	s := n.shape
	switch s.Kind() {
	case catalog.Structure:
		if n.schema.Type() == smithy.ShapeTypeDocument {
			break
		}
		n.index = make(map[string]int, len(s.Members()))
		for i, m := range s.Members() {
			n.members = append(n.members, b.structureMember(n, m))
			n.index[n.members[i].schema.MemberName()] = i
		}
		if b.output && b.isXML() {
			n.addTags()
		}
	case catalog.List:
		n.element = b.member(n, "member", s.Element())
	case catalog.Map:
		n.key = b.member(n, "key", s.Key())
		n.element = b.member(n, "value", s.Element())
	}
}

func (n *node) addTags() {
	n.tags = make(map[string]int, len(n.members))
	for i, m := range n.members {
		if _, attribute := smithy.SchemaTrait[*traits.XMLAttribute](m.schema); attribute {
			m.tag = m.tag[strings.IndexByte(m.tag, ':')+1:] // names have no prefix
			n.attributes = append(n.attributes, i)
		} else if _, known := n.tags[m.tag]; !known && m.location != catalog.Header && m.location != catalog.Headers && m.location != catalog.Status {
			n.tags[m.tag] = i
		}
	}
}

func (b *builder) at(where catalog.Location) *builder {
	if where != catalog.Body && b.headers != nil {
		return b.headers
	}
	return b
}

func (b *builder) member(owner *node, name string, m *catalog.Member, ts ...smithy.Trait) *member {
	target := b.at(m.Location).node(m.Shape)
	ts = append(b.memberTraits(m), ts...)
	schema := owner.schema.AddMember(name, target.schema, ts...)
	tag := name
	if t, ok := smithy.SchemaDirectTrait[*traits.XMLName](schema); ok {
		tag = t.Name
	}
	return &member{
		node: target, name: m.Name, schema: schema, location: m.Location, tag: tag, flat: m.Shape.Traits().Flat || m.Traits.Flat,
		raw: owner.shape.Traits().Payload == m.Name && m.Name != "" && (m.Shape.Kind() == catalog.Blob || m.Shape.Kind() == catalog.String),
	}
}

func (b *builder) structureMember(owner *node, m *catalog.Member) *member {
	var ts []smithy.Trait
	name := m.Name
	shape := m.Shape
	if m.Traits.Name != "" && (b.protocol == "json" || m.Location == catalog.Label) {
		name = m.Traits.Name // there is no trait for it
	}
	if b.isXML() && shape.Traits().Flat && shape.Kind() == catalog.List {
		// The items of a list without an element of its own stand in the structure,
		// under the item's name.
		if item := shape.Element().Traits.Name; item != "" {
			ts = append(ts, &traits.XMLName{Name: item})
		}
	}
	if t := shape.Traits(); b.isXML() && m.Traits.Name == "" && t.Name != "" && shape.Kind() == catalog.List && !t.Flat {
		ts = append(ts, &traits.XMLName{Name: t.Name}) // of the shape itself; smithy-go overlooks it
	}
	if owner.shape.Traits().Payload == m.Name {
		ts = append(ts, &traits.HTTPPayload{})
	}
	if t := shape.Traits(); b.isXML() && m.Traits.XMLNamespace == "" && t.XMLNamespace != "" {
		ts = append(ts, &traits.XMLNamespace{URI: t.XMLNamespace, Prefix: t.XMLPrefix}) // the member's element is the shape's
	}
	return b.member(owner, name, m, ts...)
}

func (b *builder) isXML() bool {
	return b.protocol == "ec2" || b.protocol == "query" || b.protocol == "rest-xml"
}

// smithyType chooses a type that loses nothing: integers are read with 64 bits, and
// floats too, as the AWS CLI reads them.
func (b *builder) smithyType(s *catalog.Shape) smithy.ShapeType {
	switch s.Kind() {
	case catalog.Boolean:
		return smithy.ShapeTypeBoolean
	case catalog.Integer, catalog.Long:
		return smithy.ShapeTypeLong
	case catalog.Float, catalog.Double:
		return smithy.ShapeTypeDouble
	case catalog.Blob:
		return smithy.ShapeTypeBlob
	case catalog.Timestamp:
		if b.output && (b.protocol == "json" || b.protocol == "rest-json") {
			// Services write times as numbers or as text, whatever their model says.
			return smithy.ShapeTypeDocument
		}
		return smithy.ShapeTypeTimestamp
	case catalog.List:
		return smithy.ShapeTypeList
	case catalog.Map:
		return smithy.ShapeTypeMap
	case catalog.Structure:
		switch {
		case s.Traits().Document:
			return smithy.ShapeTypeDocument
		case s.Traits().Union:
			return smithy.ShapeTypeUnion
		}
		return smithy.ShapeTypeStructure
	}
	return smithy.ShapeTypeString
}

// timeFormats are smithy's names for botocore's.
var timeFormats = map[string]string{"iso8601": "date-time", "rfc822": "http-date", "unixTimestamp": "epoch-seconds"}

func (b *builder) traits(t *catalog.Traits) (all []smithy.Trait) {
	if t.Name != "" {
		all = append(all, b.nameTrait(t.Name))
	}
	if t.QueryName != "" {
		all = append(all, &traits.EC2QueryName{Name: t.QueryName})
	}
	if t.XMLNamespace != "" {
		all = append(all, &traits.XMLNamespace{URI: t.XMLNamespace, Prefix: t.XMLPrefix})
	}
	if t.Time != "" {
		all = append(all, &traits.TimestampFormat{Format: timeFormats[t.Time]})
	}
	if t.Flat {
		all = append(all, &traits.XMLFlattened{})
	}
	if t.Stream {
		all = append(all, &traits.Streaming{})
	}
	if t.Attribute {
		all = append(all, &traits.XMLAttribute{})
	}
	if t.JSONValue {
		all = append(all, &traits.MediaType{Type: "application/json"})
	}
	return all
}

func (b *builder) nameTrait(name string) smithy.Trait {
	if b.isXML() {
		return &traits.XMLName{Name: name}
	}
	return &traits.JSONName{Name: name}
}

func (b *builder) memberTraits(m *catalog.Member) []smithy.Trait {
	if m.Location == catalog.Body {
		return b.traits(&m.Traits)
	}
	t := m.Traits
	name := t.Name
	if name == "" {
		name = m.Name
	}
	t.Name = ""
	all := b.traits(&t)
	switch m.Location {
	case catalog.Header:
		return append(all, &traits.HTTPHeader{Name: name})
	case catalog.Headers:
		return append(all, &traits.HTTPPrefixHeaders{Prefix: m.Traits.Name})
	case catalog.Label:
		return append(all, &traits.HTTPLabel{})
	case catalog.Status:
		return append(all, &traits.HTTPResponseCode{})
	case catalog.Query:
		if m.Shape.Kind() == catalog.Map {
			return append(all, &traits.HTTPQueryParams{})
		}
		return append(all, &traits.HTTPQuery{Name: name})
	}
	return all
}
