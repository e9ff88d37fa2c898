package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
	"github.com/aws/smithy-go/traits"

	"muster/internal/xmlscan"
)

// Successful XML responses don't go through smithy-go's decoder. It copies the document
// twice and compares the name of each element with all names of its structure, in any
// case of letters. The scanner reads the stream straight into values; BenchmarkXML
// measures the difference. It follows the shapes itself, because a
// smithy.ShapeDeserializer would sit behind smithy-go's own search for the outer
// element, which is the first of the two copies.
//
// The rules are smithy-go's, with two exceptions: a document must be complete, and an
// empty number, boolean or time is an absent one, as services write them.

// longestText bounds a text in a response: templates and policies can have megabytes.
const longestText = 16 << 20

// xmlReader reads responses, one at a time.
type xmlReader struct {
	xmlscan.Scanner
	strings *xmlscan.Strings
	slots   []slot // members of the structures and maps that are open, outer ones first
	items   []any  // likewise of the lists
}

// slot is a member of an open structure, with its place in the model.
type slot struct {
	Field
	at int
}

var xmlReaders = sync.Pool{New: func() any { return &xmlReader{strings: xmlscan.NewStrings()} }}

// read resets the reader to a document, calls f, and checks that the document is
// complete.
func (r *xmlReader) read(body io.Reader, large bool, f func() (Object, error)) (Object, error) {
	r.Reset(body)
	r.AllowText(longestText)
	if large {
		r.ExpectLarge()
	}
	object, err := f()
	if api := (*smithy.GenericAPIError)(nil); errors.As(err, &api) {
		return nil, err
	}
	if finished := r.Finish(); finished != nil {
		err = finished
	}
	if err != nil {
		return nil, &smithy.DeserializationError{Err: err}
	}
	return object, nil
}

// apiError reads the error that the open element is.
func (r *xmlReader) apiError() error {
	api := new(smithy.GenericAPIError)
	for r.Child() {
		switch string(r.Name()) {
		case "Code":
			api.Code = string(r.Text())
		case "Message":
			api.Message = string(r.Text())
		default:
			r.Skip()
		}
	}
	return api
}

// release makes the reader ready for another response, without a reference to this one.
func (r *xmlReader) release() {
	const most = 1 << 12 // slots and items that are worth keeping
	if cap(r.slots) > most || cap(r.items) > most {
		r.slots, r.items = nil, nil
	}
	clear(r.slots[:cap(r.slots)])
	clear(r.items[:cap(r.items)])
	r.slots, r.items = r.slots[:0], r.items[:0]
	r.strings.Reset()
	r.Reset(nil)
	xmlReaders.Put(r)
}

// queryResponse reads a response of the ec2 and query protocols, whose output is the
// element with a given name.
func (c *Codec) queryResponse(body io.Reader, large bool, name string) (Object, error) {
	if c.output == nil {
		return nil, nil
	}
	r := xmlReaders.Get().(*xmlReader)
	defer r.release()
	return r.read(body, large, func() (Object, error) {
		found := r.Find(func(tag []byte) bool { return strings.EqualFold(string(tag), name) })
		switch {
		case !found && len(c.output.members) == 0:
			return nil, nil
		case !found:
			return nil, fmt.Errorf("the answer lacks its %s", name)
		}
		return r.structure(c.output, nil), nil
	})
}

// restXMLResponse reads the body of a rest-xml response. headers are the members that
// are not in the body.
func (c *Codec) restXMLResponse(body io.Reader, large bool, headers Object) (Object, error) {
	r := xmlReaders.Get().(*xmlReader)
	defer r.release()
	return r.read(body, large, func() (Object, error) {
		if !r.Child() { // no body
			return headers, nil
		}
		switch {
		case strings.EqualFold(string(r.Name()), "html"):
			return nil, errors.New("the answer is an HTML page (a proxy or sign-in page in between?)")
		case string(r.Name()) == "Error" && c.output.tagged(r.Name()) < 0: // S3 can fail after it has sent status 200
			return nil, r.apiError()
		}
		payload := c.output.shape.Traits().Payload
		i := slices.IndexFunc(c.output.members, func(m *member) bool { return m.name == payload })
		if i < 0 {
			// S3 writes the output of GetBucketLocation without an element around it.
			if i = c.output.tagged(r.Name()); i < 0 || len(c.output.members) > 1 || c.output.members[i].schema.Type() != smithy.ShapeTypeString {
				return r.structure(c.output, headers), nil
			}
		}
		from, highest := r.open(c.output, headers)
		r.add(from, highest, i, c.output.members[i].name, r.value(c.output.members[i]))
		return r.closeObject(from, i < highest), nil
	})
}

// open begins an object with members that are known already.
func (r *xmlReader) open(n *node, known Object) (from, highest int) {
	from, highest = len(r.slots), -1
	for _, f := range known {
		i := slices.IndexFunc(n.members, func(m *member) bool { return m.name == f.Name })
		r.slots = append(r.slots, slot{f, i})
		highest = max(highest, i)
	}
	return from, highest
}

