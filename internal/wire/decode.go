package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"

	"muster/internal/catalog"
)

// decoder reads the output of an operation.
type decoder struct {
	node  *node
	value Object
}

// Deserialize implements smithy.Deserializable.
func (d *decoder) Deserialize(from smithy.ShapeDeserializer) (err error) {
	if d.node == nil {
		return nil
	}
	d.value, err = d.node.decodeStruct(from, d.node.schema, 0)
	return err
}

func (n *node) decodeStruct(d smithy.ShapeDeserializer, schema *smithy.Schema, depth int) (Object, error) {
	order := make([]int, 0, 8)
	object := make(Object, 0, 8)
	sorted := true
	err := smithy.ReadStruct(d, schema, func(ms *smithy.Schema) error {
		i, ok := n.index[ms.MemberName()]
		if !ok {
			return fmt.Errorf("unexpected member %s", ms.MemberName())
		}
		m := n.members[i]
		value, err := m.decode(d, depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if value == nil {
			return nil
		}
		if at := slices.Index(order, i); at >= 0 { // twice: the items of a list without an element of its own
			object[at].Value = joined(object[at].Value, value)
			return nil
		}
		sorted = sorted && (len(order) == 0 || order[len(order)-1] < i)
		order, object = append(order, i), append(object, Field{m.name, value})
		return nil
	})
	if err == nil {
		object, order, sorted = n.withHeaderMaps(object, order, sorted)
	}
	if !sorted {
		object = inOrder(object, order)
	}
	return object, err
}

// withHeaderMaps adds the maps of headers that a response had none of, as the AWS CLI
// prints them.
func (n *node) withHeaderMaps(object Object, order []int, sorted bool) (Object, []int, bool) {
	for i, m := range n.members {
		if m.location == catalog.Headers && !slices.Contains(order, i) {
			object, order, sorted = append(object, Field{m.name, Object{}}), append(order, i), false
		}
	}
	return object, order, sorted
}

// joined adds the items of one list, or map, to another; other values replace.
func joined(old, more any) any {
	switch more := more.(type) {
	case []any:
		if old, ok := old.([]any); ok {
			return append(old, more...)
		}
	case Object:
		if old, ok := old.(Object); ok {
			return append(old, more...)
		}
	}
	return more
}

func inOrder(object Object, order []int) Object {
	at := make([]int, len(order))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return order[a] - order[b] })
	sorted := make(Object, len(object))
	for i, from := range at {
		sorted[i] = object[from]
	}
	return sorted
}

// decode returns nil for null.
func (m *member) decode(d smithy.ShapeDeserializer, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	if m.location == catalog.Body && !m.raw {
		if null, err := d.ReadNil(m.schema); null || err != nil {
			return nil, err
		}
	}
	if m.location == catalog.Status {
		var code int32
		err := d.ReadInt32(m.schema, &code)
		return int64(code), err
	}
	switch m.schema.Type() {
	case smithy.ShapeTypeString:
		value, err := read(m.schema, d.ReadString)
		if text, ok := value.(string); ok && m.shape.Traits().HasJSON() {
			return fromJSONText(text, m.shape.Traits().URLJSON), err
		}
		return value, err
	case smithy.ShapeTypeBoolean:
		return read(m.schema, d.ReadBool)
	case smithy.ShapeTypeLong:
		return read(m.schema, d.ReadInt64)
	case smithy.ShapeTypeDouble:
		return read(m.schema, d.ReadFloat64)
	case smithy.ShapeTypeBlob:
		return read(m.schema, d.ReadBlob)
	case smithy.ShapeTypeTimestamp:
		return read[time.Time](m.schema, d.ReadTime)
	case smithy.ShapeTypeDocument:
		value, err := read[document.Value](m.schema, d.ReadDocument)
		if err == nil && m.shape.Kind() == catalog.Timestamp {
			return Input{}.time("", fromDocument(value))
		}
		return fromDocument(value), err
	case smithy.ShapeTypeList:
		return m.decodeList(d, depth)
	case smithy.ShapeTypeMap:
		return m.decodeMap(d, depth)
	case smithy.ShapeTypeUnion:
		return m.decodeUnion(d, depth)
	}
	return m.decodeStruct(d, m.schema, depth)
}

