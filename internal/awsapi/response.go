package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/smithy-go"

	"muster/internal/wire"
)

// statusOfError replaces the status of a success that contains an error document, so that
// the document is decoded as one.
const statusOfError = 400

// answer reads a response. An error other than AWS's means that the response is broken.
func (o *Operation) answer(ctx context.Context, resp *http.Response, read func(io.Reader) error) (wire.Object, error) {
	if o.op.Service.ID == "S3" {
		keepExpiry(resp)
	}
	if o.op.Method == http.MethodHead && resp.StatusCode >= 300 { // there is no document to read
		return nil, &smithy.GenericAPIError{Code: strconv.Itoa(resp.StatusCode), Message: http.StatusText(resp.StatusCode)}
	}
	if resp.StatusCode/100 != 2 {
		return o.codec.Response(ctx, resp, WholeLimit)
	}
	body := newHeadReader(resp.Body)
	resp.Body = readCloser{body, resp.Body}
	if o.isError(resp.Header, body.head) {
		resp.StatusCode = statusOfError
		return o.codec.Response(ctx, resp, WholeLimit)
	}
	if read == nil {
		out, err := o.codec.Response(ctx, resp, WholeLimit)
		if err == nil && o.op.Output == nil && o.isXML() { // else a page of a proxy would be a success
			err = o.otherDocument(body.head)
		}
		if err == nil {
			return out, o.checkContent(out, body.head)
		}
		return nil, o.explained(err, body)
	}
	err := read(body)
	if err != nil && !isUnreadable(err) {
		err = &smithy.DeserializationError{Err: err}
	}
	return nil, o.explained(err, body)
}

// isError reports whether a success has the head of an error document.
func (o *Operation) isError(header http.Header, head []byte) bool {
	switch {
	case o.hasOwnForm():
		return false
	case o.isXML():
		return isErrorDocument(head)
	}
	return isJSONError(header, head)
}

// explained returns the error of an answer, or a better one if the whole document is not
// AWS's.
func (o *Operation) explained(err error, body *headReader) error {
	if err == nil || body.err != nil || o.hasOwnForm() {
		return err
	}
	return cmp.Or(o.otherDocument(body.head), err)
}

// checkContent returns an error if an answer lacks a part that AWS always returns. head is the
// beginning of its document.
func (o *Operation) checkContent(out wire.Object, head []byte) error {
	problem := o.listProblem(out)
	if o.lists && !hasBody(o.op, out) && !isEmptyDocument(head) {
		problem = noList
	}
	if problem != "" {
		return &BrokenAnswer{Operation: o.op.Name, Msg: problem}
	}
	return nil
}

// otherDocument returns an error if an answer's head is not of the operation's document.
func (o *Operation) otherDocument(head []byte) error {
	err := checkRoot(o.op.WireName+"Response", head)
	if !o.isXML() {
		trimmed := bytes.TrimSpace(head)
		if len(trimmed) > 0 && trimmed[0] != '<' {
			return nil
		}
		err = fmt.Errorf("the answer of %s is %s", o.op.Name, describe(head))
	}
	if err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	return nil
}

func (o *Operation) isXML() bool {
	return o.op.Service.Protocol == "ec2" || o.op.Service.Protocol == "query"
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

// readCloser is the rest of a body.
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
