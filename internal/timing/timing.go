// Package timing measures where a run spends its time. Its rules:
//
//   - Off is nil. The methods of a nil *Run, *Span and *Call read no clock and allocate
//     nothing.
//   - Elapsed time is wall-clock time. Many calls are under way at once, so the time of all
//     calls, added up, is far more.
//   - The time of a call has parts that add up to it: the waits for AWS's limit, for a slot,
//     for the next attempt and for credentials, and the rest, for AWS's answers.
package timing

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// slowest is how many places a Report has.
const slowest = 10

// Step is a part of a sweep.
type Step string

// The steps, in their order. The first places are visited while accounts are still listed.
const (
	List        Step = "list of accounts"
	Credentials Step = "credentials"
	Regions     Step = "regions"
	Places      Step = "places"
	Printing    Step = "printing"
)

var steps = []Step{List, Credentials, Regions, Places, Printing}

// Run collects the times of one run. It is safe for concurrent use.
type Run struct {
	mu         sync.Mutex
	began      time.Time
	steps      map[Step]*StepTimes
	operations map[operation]*CallTimes
	places     []PlaceTimes // the slowest first
}

type operation struct{ service, name string }

// New returns a Run that has begun.
func New() *Run {
	r := new(Run)
	r.Begin()
	return r
}

// Begin begins again after Report. It does nothing while the run is under way.
func (r *Run) Begin() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began.IsZero() {
		r.began, r.steps, r.operations, r.places = time.Now(), map[Step]*StepTimes{}, map[operation]*CallTimes{}, nil
	}
}

// Span measures a step for one account or place, or the list of accounts.
type Span struct {
	run     *Run
	step    Step
	place   PlaceTimes // Elapsed until the last Pause; CallTimes is guarded by run.mu
	resumed time.Time
}

type spanKey struct{}

// Start begins a span. The calls with the returned context belong to it.
func (r *Run) Start(ctx context.Context, step Step, accountID, accountName, region string) (context.Context, *Span) {
	if r == nil {
		return ctx, nil
	}
	s := &Span{run: r, step: step, place: PlaceTimes{AccountId: accountID, AccountName: accountName, Region: region}, resumed: time.Now()}
	return context.WithValue(ctx, spanKey{}, s), s
}

// Pause stops the clock of the span until Resume.
func (s *Span) Pause() {
	if s != nil {
		s.place.Elapsed += Duration(time.Since(s.resumed))
	}
}

// Resume lets the clock run on after Pause.
func (s *Span) Resume() {
	if s != nil {
		s.resumed = time.Now()
	}
}

// End adds the span to the run.
func (s *Span) End() {
	if s == nil {
		return
	}
	s.Pause()
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.run.add(s.step, s.place.Elapsed)
	if s.step != Places {
		return
	}
	i, _ := slices.BinarySearchFunc(s.run.places, s.place, func(a, b PlaceTimes) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	if i < slowest {
		s.run.places = slices.Insert(s.run.places, i, s.place)
		s.run.places = s.run.places[:min(len(s.run.places), slowest)]
	}
}

// add adds a time to a step. The caller holds the lock.
func (r *Run) add(step Step, elapsed Duration) {
	t := r.steps[step]
	if t == nil {
		t = &StepTimes{Step: step}
		r.steps[step] = t
	}
	t.Count++
	t.Time += elapsed
	t.EndedAfter = Duration(time.Since(r.began))
}

// Print measures the printing of records.
func (r *Run) Print(print func() error) error {
	if r == nil {
		return print()
	}
	start := time.Now()
	err := print()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(Printing, Duration(time.Since(start)))
	return err
}

// Call measures one call with all its attempts. One goroutine at a time uses it.
type Call struct {
	run      *Run
	span     *Span // nil: the call belongs to no span
	began    time.Time
	attempts time.Duration // time in attempts, with slots and credentials
	parts    Parts
}

type callKey struct{}

// StartCall begins a call. CallOf returns it for the returned context.
func (r *Run) StartCall(ctx context.Context) context.Context {
	if r == nil {
		return ctx
	}
	span, _ := ctx.Value(spanKey{}).(*Span)
	return context.WithValue(ctx, callKey{}, &Call{run: r, span: span, began: time.Now()})
}

// CallOf returns the call of a context, or nil.
func CallOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// Begin returns the time, for the other methods of the call.
func (c *Call) Begin() (start time.Time) {
	if c == nil {
		return start
	}
	return time.Now()
}

// Limited adds the wait for AWS's limit since start.
func (c *Call) Limited(start time.Time) {
	if c != nil {
		c.parts.AWSLimit += Duration(time.Since(start))
	}
}

// GotSlot adds the wait for a slot since start.
func (c *Call) GotSlot(start time.Time) {
	if c != nil {
		c.parts.Slot += Duration(time.Since(start))
	}
}

// GotCredentials adds the wait for credentials since start.
func (c *Call) GotCredentials(start time.Time) {
	if c != nil {
		c.parts.Credentials += Duration(time.Since(start))
	}
}

// Attempted adds an attempt since start. Waits for its slot and its credentials are part of
// it.
func (c *Call) Attempted(start time.Time) {
	if c != nil {
		c.attempts += time.Since(start)
	}
}

// End adds the call to its run and its span.
func (c *Call) End(service, name string, attempts int) {
	if c == nil {
		return
	}
	total := Duration(time.Since(c.began))
	c.parts.Time = total
	if attempts > 1 {
		c.parts.Retry = max(0, total-c.parts.AWSLimit-Duration(c.attempts))
	}
	c.parts.Answers = total - c.parts.AWSLimit - c.parts.Slot - c.parts.Credentials - c.parts.Retry
	one := CallTimes{Calls: 1, Retries: max(0, attempts-1), Parts: c.parts}
	c.run.mu.Lock()
	defer c.run.mu.Unlock()
	key := operation{service, name}
	sum := c.run.operations[key]
	if sum == nil {
		sum = new(CallTimes)
		c.run.operations[key] = sum
	}
	sum.add(one)
	if c.span != nil {
		c.span.place.CallTimes.add(one)
	}
}
