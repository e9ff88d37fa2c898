package awsapi

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// How often a call is made at most, by what went wrong, where AWS_MAX_ATTEMPTS
// does not say. AWS means throttled callers to come back; a server that fails is
// worth a few tries; one that is silent has already cost its whole time-out.
const (
	attemptsThrottled = 12
	attemptsTransient = 5
	attemptsTimeout   = 2
	attemptsSkewed    = 2 // the second is signed for the time of the server's answer

	attemptsPaced = 6 // of those throttled, how many need no backoff but their pace

	maxBackoff = 20 * time.Second
)

// retryer decides about each call alone. The SDK's own keeps a quota of retries
// that all calls of a client draw from; in a wide sweep it runs dry and fails
// requests that one more try would have saved.
type retryer struct{ attempts int }

func newRetryer(attempts int) aws.Retryer { return &retryer{attempts: attempts} }

func (r *retryer) IsErrorRetryable(err error) bool { return r.limit(err) > 1 }

func (r *retryer) limit(err error) int {
	var nested *smithy.OperationError
	if errors.As(err, &nested) {
		// Another operation (AssumeRole for this call's credentials) failed, with
		// all its own attempts.
		return 1
	}
	if signin := (*federationError)(nil); errors.As(err, &signin) && signin.cause != nil {
		return r.limit(signin.cause)
	}
	var answer *BrokenAnswer
	broken := errors.As(err, &answer)
	if distrusts(err) || broken && answer.Final || errors.Is(err, errTooSlow) {
		return 1
	}
	limit := 1 // what the caller did wrong stays wrong
	failure := explain(err)
	switch kind := failure.Kind; {
	case failure.Code == notImplemented: // and what the server does not know
	case kind == Throttled:
		limit = attemptsThrottled
	case failure.Code == requestExpired:
		limit = attemptsSkewed
	case isTimeout(err):
		limit = attemptsTimeout
	case kind == Unreachable, broken, unreadable(err), errors.Is(err, io.ErrUnexpectedEOF), mendable(err):
		limit = attemptsTransient
	}
	if r.attempts > 0 && limit > 1 && failure.Code != requestExpired {
		limit = r.attempts
	}
	return limit
}

// MaxAttempts is the bound over all kinds; RetryDelay ends each kind at its own.
func (r *retryer) MaxAttempts() int {
	if r.attempts > 0 {
		return r.attempts
	}
	return attemptsThrottled
}

// RetryDelay returns how long to wait after the given attempt, the first being
// 1: full jitter, so that places throttled together do not come back together.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	if attempt >= r.limit(err) {
		return 0, err
	}
	base := 50 * time.Millisecond
	switch {
	case errors.As(err, new(*refusedError)):
		if attempt < attemptsPaced { // its turn will come
			return rand.N(base), nil
		}
		base, attempt = 500*time.Millisecond, attempt-attemptsPaced
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

// mendable says whether the SDK has mended the request: signed it for the
// server's clock, where this machine's is wrong.
func mendable(err error) bool {
	var mended interface{ RetryableError() bool }
	return errors.As(err, &mended) && mended.RetryableError()
}

// isTimeout looks at all of the chain: url.Error asks only the error right below it,
// where net/http wraps that of a connection.
func isTimeout(err error) bool {
	var timeout net.Error
	for ; errors.As(err, &timeout); err = errors.Unwrap(timeout) {
		if timeout.Timeout() {
			return true
		}
	}
	return false
}

// requestExpired is EC2's code for a request signed for another time than its own.
const requestExpired = "RequestExpired"
