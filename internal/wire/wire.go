// Package wire turns an operation of the catalogue and its input into an HTTP request,
// and a response into a value or AWS's error. The protocols are smithy-go's; the
// schemas that drive them are built from the catalogue when an operation is first used.
// Only the XML of successful responses has a decoder of its own: see xml.go.
//
// The package is pure: it has no clock and no network, and it neither signs requests
// nor chooses hosts.
package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/traits"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/aws/smithy-go/transport/http/protocol/ec2query"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"
	"github.com/aws/smithy-go/transport/http/protocol/restxml"
	"github.com/aws/smithy-go/transport/http/protocol/rpcv2"

	"muster/internal/catalog"
)

// Codec encodes the requests and decodes the responses of one operation. It is safe
// for concurrent use.
type Codec struct {
	operation    *catalog.Operation
	protocolName string // in the catalogue
	protocol     smithyhttp.ClientProtocol
	schema       *smithy.OperationSchema
	input        *node // nil: none
	output       *node // nil: none
	stream       string
}

// For returns the codec of an operation.
func For(o *catalog.Operation) (*Codec, error) { return ForProtocol(o, o.Service.Protocol) }

// ForProtocol is For with another protocol of the service than botocore's choice.
func ForProtocol(o *catalog.Operation, protocol string) (*Codec, error) {
	s := serviceOf(o.Service, protocol)
	if s.protocol == nil {
		return nil, fmt.Errorf("%s %s: unknown protocol %q", o.Service.Name, o.CLIName, protocol)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Codec{operation: o, protocolName: protocol, protocol: s.protocol}
	var in, out *smithy.Schema
	if o.Input != nil {
		c.input = s.inputs.node(o.Input)
		in = c.input.schema
	}
	if o.Output != nil {
		c.output = s.outputs.node(o.Output)
		out = c.output.schema
		if m := o.StreamOutput(); m != nil {
			c.stream = m.Name
		}
	}
	op := smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: o.WireName}, smithy.ShapeTypeOperation, 0, &traits.HTTP{Method: o.Method, URI: o.URI, Code: http.StatusOK})
	c.schema = smithy.NewOperationSchema(op, in, out)
	return c, nil
}

// service has the parts that a service's operations share.
type service struct {
	mu       sync.Mutex
	inputs   builder                   // of messages that are written
	outputs  builder                   // of messages that are read
	protocol smithyhttp.ClientProtocol // nil where it is unknown
}

type serviceKey struct {
	service  *catalog.Service
	protocol string
}

var services sync.Map // of *service by serviceKey

func serviceOf(s *catalog.Service, protocol string) *service {
	key := serviceKey{s, protocol}
	if known, ok := services.Load(key); ok {
		return known.(*service)
	}
	known, _ := services.LoadOrStore(key, &service{
		inputs:   builder{protocol: protocol, nodes: map[*catalog.Shape]*node{}},
		outputs:  builder{protocol: protocol, output: true, nodes: map[*catalog.Shape]*node{}, headers: &builder{protocol: protocol, nodes: map[*catalog.Shape]*node{}}},
		protocol: newProtocol(s, protocol),
	})
	return known.(*service)
}

func newProtocol(s *catalog.Service, protocol string) smithyhttp.ClientProtocol {
	name := s.TargetPrefix
	var ts []smithy.Trait
	if s.QueryCompatible {
		ts = append(ts, &traits.AWSQueryCompatible{})
	}
	if s.XMLNamespace != "" {
		ts = append(ts, &traits.XMLNamespace{URI: s.XMLNamespace})
	}
	schema := smithy.NewServiceSchema(smithy.NewSchema(smithy.ShapeID{Namespace: "aws", Name: name}, smithy.ShapeTypeService, 0, ts...), s.Version)
	switch protocol {
	case "ec2":
		return ec2query.New(schema)
	case "query":
		return awsquery.New(schema)
	case "json":
		if s.JSONVersion == "1.1" {
			return awsjson.New11(schema)
		}
		return awsjson.New10(schema)
	case "rest-json":
		return restjson1.New(schema)
	case "rest-xml":
		return restxml.New(schema)
	case "smithy-rpc-v2-cbor":
		return rpcv2.NewCBOR(schema)
	}
	return nil
}

// Request returns the request for an input. Its URL has the path and the query, but no
// host. The body can be read again through GetBody.
func (c *Codec) Request(ctx context.Context, in Object) (out *http.Request, err error) {
	defer c.recovered(&err)
	req := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	req.URL.Path = ""
	ctx = middleware.WithOperationName(ctx, c.operation.WireName)
	if err := c.protocol.SerializeRequest(ctx, c.schema, &encoder{node: c.input, value: in}, req); err != nil {
		return nil, fmt.Errorf("%s: %w", c.operation.Name, err)
	}
	if req.URL.Path == "" {
		req.URL.Path = "/"
	}
	out = req.Request.WithContext(ctx)
	stream := req.GetStream()
	if stream == nil || c.hasEmptyXML(in) {
		out.Body, out.ContentLength = http.NoBody, 0
		out.Header.Del("Content-Type")
		return out, nil
	}
	body, err := io.ReadAll(stream)
	if err != nil {
		return nil, err
	}
	out.ContentLength = int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, err = out.GetBody()
	return out, err
}

