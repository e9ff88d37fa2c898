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
)

// Trace follows the calls made under one context.
type Trace struct {
	account  string
	attempts atomic.Int64
	pace     *pace // of its calls to EC2
}

// Attempts is the most tries that one of the calls took; 1 where nothing had to
// be repeated, 0 before the first call.
func (t *Trace) Attempts() int { return int(t.attempts.Load()) }

// count records how many tries a call took. Calls of one trace may overlap.
func (t *Trace) count(attempts int) {
	for {
		most := t.attempts.Load()
		if int64(attempts) <= most || t.attempts.CompareAndSwap(most, int64(attempts)) {
			return
		}
	}
}

type traceKey struct{}

// WithTrace returns a context whose calls are counted, and logged as made for
// the account.
func WithTrace(ctx context.Context, accountID string) (context.Context, *Trace) {
	t := &Trace{account: accountID, pace: newPace()}
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
		if trace != nil {
			trace.count(attempts)
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
