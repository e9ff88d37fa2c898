package render

import (
	"context"
	"sync"
	"time"
)

// grace is how long an expression may continue after its run has been interrupted. That
// is enough for any that ends by itself.
const grace = time.Second

// gracePeriod is the context of an expression. It ends a while after the run has ended.
// Time spent writing does not count, since the reader may be a pager.
type gracePeriod struct {
	context.Context
	end      context.CancelCauseFunc
	run      context.Context
	stopWait func() bool // for the end of run

	mu       sync.Mutex
	left     time.Duration
	runEnded bool
	paused   bool
	timer    *time.Timer // nil while it is stopped
	started  time.Time   // of timer
}

// newGracePeriod is for an expression over that many records.
func newGracePeriod(run context.Context, records int) *gracePeriod {
	g := &gracePeriod{run: run, left: grace + time.Duration(records)*grace/1000, stopWait: func() bool { return false }}
	g.Context, g.end = context.WithCancelCause(context.WithoutCancel(run))
	endRun := func() { g.update(func() { g.runEnded = true }) }
	if run.Err() != nil {
		endRun()
	} else {
		g.stopWait = context.AfterFunc(run, endRun)
	}
	return g
}

// update stops the timer, changes the state, and starts the timer again if it has to run.
func (g *gracePeriod) update(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
		g.left -= time.Since(g.started)
		g.timer = nil
	}
	change()
	if g.runEnded && !g.paused {
		g.timer, g.started = time.AfterFunc(g.left, func() { g.end(context.Cause(g.run)) }), time.Now()
	}
}

// pause stops the time until resume is called.
func (g *gracePeriod) pause() (resume func()) {
	g.update(func() { g.paused = true })
	return func() { g.update(func() { g.paused = false }) }
}

// release frees the timer after the expression has ended.
func (g *gracePeriod) release() {
	g.stopWait()
	g.pause()
}
