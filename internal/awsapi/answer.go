package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK's deserializer stands between two checks of muster's: one of the document before
// it is decoded, one of the decoded answer.
const deserializer, documentCheck, contentCheck = "OperationDeserializer", "CheckDocument", "CheckContent"

// statusOfError replaces the status of a success that contains an error document, so that
// the SDK decodes the error.
const statusOfError = 400

// WithDecoder returns an API option that lets decode read an operation's answer, of up to
// limit bytes, instead of the SDK. The operation then returns result; if result is nil, the
// SDK decodes the same answer, too. An error of decode makes the SDK retry the call.
// Signing, retries, endpoints and the decoding of errors stay the SDK's.
func WithDecoder(limit int64, decode func(io.Reader) error, result any) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		sdk, ok := stack.Deserialize.Get(deserializer)
		if !ok {
			return fmt.Errorf("the SDK has no %s", deserializer)
		}
		for _, check := range []string{documentCheck, contentCheck} { // decode checks as much
			if _, err := stack.Deserialize.Remove(check); err != nil {
				return err
			}
		}
		_, err := stack.Deserialize.Swap(deserializer, &answerDecoder{limit, decode, result, sdk})
		return err
	}
}

// answerDecoder is the deserializer of WithDecoder.
type answerDecoder struct {
	limit  int64
	decode func(io.Reader) error
	result any
	sdk    middleware.DeserializeMiddleware
}

func (*answerDecoder) ID() string { return deserializer }

func (d *answerDecoder) HandleDeserialize(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(withLimit(ctx, d.limit), in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok || err != nil {
		return out, metadata, err
	}
	decodeBySDK := func() (middleware.DeserializeOutput, middleware.Metadata, error) {
		return d.sdk.HandleDeserialize(ctx, in, middleware.DeserializeHandlerFunc(func(
			context.Context, middleware.DeserializeInput,
		) (middleware.DeserializeOutput, middleware.Metadata, error) {
			return out, metadata, nil
		}))
	}
	body := &headReader{Reader: resp.Body}
	if resp.StatusCode/100 == 2 {
		body.readHead()
		resp.Body = readCloser{body, resp.Body}
		if isErrorDocument(body.head) {
			resp.StatusCode = statusOfError
		}
	}
	if resp.StatusCode/100 != 2 {
		return decodeBySDK()
	}
	var copied bytes.Buffer
	var from io.Reader = body
	if d.result == nil {
		from = io.TeeReader(body, &copied)
	}
	decodeErr := d.decode(from)
	if decodeErr == nil && d.result == nil {
		resp.Body = readCloser{&copied, resp.Body}
		return decodeBySDK()
	}
	if decodeErr != nil {
		if body.err == nil {
			decodeErr = cmp.Or(checkRoot(ctx, body.head), decodeErr)
		}
		err = &smithy.DeserializationError{Err: decodeErr}
		resp.Body.Close() // so that CloseResponseBody does not read the rest
	}
	smithyhttp.CloseResponseBody(ctx, resp, false, err) // as the SDK's deserializer does
	out.Result = d.result
	return out, metadata, err
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

// readHead reads the head before the first Read.
func (r *headReader) readHead() {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r.Reader, head)
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		r.err = err
	}
	r.head, r.unread = head[:n], head[:n]
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

// checkAnswers rejects answers that are not the expected document, or lack what AWS always
// returns. The SDK decodes an empty body, null, or the page of a captive portal as an empty
// list: a region that could not be looked at would seem to be empty.
func checkAnswers(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get(deserializer); !ok {
		return nil
	}
	document := middleware.DeserializeMiddlewareFunc(documentCheck, handleDocument)
	if err := stack.Deserialize.Insert(document, deserializer, middleware.After); err != nil {
		return err
	}
	content := middleware.DeserializeMiddlewareFunc(contentCheck, handleContent)
	return stack.Deserialize.Insert(content, deserializer, middleware.Before)
}

// handleDocument checks an answer before the SDK decodes it.
func handleDocument(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.StatusCode/100 != 2 || !hasAnswer(ctx) {
		return out, metadata, err
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		var isError bool
		if isError, err = checkDocument(ctx, resp.Header, text); isError {
			resp.StatusCode = statusOfError
		}
	}
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	resp.Body = readCloser{bytes.NewReader(text), resp.Body}
	return out, metadata, nil
}

// handleContent checks an answer after the SDK has decoded it.
func handleContent(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if err == nil {
		if problem := contentProblem(out.Result); problem != "" {
			err = &BrokenAnswer{Operation: awsmiddleware.GetOperationName(ctx), Msg: problem}
		}
	}
	return out, metadata, err
}
