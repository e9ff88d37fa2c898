package awsapi

import (
	"bytes"
	"context"
	"io"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// deserializer is the SDK's. It stands between two checks of muster's: one of the document
// before it is decoded, one of the decoded answer.
const deserializer = "OperationDeserializer"

// checkAnswers rejects answers that are not the expected document, or lack a part that AWS
// always returns. The SDK decodes an empty body, null, or the page of a captive portal as an empty
// list: a region that could not be looked at would seem to be empty.
func checkAnswers(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get(deserializer); !ok {
		return nil
	}
	document := middleware.DeserializeMiddlewareFunc("CheckDocument", handleDocument)
	if err := stack.Deserialize.Insert(document, deserializer, middleware.After); err != nil {
		return err
	}
	content := middleware.DeserializeMiddlewareFunc("CheckContent", handleContent)
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
