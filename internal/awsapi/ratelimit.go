package awsapi

import (
	"context"
	"math"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/timing"
)

// rateLimiter keeps calls to the rate that AWS allows. Until AWS throttles the first call,
// it only bounds how many are in flight (slowStart).
//
// AWS keeps a token bucket for each of its limits, so the bucket is empty when AWS
// throttles a call. Between two throttled calls, AWS has allowed just the calls that the
// bucket filled up for: that measures the rate better than trial and error. From a little
// below the measured rate, the limiter then raises it slowly until the next throttled
// call, and faster the longer there was none: limits change, and other callers share them.
type rateLimiter struct {
	queue chan struct{} // holds a value while one call waits for its time; the others wait to send

	mu       sync.Mutex
	start    slowStart // while rate is 0
	rate     float64   // calls per second; 0: not known, or no limit
	next     time.Time // when the next call may start
	begun    time.Time // the first call
	emptied  time.Time // when the bucket was last known to be empty
	allowed  int       // calls allowed since then, or since the first call
	lowered  time.Time // when the rate was last lowered
	since    int       // calls allowed since then
	measured bool      // the rate is measured, not guessed
	free     int       // calls that may start without regard to a rate of an earlier run
	overall  overallRate
}

const (
	firstRate    = 4 // at least, after the first throttled call
	minRate      = 0.2
	enoughToTell = 8 // allowed calls that give a reliable measurement
)

func newRateLimiter() *rateLimiter {
	return &rateLimiter{queue: make(chan struct{}, 1), start: slowStart{window: initialWindow}}
}

// wait waits until a call may start, and reports whether the call had to wait for the rate.
func (l *rateLimiter) wait(ctx context.Context) (waited bool, err error) {
	if started, err := l.startSlowly(ctx); started || err != nil {
		return false, err
	}
	select {
	case l.queue <- struct{}{}:
		defer func() { <-l.queue }()
	case <-ctx.Done():
		return true, ctx.Err()
	}
	for {
		d := l.reserve()
		if d <= 0 {
			return true, nil
		}
		if err := pause(ctx, d); err != nil {
			return true, err
		}
	}
}

// startNow starts a call if it need not wait for the rate. It may return a channel of
// slowStart to wait on.
func (l *rateLimiter) startNow() (started bool, turn chan bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun.IsZero() {
		l.begun = time.Now()
	}
	switch {
	case l.free > 0:
		l.free--
		return true, nil
	case l.rate > 0:
		return false, nil
	}
	turn = l.start.admit()
	return turn == nil, turn
}

// landed records a call that has ended and was not throttled.
func (l *rateLimiter) landed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		l.start.landed()
	}
}

// reserve lets a call start now, or returns how long the call has to wait.
func (l *rateLimiter) reserve() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if d := l.next.Sub(now); d > 0 {
		return d
	}
	l.next = now.Add(l.interval())
	return 0
}

func (l *rateLimiter) interval() time.Duration {
	return time.Duration(float64(time.Second) / l.rate)
}

// allow records a call, sent at a time, that AWS allowed.
func (l *rateLimiter) allow(sent time.Time, waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 || sent.After(l.emptied) {
		l.allowed++
	}
	l.since++
	l.overall.allow(sent)
	if !waited || l.rate == 0 {
		return
	}
	// Each call adds to the rate. A guessed rate grows fourfold in a second: in one second,
	// as many calls pass as the rate says.
	growth := 2 * math.Ln2
	if l.measured {
		growth = min(growth/2, 0.01*math.Exp2(time.Since(l.lowered).Seconds()/2))
	}
	l.rate += growth
}