// hasEmptyXML reports whether the body of a request is an XML element with nothing in
// it. Other clients do not send it.
func (c *Codec) hasEmptyXML(in Object) bool {
	if c.input == nil || c.protocol.ID().Name != "restXml" {
		return false
	}
	for _, m := range c.input.members {
		if m.location == catalog.Body && in.Get(m.name) != nil {
			return false
		}
	}
	return true
}

// Response reads a response. AWS's error is a *smithy.GenericAPIError; any other error
// means that the response is broken. A response of more than limit bytes is an error.
func (c *Codec) Response(ctx context.Context, resp *http.Response, limit int64) (object Object, err error) {
	defer c.recovered(&err)
	body := &bounded{ReadCloser: resp.Body, left: limit}
	bound := *resp
	bound.Body = body
	object, err = c.response(ctx, &bound)
	if err == nil && c.output != nil && object == nil {
		object = Object{}
	}
	if err != nil && body.left < 0 {
		err = fmt.Errorf("%s: the response has more than %d bytes", c.operation.Name, limit)
	}
	return object, err
}

// recovered turns a panic into an error: smithy-go panics where a protocol has no form
// for a value.
func (c *Codec) recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("%s: smithy-go cannot encode or decode it: %v", c.operation.Name, cause)
	}
}

func (c *Codec) response(ctx context.Context, resp *http.Response) (Object, error) {
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	large := resp.ContentLength < 0 || resp.ContentLength > 1<<16
	switch protocol := c.protocol.ID().Name; {
	case success && protocol == "ec2Query":
		return c.queryResponse(resp.Body, large, c.operation.WireName+"Response")
	case success && protocol == "awsQuery":
		return c.queryResponse(resp.Body, large, c.operation.WireName+"Result")
	case success && protocol == "restXml" && c.output != nil && c.stream == "" && !c.rawPayload():
		// smithy-go leaves the body of a stream alone, and reads the headers.
		out := &streamDecoder{decoder: &decoder{node: c.output}}
		if err := c.protocol.DeserializeResponse(ctx, c.schema, noTypes, &smithyhttp.Response{Response: resp}, out); err != nil {
			return nil, err
		}
		return c.restXMLResponse(resp.Body, large, out.value)
	}
	return c.smithyResponse(ctx, resp)
}

// smithyResponse reads a response with smithy-go's decoder.
func (c *Codec) smithyResponse(ctx context.Context, resp *http.Response) (Object, error) {
	d := &decoder{node: c.output}
	var out smithy.Deserializable = d
	if c.stream != "" {
		out = &streamDecoder{decoder: d, member: c.stream}
	}
	c.guard(resp)
	failed := new(bytes.Buffer)
	if resp.StatusCode >= 300 {
		resp.Body = io.NopCloser(io.TeeReader(resp.Body, failed))
	}
	err := c.protocol.DeserializeResponse(ctx, c.schema, noTypes, &smithyhttp.Response{Response: resp}, out)
	if s, ok := out.(*streamDecoder); ok && err == nil {
		err = s.finish()
	}
	if err != nil && c.protocol.ID().Name == "rpcv2Cbor" {
		err = withMessage(err, failed.Bytes())
	}
	return d.value, err
}

// rawPayload reports whether a member is the body itself, as text or bytes.
func (c *Codec) rawPayload() bool {
	return slices.ContainsFunc(c.output.members, func(m *member) bool { return m.raw })
}

// withMessage adds a message that smithy-go's CBOR protocol overlooks: it reads the
// member message, while services also send Message.
func withMessage(err error, body []byte) error {
	api := (*smithy.GenericAPIError)(nil)
	if !errors.As(err, &api) || api.Message != "UnknownError" {
		return err
	}
	value, _ := cbor.Decode(body)
	members, _ := value.(cbor.Map)
	if text, ok := members["Message"].(cbor.String); ok {
		api.Message = string(text)
	}
	return err
}

// noTypes leaves AWS's errors in their general form.
var noTypes = &smithy.TypeRegistry{}

// bounded ends with an error where a body is longer than it may be.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// HostPrefix returns the prefix of the host for an input: "" for most operations.
func (c *Codec) HostPrefix(in Object) (string, error) {
	prefix := c.operation.HostPrefix
	for {
		before, rest, found := strings.Cut(prefix, "{")
		if !found {
			return prefix, nil
		}
		name, after, _ := strings.Cut(rest, "}")
		label, _ := in.Get(name).(string)
		if !isHostLabel(label) {
			return "", fmt.Errorf("%s: %q is part of a host name and can have letters, digits and dashes only", name, label)
		}
		prefix = before + label + after
	}
}

func isHostLabel(s string) bool {
	return s != "" && len(s) < 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
}
