package wire

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/restxml"

	"muster/internal/catalog"
)

// Answer returns a successful response of the operation with an output, as a service
// sends it. It is the opposite of Response. The output has the types that its shape asks
// for, as Input makes them.
//
// smithy-go has serializers of requests only. But a response has its members in the same
// places as a request, so that its serializers write an output as the input of another
// operation. The query protocols answer with the XML of rest-xml.
func (c *Codec) Answer(ctx context.Context, out Object) (resp *http.Response, err error) {
	defer c.recovered(&err)
	resp = &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
	if c.output == nil {
		return resp, nil
	}
	for _, m := range c.output.members {
		if code, ok := out.Get(m.name).(int64); ok && m.location == catalog.Status {
			resp.StatusCode, out = int(code), out.Without(m.name)
		}
	}
	e, protocol := c.answerEncoder(out)
	op := smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: c.operation.WireName}, smithy.ShapeTypeOperation, 0, &traits.HTTP{Method: "POST", URI: "/", Code: http.StatusOK})
	req := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	if err := protocol.SerializeRequest(ctx, smithy.NewOperationSchema(op, e.node.schema, nil), e, req); err != nil {
		return nil, fmt.Errorf("%s: %w", c.operation.Name, err)
	}
	resp.Header = req.Header
	for _, name := range []string{"Accept", "X-Amz-Target", "X-Amzn-Query-Mode"} { // of requests
		resp.Header.Del(name)
	}
	var body []byte
	if stream := req.GetStream(); stream != nil {
		if body, err = io.ReadAll(stream); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// answerEncoder returns the encoder of an output, and the protocol that writes it.
func (c *Codec) answerEncoder(out Object) (*answerEncoder, smithyhttp.ClientProtocol) {
	s := c.operation.Service
	of := serviceOf(s, c.protocolName)
	of.mu.Lock()
	defer of.mu.Unlock()
	name := c.operation.WireName + "Response"
	e := &answerEncoder{value: out}
	switch c.protocolName {
	case "ec2":
		e.node = of.inputs.root(c.operation.Output, name)
	case "query":
		e.node = of.inputs.root(c.operation.Output, c.operation.WireName+"Result")
		e.around = smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: name}, smithy.ShapeTypeStructure, 1)
		e.result = e.around.AddMember(c.operation.WireName+"Result", e.node.schema)
	default:
		e.node = of.inputs.root(c.operation.Output, cmp.Or(c.operation.Output.Traits().Name, name))
		return e, c.protocol
	}
	space := cmp.Or(s.XMLNamespace, "http://ec2.amazonaws.com/doc/"+s.Version+"/")
	return e, restxml.New(smithy.NewServiceSchema(smithy.NewSchema(
		smithy.ShapeID{Namespace: "aws", Name: s.Name}, smithy.ShapeTypeService, 0, &traits.XMLNamespace{URI: space}), s.Version))
}

// root returns a node of a shape whose XML element has a name of its own.
func (b *builder) root(s *catalog.Shape, name string) *node {
	n := &node{shape: s, schema: smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: name}, smithy.ShapeTypeStructure, len(s.Members()))}
	b.addParts(n)
	return n
}

// answerEncoder writes an output.
type answerEncoder struct {
	node   *node
	value  Object
	around *smithy.Schema // the element around that of the output; nil: none
	result *smithy.Schema // the output as its member
}

// Serialize implements smithy.Serializable.
func (e *answerEncoder) Serialize(s smithy.ShapeSerializer) {
	if e.around == nil {
		e.node.encodeStruct(s, e.node.schema, e.value)
		return
	}
	s.WriteStruct(e.around)
	e.node.encodeStruct(s, e.result, e.value)
	s.CloseStruct()
}
