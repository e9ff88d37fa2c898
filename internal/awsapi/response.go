package awsapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/smithy-go"

	"muster/internal/wire"
)

// statusOfError replaces the status of a success that contains an error document, so that
// the document is decoded as one.
const statusOfError = 400

// answer reads a response. The error is as that of wire.Codec.Response.
func (o *Operation) answer(ctx context.Context, resp *http.Response, read func(io.Reader) error) (wire.Object, error) {
	if o.op.Service.ID == "S3" {
		keepExpiry(resp)
	}
	if o.op.Method == http.MethodHead && resp.StatusCode >= 300 { // there is no document to read
		return nil, &smithy.GenericAPIError{Code: strconv.Itoa(resp.StatusCode), Message: http.StatusText(resp.StatusCode)}
	}
	if resp.StatusCode/100 != 2 || o.hasOwnForm() && !o.lists {
		out, err := o.codec.Response(ctx, resp, WholeLimit)
		if err == nil {
			err = o.checkContent(out, nil)
		}
		return out, err
	}
	body := newHeadReader(resp.Body)
	resp.Body = readCloser{body, resp.Body}
	if o.hasOwnForm() {
		out, err := o.codec.Response(ctx, resp, WholeLimit)
		if err == nil {
			err = o.checkContent(out, body.head)
		}
		return out, err
	}
	isXML := o.op.Service.Protocol == "ec2" || o.op.Service.Protocol == "query"
	if isXML && isErrorDocument(body.head) || !isXML && isJSONError(resp.Header, body.head) {
		resp.StatusCode = statusOfError
		return o.codec.Response(ctx, resp, WholeLimit)
	}
	var out wire.Object
	var err error
	if read != nil {
		if err = read(body); err != nil && !isUnreadable(err) {
			err = &smithy.DeserializationError{Err: err}
		}
	} else {
		out, err = o.codec.Response(ctx, resp, WholeLimit)
	}
	if err == nil && read == nil {
		return out, o.checkContent(out, body.head)
	}
	if err == nil || body.err != nil {
		return nil, err
	}
	if wrong := checkRoot(o.op.WireName+"Response", body.head); isXML && wrong != nil {
		err = &smithy.DeserializationError{Err: wrong}
	} else if head := bytes.TrimSpace(body.head); !isXML && (len(head) == 0 || head[0] == '<') {
		err = &smithy.DeserializationError{Err: errors.New("the answer is " + describe(body.head))}
	}
	return nil, err
}

// checkContent returns an error if an answer lacks what AWS always returns. head is the
// beginning of its document.
func (o *Operation) checkContent(out wire.Object, head []byte) error {
	problem := o.contentProblem(out)
	if o.lists && !hasBody(o.op, out) && !isEmptyDocument(head) {
		problem = noList
	}
	if problem != "" {
		return &BrokenAnswer{Operation: o.op.Name, Msg: problem}
	}
	return nil
}

// Decode reads the document of an answer.
func (o *Operation) Decode(document io.Reader) (wire.Object, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(document), ContentLength: -1}
	return o.codec.Response(context.Background(), resp, WholeLimit)
}

// hasOwnForm reports whether an answer may be of any form: S3's are, and a member can be
// the whole body.
func (o *Operation) hasOwnForm() bool {
	protocol := o.op.Service.Protocol
	return protocol == "rest-xml" || protocol == "smithy-rpc-v2-cbor" || o.op.Output != nil && o.op.Output.Traits().Payload != ""
}

// headSize is enough of an answer to find the root of its document.
const headSize = 512

// readCloser is a body of which some has been read already.
type readCloser struct {
	io.Reader
	io.Closer
}

// headReader keeps the head of a body, and the first error other than io.EOF.
type headReader struct {
	io.Reader
	head   []byte
	unread []byte // the part of head that Read has not returned yet
	err    error
}

func newHeadReader(body io.Reader) *headReader {
	r := &headReader{Reader: body}
	head := make([]byte, headSize)
	n, err := io.ReadFull(body, head)
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		r.err = err
	}
	r.head, r.unread = head[:n], head[:n]
	return r
}

func (r *headReader) Read(p []byte) (int, error) {
	switch {
	case len(r.unread) > 0:
		n := copy(p, r.unread)
		r.unread = r.unread[n:]
		return n, nil
	case r.err != nil:
		return 0, r.err
	}
	n, err := r.Reader.Read(p)
	if err != io.EOF {
		r.err = err
	}
	return n, err
}