// structure reads the open element.
func (r *xmlReader) structure(n *node, known Object) Object {
	from, highest := r.open(n, known)
	unsorted := false
	for _, i := range n.attributes {
		if text, ok := r.Attribute(n.members[i].tag); ok {
			r.add(from, highest, i, n.members[i].name, n.members[i].fromText(r, []byte(text)))
			unsorted, highest = unsorted || i < highest, max(highest, i)
		}
	}
	for r.Child() {
		i := n.tagged(r.Name())
		if i < 0 {
			r.Skip()
			continue
		}
		m := n.members[i]
		r.add(from, highest, i, m.name, r.value(m))
		unsorted, highest = unsorted || i < highest, max(highest, i)
	}
	return r.closeObject(from, unsorted)
}

// add adds a member to the object that begins at from. A member that is there already
// can only be where i is not beyond the highest.
func (r *xmlReader) add(from, highest, i int, name string, value any) {
	if value == nil {
		return
	}
	if i <= highest {
		for at := from; at < len(r.slots); at++ {
			if r.slots[at].at == i {
				r.slots[at].Value = joined(r.slots[at].Value, value)
				return
			}
		}
	}
	r.slots = append(r.slots, slot{Field{name, value}, i})
}

func (r *xmlReader) closeObject(from int, unsorted bool) Object {
	top := r.slots[from:]
	if unsorted {
		slices.SortStableFunc(top, func(a, b slot) int { return a.at - b.at })
	}
	object := make(Object, len(top))
	for i := range top {
		object[i] = top[i].Field
	}
	r.slots = r.slots[:from]
	return object
}

// tagged returns the index of the member with an element's name; -1 if there is none.
func (n *node) tagged(tag []byte) int {
	if i, ok := n.tags[string(tag)]; ok {
		return i
	}
	for i, m := range n.members {
		if _, ok := n.tags[m.tag]; ok && bytes.EqualFold([]byte(m.tag), tag) {
			return i
		}
	}
	return -1
}

// value reads the open element; nil is an absent value.
func (r *xmlReader) value(m *member) any {
	switch m.schema.Type() {
	case smithy.ShapeTypeList:
		if m.flat {
			return []any{r.value(m.element)}
		}
		return r.list(m)
	case smithy.ShapeTypeMap:
		from := len(r.slots)
		if m.flat {
			r.entry(m)
		} else {
			for r.Child() {
				if strings.EqualFold(string(r.Name()), "entry") {
					r.entry(m)
				} else {
					r.Skip()
				}
			}
		}
		return r.closeObject(from, false)
	case smithy.ShapeTypeStructure:
		return r.structure(m.node, nil)
	case smithy.ShapeTypeUnion:
		object := r.structure(m.node, nil)
		if len(object) > 1 {
			r.Failf("%s has more than one value", m.name)
		}
		if len(object) == 0 {
			return nil
		}
		return object
	case smithy.ShapeTypeDocument:
		r.Skip() // no XML protocol has them
		return nil
	}
	return m.fromText(r, r.Text())
}

func (r *xmlReader) list(m *member) any {
	from := len(r.items)
	for r.Child() {
		value := r.value(m.element)
		r.items = append(r.items, value)
	}
	list := make([]any, len(r.items)-from)
	copy(list, r.items[from:])
	r.items = r.items[:from]
	return list
}

// entry reads an entry of a map.
func (r *xmlReader) entry(m *member) {
	var key string
	var value any
	for r.Child() {
		switch name := r.Name(); {
		case bytes.EqualFold(name, []byte(m.key.tag)):
			key = r.strings.Intern(r.Text())
		case bytes.EqualFold(name, []byte(m.element.tag)):
			value = r.value(m.element)
		default:
			r.Skip()
		}
	}
	if value != nil || m.shape.Traits().Sparse {
		r.slots = append(r.slots, slot{Field{key, value}, 0})
	}
}

// fromText returns a value that is neither a structure nor a list nor a map.
func (m *member) fromText(r *xmlReader, text []byte) any {
	switch m.schema.Type() {
	case smithy.ShapeTypeString:
		if m.shape.Traits().HasJSON() {
			return fromJSONText(string(text), m.shape.Traits().URLJSON)
		}
		return r.strings.Intern(text)
	case smithy.ShapeTypeBlob:
		blob, err := base64.StdEncoding.AppendDecode([]byte{}, text)
		if err != nil {
			r.Failf("%s is not base64", m.name)
		}
		return blob
	}
	if len(text) == 0 {
		return nil
	}
	var value any
	var err error
	switch m.schema.Type() {
	case smithy.ShapeTypeBoolean:
		value, err = strconv.ParseBool(string(text))
	case smithy.ShapeTypeLong:
		value, err = strconv.ParseInt(string(text), 10, 64)
	case smithy.ShapeTypeDouble:
		value, err = parseFloat(string(text))
	case smithy.ShapeTypeTimestamp:
		value, err = m.parseTime(string(text))
	default:
		err = errors.ErrUnsupported
	}
	if err != nil {
		r.Failf("%.40q is not a value of %s", text, m.name)
		return nil
	}
	return value
}

func parseFloat(text string) (float64, error) {
	switch {
	case strings.EqualFold(text, "Infinity"):
		return math.Inf(1), nil
	case strings.EqualFold(text, "-Infinity"):
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(text, 64)
}

// parseTime reads a time in the format of the model, or else in any other: services
// don't keep to their models.
func (m *member) parseTime(text string) (any, error) {
	format, ok := smithy.SchemaTrait[*traits.TimestampFormat](m.schema)
	if !ok || format.Format == "date-time" {
		if t, err := smithytime.ParseDateTime(text); err == nil {
			return t, nil
		}
	}
	return Input{}.time("", text)
}