// read returns the value that one of a deserializer's methods reads, or nil with an error.
func read[T any](schema *smithy.Schema, method func(*smithy.Schema, *T) error) (any, error) {
	var v T
	if err := method(schema, &v); err != nil {
		return nil, err
	}
	return v, nil
}

func (m *member) decodeList(d smithy.ShapeDeserializer, depth int) (any, error) {
	if err := d.ReadList(m.schema); err != nil {
		return nil, err
	}
	list := []any{}
	for { // smithy.ReadList takes an error for the end of the list
		more, err := d.ReadListItem(m.element.schema)
		if err != nil || !more {
			return list, err
		}
		value, err := m.element.decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
}

func (m *member) decodeMap(d smithy.ShapeDeserializer, depth int) (any, error) {
	if err := d.ReadMap(m.schema); err != nil {
		return nil, err
	}
	object := Object{}
	for { // smithy.ReadMap takes an error for the end of the map
		key, more, err := d.ReadMapKey(m.key.schema)
		if err != nil || !more {
			return object, err
		}
		value, err := m.element.decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		if value != nil || m.shape.Traits().Sparse || m.element.schema.Type() == smithy.ShapeTypeDocument {
			object = append(object, Field{key, value})
		}
	}
}

func (m *member) decodeUnion(d smithy.ShapeDeserializer, depth int) (any, error) {
	var object Object
	err := smithy.ReadUnion(d, m.schema, func(ms *smithy.Schema) error {
		variant := m.members[m.index[ms.MemberName()]]
		value, err := variant.decode(d, depth+1)
		if err == nil {
			object = Object{{variant.name, value}}
		}
		return err
	})
	if object == nil {
		return nil, err
	}
	return object, err
}

// fromDocument returns smithy's value of any type as ours. Its protocols read values
// into Go's own types.
func fromDocument(value any) any {
	switch v := value.(type) {
	case document.Opaque:
		return fromDocument(v.Value)
	case document.Boolean:
		return bool(v)
	case document.String:
		return string(v)
	case document.Number:
		return number(v.String())
	case json.Number:
		return number(v.String())
	case document.List:
		return fromList(v)
	case []any:
		return fromList(v)
	case document.Map:
		return fromMap(v)
	case map[string]any:
		return fromMap(v)
	case string, bool, float64, int64:
		return v
	}
	return nil
}

func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

func fromList[T any](v []T) any {
	list := make([]any, len(v))
	for i := range v {
		list[i] = fromDocument(v[i])
	}
	return list
}

// fromMap sorts the names: smithy does not keep their order.
func fromMap[T any](v map[string]T) any {
	object := make(Object, 0, len(v))
	for _, key := range slices.Sorted(maps.Keys(v)) {
		object = append(object, Field{key, fromDocument(v[key])})
	}
	return object
}

// fromJSONText decodes JSON, which may be percent-encoded. Other text stays as it is.
func fromJSONText(text string, escaped bool) any {
	plain := text
	if escaped {
		var err error
		if plain, err = url.PathUnescape(text); err != nil {
			return text
		}
	}
	var value any
	decoder := json.NewDecoder(strings.NewReader(plain))
	decoder.UseNumber() // a float64 has 53 bits
	if !json.Valid([]byte(plain)) || decoder.Decode(&value) != nil {
		return text
	}
	return fromDocument(value)
}

// streamDecoder reads an output with a member that is the body itself.
type streamDecoder struct {
	*decoder
	member string
	body   io.ReadCloser
}

// SetPayloadStream implements smithy.StreamingOutput.
func (s *streamDecoder) SetPayloadStream(body io.ReadCloser) { s.body = body }

func (s *streamDecoder) finish() error {
	body, err := io.ReadAll(s.body)
	s.value = s.value.Set(s.member, body)
	return err
}
