package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ReadAnswer makes an operation's answer of up to limit bytes be read by read instead
// of the SDK; the operation then returns result as it is, or where that is nil, what
// the SDK makes of the same answer. Signing, retries, endpoints and the reading of
// errors stay the SDK's. An answer that read refuses is asked for again.
func ReadAnswer(limit int64, read func(io.Reader) error, result any) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		sdk, ok := stack.Deserialize.Get(deserializer)
		if !ok {
			return fmt.Errorf("the SDK has no %s", deserializer)
		}
		for _, check := range []string{formCheck, contentCheck} { // what read refuses tells as much
			if _, err := stack.Deserialize.Remove(check); err != nil {
				return err
			}
		}
		_, err := stack.Deserialize.Swap(deserializer, middleware.DeserializeMiddlewareFunc(deserializer, func(
			ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
		) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleDeserialize(withLimit(ctx, limit), in)
			resp, ok := out.RawResponse.(*smithyhttp.Response)
			if !ok || err != nil {
				return out, metadata, err
			}
			bySDK := func() (middleware.DeserializeOutput, middleware.Metadata, error) {
				return sdk.HandleDeserialize(ctx, in, middleware.DeserializeHandlerFunc(func(
					context.Context, middleware.DeserializeInput,
				) (middleware.DeserializeOutput, middleware.Metadata, error) {
					return out, metadata, nil
				}))
			}
			begun := &beginning{Reader: resp.Body}
			if resp.StatusCode/100 == 2 {
				begun.peek()
				resp.Body = reader{begun, resp.Body}
				if isErrorDocument(begun.head) {
					resp.StatusCode = statusOfError
				}
			}
			if resp.StatusCode/100 != 2 {
				return bySDK()
			}
			var copied bytes.Buffer
			var refused error
			if result != nil {
				refused = read(begun)
			} else {
				refused = read(io.TeeReader(begun, &copied))
			}
			refused = finalIfTooLarge(refused)
			if refused == nil && result == nil {
				resp.Body = reader{&copied, resp.Body}
				return bySDK()
			}
			if refused != nil {
				if begun.err == nil {
					refused = cmp.Or(misanswered(ctx, begun.head), refused)
				}
				err = &smithy.DeserializationError{Err: refused}
				resp.Body.Close() // whatever is left of it would be read to its end
			}
			smithyhttp.CloseResponseBody(ctx, resp, false, err) // as the SDK's own does, whatever came of it
			out.Result = result
			return out, metadata, err
		}))
		return err
	}
}

// finalIfTooLarge turns the error of an answer that is too large to read, which has the
// marker method TooLarge, into one that is not retried.
func finalIfTooLarge(err error) error {
	var tooLarge interface {
		error
		TooLarge()
	}
	if errors.As(err, &tooLarge) {
		return &BrokenAnswer{Msg: "answered with " + tooLarge.Error(), Final: true}
	}
	return err
}

// deserializer is what the SDK calls the step that reads an answer. It stands
// between the two checks: the first sees the answer, the second what was read.
const deserializer, formCheck, contentCheck = "OperationDeserializer", "CheckForm", "CheckContent"

// statusOfError takes the place of a success that has an error in it, so that the
// SDK reads it as that.
const statusOfError = 400

// headSize is what an answer is told by: its root is within so many bytes.
const headSize = 512

// reader is a body with some of it read already.
type reader struct {
	io.Reader
	io.Closer
}

// beginning keeps the first bytes of what it reads, and the first error but the end.
type beginning struct {
	io.Reader
	head []byte
	rest []byte // of head, still to be read
	err  error
}

// peek reads the head ahead.
func (b *beginning) peek() {
	head := make([]byte, headSize)
	n, err := io.ReadFull(b.Reader, head)
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		b.err = err
	}
	b.head, b.rest = head[:n], head[:n]
}

func (b *beginning) Read(p []byte) (int, error) {
	switch {
	case len(b.rest) > 0:
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	case b.err != nil:
		return 0, b.err
	}
	n, err := b.Reader.Read(p)
	if err != io.EOF {
		b.err = err
	}
	return n, err
}

// checkAnswers refuses the answers that are not the document asked for, or lack what
// AWS always gives. The SDK reads an empty body, null, or the well-formed page of a
// captive portal, as an empty list: a region that could not be looked at would seem
// to hold nothing.
func checkAnswers(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get(deserializer); !ok {
		return nil
	}
	err := stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc(formCheck, func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || resp.StatusCode/100 != 2 || !answers(ctx) {
			return out, metadata, err
		}
		text, err := io.ReadAll(resp.Body)
		if err == nil {
			var failed bool
			if failed, err = checkForm(ctx, resp.Header, text); failed {
				resp.StatusCode = statusOfError
			}
		}
		if err != nil {
			return out, metadata, &smithy.DeserializationError{Err: err}
		}
		resp.Body = reader{bytes.NewReader(text), resp.Body}
		return out, metadata, nil
	}), deserializer, middleware.After)
	if err != nil {
		return err
	}
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc(contentCheck, func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil {
			if lacks := lacking(out.Result); lacks != "" {
				err = &BrokenAnswer{Operation: awsmiddleware.GetOperationName(ctx), Msg: lacks}
			}
		}
		return out, metadata, err
	}), deserializer, middleware.Before)
}
