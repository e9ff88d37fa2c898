package awsapi

import (
	"context"
	"math"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// pace keeps calls to the rate that AWS grants them. Nothing is held back until
// the first call is refused. AWS keeps a bucket of tokens for each limit, so a
// refusal tells that the bucket is empty: between two refusals AWS has granted
// just what it fills in, which gives the rate better than trial does. From a
// little below it, the rate creeps up until the next refusal, the faster the
// longer there was none, since limits change and others draw on them, too.
type pace struct {
	turn chan struct{} // held by who waits for the next moment; the others queue for it

	mu      sync.Mutex
	rate    float64   // calls a second; 0: as they come
	next    time.Time // when the next call may go
	begun   time.Time // the first call
	since   time.Time // the bucket was empty
	granted int       // calls made since then; before the first refusal, all
	lowered time.Time // when the rate was
	fine    int       // calls made since then
	known   bool      // the rate is measured, not guessed
}

const (
	firstRate     = 4 // at least, after the first refusal
	leastRate     = 0.2
	enoughGranted = 8 // to know a rate by
)

func newPace() *pace { return &pace{turn: make(chan struct{}, 1)} }

// wait returns when a call may go, and whether it had to wait its turn.
func (p *pace) wait(ctx context.Context) (waited bool, err error) {
	if p.free() {
		return false, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return true, ctx.Err()
	}
	for {
		d := p.take()
		if d <= 0 {
			return true, nil
		}
		if err := pause(ctx, d); err != nil {
			return true, err
		}
	}
}

func (p *pace) free() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	return p.rate == 0
}

// take takes the next moment, or returns how long it is until then.
func (p *pace) take() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if d := p.next.Sub(now); d > 0 {
		return d
	}
	p.next = now.Add(p.interval())
	return 0
}

func (p *pace) interval() time.Duration { return time.Duration(float64(time.Second) / p.rate) }

// passed records a call that was not refused.
func (p *pace) passed(sent time.Time, waited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == 0 || sent.After(p.since) {
		p.granted++
	}
	p.fine++
	if !waited || p.rate == 0 {
		return
	}
	// What each call adds. A guess grows fourfold in a second by it, since so many
	// calls pass in one as the rate says.
	growth := 2 * math.Ln2
	if p.known {
		growth = min(growth/2, 0.01*math.Exp2(time.Since(p.lowered).Seconds()/2))
	}
	p.rate += growth
}

// refused records a call that was.
func (p *pace) refused(sent time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.rate == 0:
		p.rate = max(firstRate, float64(p.granted)/max(1, now.Sub(p.begun).Seconds()))
		p.since, p.granted = now, 0
	case !sent.After(p.lowered): // it was on its way when the rate was lowered
		return
	default:
		measured := (float64(p.granted) + 0.5) / now.Sub(p.since).Seconds()
		// A bucket that was full for a while makes the measure too low.
		floor := 0.5
		if p.fine >= enoughGranted {
			floor = 0.85
		}
		p.rate = max(leastRate, floor*p.rate, 0.97*min(p.rate, measured))
		if p.granted >= enoughGranted {
			p.known = true
		}
		if p.granted >= 2*enoughGranted {
			p.since, p.granted = now, 0
		}
	}
	p.lowered, p.fine = now, 0
	if then := now.Add(p.interval()); then.After(p.next) {
		p.next = then
	}
}

// paces are those of a client's operations that share a limit over all callers.
type paces struct {
	mu sync.Mutex
	of map[string]*pace
}

func (p *paces) operation(name string) *pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]*pace{}
	}
	if p.of[name] == nil {
		p.of[name] = newPace()
	}
	return p.of[name]
}

// refusedError is a refusal that the pace has been told of: the next try needs no
// delay but its turn.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// keepPace makes each attempt of a call wait for its turn. EC2 keeps its limits
// for each account and region: those are the trace's. The portal of IAM Identity
// Center and Organizations keep theirs for each operation, whoever the account is
// about: those are shared.
func keepPace(shared *paces) func(*middleware.Stack) error {
	m := middleware.FinalizeMiddlewareFunc("KeepPace", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		var p *pace
		switch service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx); service {
		case "SSO", "Organizations":
			p = shared.operation(service + awsmiddleware.GetRegion(ctx) + operation)
		case "EC2":
			if trace, _ := ctx.Value(traceKey{}).(*Trace); trace != nil {
				p = trace.pace
			}
		}
		if p == nil {
			return next.HandleFinalize(ctx, in)
		}
		waited, err := p.wait(ctx)
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		sent := time.Now()
		out, metadata, err := next.HandleFinalize(ctx, in)
		if err != nil && explain(err).Kind == Throttled {
			p.refused(sent)
			err = &refusedError{err}
		} else if err == nil {
			p.passed(sent, waited)
		}
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error {
		if _, ok := stack.Finalize.Get("Retry"); !ok {
			return nil
		}
		return stack.Finalize.Insert(m, "Retry", middleware.After)
	}
}
