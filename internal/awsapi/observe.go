package awsapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Trace follows the calls made under one context.
type Trace struct {
	account  string
	attempts atomic.Int64
}

// Attempts is the most tries that one of the calls took; 1 where nothing had to
// be repeated, 0 before the first call.
func (t *Trace) Attempts() int { return int(t.attempts.Load()) }

type traceKey struct{}

// WithTrace returns a context whose calls are counted, and logged as made for
// the account.
func WithTrace(ctx context.Context, accountID string) (context.Context, *Trace) {
	t := &Trace{account: accountID}
	return context.WithValue(ctx, traceKey{}, t), t
}

// observe counts attempts and logs each call: names, duration and outcome, no
// header, body or URL, since those carry secrets.
func observe(log *slog.Logger) func(*middleware.Stack) error {
	m := middleware.InitializeMiddlewareFunc("Observe", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		start := time.Now()
		out, metadata, err := next.HandleInitialize(ctx, in)
		attempts := 1
		if results, ok := retry.GetAttemptResults(metadata); ok {
			attempts = max(1, len(results.Results))
		}
		trace, _ := ctx.Value(traceKey{}).(*Trace)
		if trace != nil && int64(attempts) > trace.attempts.Load() {
			trace.attempts.Store(int64(attempts))
		}
		if log != nil {
			attrs := []slog.Attr{
				slog.String("service", awsmiddleware.GetServiceID(ctx)),
				slog.String("operation", awsmiddleware.GetOperationName(ctx)),
				slog.String("region", awsmiddleware.GetRegion(ctx)),
				slog.Duration("duration", time.Since(start).Round(time.Microsecond)),
				slog.Int("retries", attempts-1),
			}
			if trace != nil && trace.account != "" {
				attrs = append(attrs, slog.String("account", trace.account))
			}
			if err != nil {
				failure := Explain(err)
				attrs = append(attrs, slog.String("code", failure.Code), slog.String("error", failure.Message))
			}
			log.LogAttrs(ctx, slog.LevelDebug, "call", attrs...)
		}
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(m, middleware.After) }
}

func userAgent(name string) func(*middleware.Stack) error {
	key, version, _ := strings.Cut(name, "/")
	if key == "" {
		return func(*middleware.Stack) error { return nil }
	}
	return awsmiddleware.AddUserAgentKeyValue(key, version)
}

// requireAnswer refuses an EC2 answer that is not the document asked for. The
// SDK reads an empty body, or the well-formed page of a captive portal, as an
// empty list: a region that could not be looked at would seem to hold nothing.
func requireAnswer(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get("OperationDeserializer"); !ok {
		return nil
	}
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("RequireAnswer", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || resp.StatusCode/100 != 2 || awsmiddleware.GetServiceID(ctx) != "EC2" {
			return out, metadata, err
		}
		root := awsmiddleware.GetOperationName(ctx) + "Response"
		head := make([]byte, 1024)
		n, readErr := io.ReadFull(resp.Body, head)
		head = head[:n]
		if readErr != nil && !errors.Is(readErr, io.EOF) && !errors.Is(readErr, io.ErrUnexpectedEOF) {
			return out, metadata, &smithy.DeserializationError{Err: readErr}
		}
		if !bytes.Contains(head, []byte("<"+root)) {
			return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("the answer is not a %s but %s", root, describe(head))}
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
		return out, metadata, nil
	}), "OperationDeserializer", middleware.After)
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