// throttle records a call, sent at a time, that AWS throttled.
func (l *rateLimiter) throttle(sent time.Time, waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.overall.throttled(now)
	switch {
	case l.rate == 0:
		l.rate = max(firstRate, float64(l.allowed)/max(1, now.Sub(l.begun).Seconds()))
		l.emptied, l.allowed = now, 0
		l.start.end()
	case !sent.After(l.lowered): // sent before the rate was lowered
		return
	case !waited: // it says nothing about the rate of an earlier run, only that the bucket is empty
		l.emptied, l.allowed, l.free = now, 0, 0
		return
	default:
		measured := (float64(l.allowed) + 0.5) / now.Sub(l.emptied).Seconds()
		// If the bucket was full for a while, the measured rate is too low.
		floor := 0.5
		if l.since >= enoughToTell {
			floor = 0.85
		}
		l.rate = max(minRate, floor*l.rate, 0.97*min(l.rate, measured))
		if l.allowed >= enoughToTell {
			l.measured = true
		}
		if l.allowed >= 2*enoughToTell {
			l.emptied, l.allowed = now, 0
		}
	}
	l.lowered, l.since = now, 0
	if next := now.Add(l.interval()); next.After(l.next) {
		l.next = next
	}
}

// rateLimiters are the limiters of several limits. The zero value has none yet.
type rateLimiters struct {
	earlier func() map[string]float64 // rates of earlier runs, by name; may be nil

	mu     sync.Mutex
	byName map[string]*rateLimiter
}

func (l *rateLimiters) named(name string) *rateLimiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byName == nil {
		l.byName = map[string]*rateLimiter{}
	}
	if l.byName[name] == nil {
		l.byName[name] = newRateLimiter()
		if l.earlier != nil {
			l.byName[name].beginAt(l.earlier()[name])
		}
	}
	return l.byName[name]
}

// rateLimitedError is the error of a throttled call whose limiter knows of it: the next
// attempt needs no backoff.
type rateLimitedError struct{ error }

func (e *rateLimitedError) Unwrap() error { return e.error }

// of returns the limiter of an operation's calls, or nil. Services have limits for each
// account and region: the trace has their limiters. The portal of IAM Identity Center and
// Organizations have limits for each operation, over all accounts. Calls that give
// credentials count for the account of the caller, not for that of the trace.
func (l *rateLimiters) of(ctx context.Context, service, operation, region string) *rateLimiter {
	switch service {
	case "SSO", "Organizations":
		return l.named(service + " " + region + " " + operation)
	case "STS", "SSO OIDC", "Signin":
	default:
		if trace, _ := ctx.Value(traceKey{}).(*Trace); trace != nil {
			return trace.limiters.named(service)
		}
	}
	return nil
}

// attemptWithin makes an attempt of a call when the limiter, which may be nil, allows it.
func attemptWithin[T any](ctx context.Context, limiter *rateLimiter, call func() (T, error)) (out T, err error) {
	timed := timing.CallOf(ctx)
	if limiter == nil {
		defer timed.Attempted(timed.Begin())
		return call()
	}
	asked := timed.Begin()
	waited, err := limiter.wait(ctx)
	timed.Limited(asked)
	if err != nil {
		return out, err
	}
	sent := time.Now()
	out, err = call()
	timed.Attempted(sent)
	if err != nil && explain(err).Kind == Throttled {
		limiter.throttle(sent, waited)
		return out, &rateLimitedError{err}
	}
	limiter.landed()
	if err == nil {
		limiter.allow(sent, waited)
	}
	return out, err
}

// limitRate makes each attempt of the SDK's calls wait for its rate limiter.
func limitRate(shared *rateLimiters) func(*middleware.Stack) error {
	m := middleware.FinalizeMiddlewareFunc("LimitRate", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		limiter := shared.of(ctx, awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), awsmiddleware.GetRegion(ctx))
		out, err = attemptWithin(ctx, limiter, func() (out middleware.FinalizeOutput, err error) {
			out, metadata, err = next.HandleFinalize(ctx, in)
			return out, err
		})
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error {
		if _, ok := stack.Finalize.Get("Retry"); !ok {
			return nil
		}
		return stack.Finalize.Insert(m, "Retry", middleware.After)
	}
}
