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

// ReadAnswer makes an operation's answer be read by read instead of the SDK; the
// operation then returns result as it is, or where that is nil, what the SDK makes
// of the same answer. Signing, retries, endpoints and the reading of errors stay
// the SDK's. An answer that read refuses is asked for again.
func ReadAnswer(read func(io.Reader) error, result any) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		sdk, ok := stack.Deserialize.Get(deserializer)
		if !ok {
			return fmt.Errorf("the SDK has no %s", deserializer)
		}
		if _, err := stack.Deserialize.Remove(requirement); err != nil { // what read refuses tells as much
			return err
		}
		_, err := stack.Deserialize.Swap(deserializer, middleware.DeserializeMiddlewareFunc(deserializer, func(
			ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
		) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			resp, ok := out.RawResponse.(*smithyhttp.Response)
			if !ok {
				return out, metadata, err
			}
			bySDK := func() (middleware.DeserializeOutput, middleware.Metadata, error) {
				return sdk.HandleDeserialize(ctx, in, middleware.DeserializeHandlerFunc(func(
					context.Context, middleware.DeserializeInput,
				) (middleware.DeserializeOutput, middleware.Metadata, error) {
					return out, metadata, nil
				}))
			}
			if err == nil {
				if resp.StatusCode/100 != 2 {
					return bySDK()
				}
				begun := &beginning{Reader: resp.Body}
				var copied bytes.Buffer
				var refused error
				if result != nil {
					refused = read(begun)
				} else {
					refused = read(io.TeeReader(begun, &copied))
				}
				switch {
				case refused != nil:
					if begun.err == nil {
						refused = cmp.Or(misanswered(ctx, begun.head[:begun.n]), refused)
					}
					err = &smithy.DeserializationError{Err: refused}
				case result == nil:
					resp.Body = struct {
						io.Reader
						io.Closer
					}{&copied, resp.Body}
					return bySDK()
				}
			}
			smithyhttp.CloseResponseBody(ctx, resp, false, err) // as the SDK's own does, whatever came of it
			out.Result = result
			return out, metadata, err
		}))
		return err
	}
}

// deserializer is what the SDK calls the step that reads an answer, requirement
// the one behind it.
const deserializer, requirement = "OperationDeserializer", "RequireAnswer"

// headSize is what an answer is told by: its root is within so many bytes.
const headSize = 512

// beginning keeps the first bytes that are read, and the first error but the end.
type beginning struct {
	io.Reader
	head [headSize]byte
	n    int
	err  error
}

func (b *beginning) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n += copy(b.head[b.n:], p[:n])
	if err != io.EOF && b.err == nil {
		b.err = err
	}
	return n, err
}

// requireAnswer refuses an EC2 answer that is not the document asked for. The
// SDK reads an empty body, or the well-formed page of a captive portal, as an
// empty list: a region that could not be looked at would seem to hold nothing.
func requireAnswer(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get(deserializer); !ok {
		return nil
	}
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc(requirement, func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || resp.StatusCode/100 != 2 || awsmiddleware.GetServiceID(ctx) != "EC2" {
			return out, metadata, err
		}
		head := make([]byte, headSize)
		n, readErr := io.ReadFull(resp.Body, head)
		head = head[:n]
		if errors.Is(readErr, io.EOF) || errors.Is(readErr, io.ErrUnexpectedEOF) {
			readErr = nil
		}
		if refused := cmp.Or(readErr, misanswered(ctx, head)); refused != nil {
			return out, metadata, &smithy.DeserializationError{Err: refused}
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
		return out, metadata, nil
	}), deserializer, middleware.After)
}

// misanswered says what came instead of the operation's answer; nil where it seems
// to be that.
func misanswered(ctx context.Context, head []byte) error {
	root := awsmiddleware.GetOperationName(ctx) + "Response"
	if bytes.Contains(head, []byte("<"+root)) {
		return nil
	}
	return fmt.Errorf("the answer is not a %s but %s", root, describe(head))
}

func describe(head []byte) string {
	text := bytes.ToLower(bytes.TrimSpace(head))
	switch {
	case len(text) == 0:
		return "empty"
	case bytes.Contains(text, []byte("<html")) || bytes.HasPrefix(text, []byte("<!doctype html")):
		return "an HTML page (a proxy or sign-in page in between?)"
	case text[0] == '<':
		return "another XML document"
	}
	return "something else"
}
