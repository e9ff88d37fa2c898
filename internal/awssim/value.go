package awssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// object is a structure in an answer, with its members in the order of the service's model. A value is a string, an
// int, a float64, a bool, a time.Time, a sequence or an object. respond writes it in the format of the request.
type object []member

type member struct {
	name  string
	value any
}

// sequence is a list. XML names each element; the other formats do not.
type sequence struct {
	element string // in XML; "": member
	values  []any
}

// sequenceOf converts items with show.
func sequenceOf[T any](items []T, show func(T) any) sequence {
	seq := sequence{values: make([]any, 0, len(items))}
	for _, item := range items {
		seq.values = append(seq.values, show(item))
	}
	return seq
}

// named sets the name of the elements in XML.
func (seq sequence) named(element string) sequence {
	seq.element = element
	return seq
}

// with appends a member unless its value is the empty string.
func (o object) with(name, value string) object {
	if value == "" {
		return o
	}
	return append(o, member{name, value})
}

// respond answers with an object.
func (r *request) respond(o object) *answer {
	a := &answer{status: http.StatusOK, contentType: r.protocol.jsonType()}
	switch r.protocol {
	case protocolQuery:
		x := newXML().open(r.name+"Response", "xmlns", r.api.namespace)
		x.value(r.name+"Result", o)
		x.open("ResponseMetadata").elem("RequestId", requestID).close("ResponseMetadata")
		return xmlAnswer(x.close(r.name + "Response"))
	case protocolCBOR:
		a.contentType, a.header = contentCBOR, map[string]string{"Smithy-Protocol": protocolNameCBOR}
		a.body = appendCBOR(nil, o)
	default:
		a.body = appendJSON(nil, o)
	}
	return a
}

// value writes a value as an element.
func (x *xmlWriter) value(name string, v any) *xmlWriter {
	switch v := v.(type) {
	case object:
		x.open(name)
		for _, m := range v {
			x.value(m.name, m.value)
		}
		return x.close(name)
	case sequence:
		element := v.element
		if element == "" {
			element = "member"
		}
		if len(v.values) == 0 {
			return x.elem(name, "")
		}
		x.open(name)
		for _, item := range v.values {
			x.value(element, item)
		}
		return x.close(name)
	case time.Time:
		return x.elem(name, v.UTC().Format(time.RFC3339))
	}
	return x.elem(name, fmt.Sprint(v))
}

// appendJSON appends a value as JSON. Times are seconds since 1970.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(strconv.AppendQuote(b, m.name), ':')
			b = appendJSON(b, m.value)
		}
		return append(b, '}')
	case sequence:
		b = append(b, '[')
		for i, item := range v.values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case time.Time:
		return strconv.AppendInt(b, v.Unix(), 10)
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only this package's own values come here
	}
	return append(b, text...)
}
