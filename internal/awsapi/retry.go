package awsapi

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// How often a call is made at most, by its failure, unless AWS_MAX_ATTEMPTS is set. AWS
// expects throttled callers to retry; a failing server is worth a few tries; a silent one
// has already cost a whole time-out.
const (
	attemptsThrottled = 12
	attemptsTransient = 5
	attemptsTimeout   = 2
	attemptsSkewed    = 2 // the second is signed for the time of the server's answer

	// attemptsRateLimited of a throttled call need no backoff: the rate limiter delays them.
	attemptsRateLimited = 6

	maxBackoff = 20 * time.Second
)

// requestExpired is EC2's code for a request whose time differs too much from its own.
const requestExpired = "RequestExpired"

// retryer decides about the retries of each call separately. The SDK's own retryer has a quota
// that all calls of a client share; in a wide sweep it runs out, and calls fail that one
// more try would have saved.
type retryer struct {
	attempts int // AWS_MAX_ATTEMPTS; 0: by failure
}

func newRetryer(attempts int) aws.Retryer { return &retryer{attempts: attempts} }

func (r *retryer) IsErrorRetryable(err error) bool { return r.maxAttempts(err) > 1 }

// maxAttempts returns how often a call that failed with err is made at most.
func (r *retryer) maxAttempts(err error) int {
	if errors.As(err, new(*smithy.OperationError)) {
		// Another operation (AssumeRole for this call's credentials) has failed after
		// all its own attempts.
		return 1
	}
	if signin := (*federationError)(nil); errors.As(err, &signin) && signin.cause != nil {
		return r.maxAttempts(signin.cause)
	}
	var answer *BrokenAnswer
	broken := errors.As(err, &answer)
	if isUntrusted(err) || broken && answer.Final || errors.Is(err, errTooSlow) {
		return 1
	}
	attempts := 1 // errors of the caller stay errors
	failure := explain(err)
	switch {
	case failure.Code == notImplemented:
	case failure.Kind == Throttled:
		attempts = attemptsThrottled
	case failure.Code == requestExpired:
		return attemptsSkewed
	case isTimeout(err):
		attempts = attemptsTimeout
	case failure.Kind == Unreachable, broken, isUnreadable(err), errors.Is(err, io.ErrUnexpectedEOF), isCorrected(err):
		attempts = attemptsTransient
	}
	if r.attempts > 0 && attempts > 1 {
		return r.attempts
	}
	return attempts
}

// MaxAttempts returns the maximum over all failures; RetryDelay applies each one's own.
func (r *retryer) MaxAttempts() int {
	if r.attempts > 0 {
		return r.attempts
	}
	return attemptsThrottled
}

// RetryDelay returns how long to wait after an attempt; the first is 1. The delay is
// random, so that calls that were throttled together do not come back together.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	if attempt >= r.maxAttempts(err) {
		return 0, err
	}
	base := 50 * time.Millisecond
	switch {
	case errors.As(err, new(*rateLimitedError)):
		if attempt < attemptsRateLimited {
			return rand.N(base), nil
		}
		base, attempt = 500*time.Millisecond, attempt-attemptsRateLimited
	case explain(err).Kind == Throttled:
		base = 500 * time.Millisecond
	}
	ceiling := min(base<<min(attempt, 10), maxBackoff)
	return ceiling/4 + rand.N(ceiling*3/4), nil
}

func (*retryer) GetInitialToken() func(error) error { return noToken }

func (*retryer) GetAttemptToken(context.Context) (func(error) error, error) { return noToken, nil }

func (*retryer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return noToken, nil
}

func noToken(error) error { return nil }

// isCorrected reports whether the next attempt is another request, as for a clock that
// differs from the server's.
func isCorrected(err error) bool {
	var corrected interface{ RetryableError() bool }
	return errors.As(err, &corrected) && corrected.RetryableError()
}

// pause waits for d, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
