package awsapi

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/timing"
)

// Trace follows the calls that are made with one context.
type Trace struct {
	account  string
	attempts atomic.Int64
	limiters rateLimiters // of its calls, by service
}

// Attempts returns the highest number of attempts of any call: 1 if no call was retried,
// 0 before the first call.
func (t *Trace) Attempts() int { return int(t.attempts.Load()) }

// count records the attempts of a call. Calls of one trace may overlap.
func (t *Trace) count(attempts int) {
	for {
		highest := t.attempts.Load()
		if int64(attempts) <= highest || t.attempts.CompareAndSwap(highest, int64(attempts)) {
			return
		}
	}
}

type traceKey struct{}

// WithTrace returns a context for calls about one account. The trace counts their
// attempts, the log names the account, and the calls to one service share a rate limiter.
func WithTrace(ctx context.Context, accountID string) (context.Context, *Trace) {
	t := &Trace{account: accountID}
	return context.WithValue(ctx, traceKey{}, t), t
}

// logCalls records and measures the SDK's calls.
func logCalls(log *slog.Logger, timings *timing.Run) func(*middleware.Stack) error {
	m := middleware.InitializeMiddlewareFunc("LogCalls", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		ctx, start := timings.StartCall(ctx), time.Now()
		out, metadata, err := next.HandleInitialize(ctx, in)
		attempts := 1
		if results, ok := retry.GetAttemptResults(metadata); ok {
			attempts = len(results.Results)
		}
		finishedCall{
			awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), awsmiddleware.GetRegion(ctx), attempts, time.Since(start), err,
		}.record(ctx, log)
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(m, middleware.After) }
}

// finishedCall describes a call that has ended.
type finishedCall struct {
	service, operation, region string
	attempts                   int
	duration                   time.Duration
	err                        error
}

// record counts the call's attempts, ends its timing and logs its names, duration and error. It logs no
// header, body or URL, since these carry secrets.
func (c finishedCall) record(ctx context.Context, log *slog.Logger) {
	trace, _ := ctx.Value(traceKey{}).(*Trace)
	if trace != nil {
		trace.count(max(1, c.attempts))
	}
	timing.CallOf(ctx).End(c.service, c.operation, c.attempts)
	if log == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("service", c.service),
		slog.String("operation", c.operation),
		slog.String("region", c.region),
		slog.Duration("duration", c.duration.Round(time.Microsecond)),
		slog.Int("retries", max(1, c.attempts)-1),
	}
	if trace != nil && trace.account != "" {
		attrs = append(attrs, slog.String("account", trace.account))
	}
	if c.err != nil {
		failure := Explain(c.err)
		attrs = append(attrs, slog.String("code", failure.Code), slog.String("error", failure.Message))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "call", attrs...)
}

// userAgent adds NAME/VERSION to the User-Agent header.
func userAgent(name string) func(*middleware.Stack) error {
	key, version, _ := strings.Cut(name, "/")
	if key == "" {
		return func(*middleware.Stack) error { return nil }
	}
	return awsmiddleware.AddUserAgentKeyValue(key, version)
}
