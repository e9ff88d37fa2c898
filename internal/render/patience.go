package render

import (
	"context"
	"sync"
	"time"
)

// grace is how long an expression goes on after an interrupt, be it with what it was
// at or with a record that has arrived but not been printed yet: those that end do
// so within it.
const grace = time.Second

// patience is the context of an expression. It ends some time after the run has ended;
// the time in which something is written does not count, since the reader may be a pager.
type patience struct {
	context.Context
	end    context.CancelCauseFunc
	until  context.Context // the run
	forget func() bool     // about its end

	mu      sync.Mutex
	left    time.Duration
	over    bool        // the run is
	writing bool        // or nothing is to be done any more
	timer   *time.Timer // nil: it does not run
	since   time.Time   // when it was started
}

// newPatience is for an expression that has so many records to go through.
func newPatience(until context.Context, records int) *patience {
	p := &patience{until: until, left: grace + time.Duration(records)*grace/1000, forget: func() bool { return false }}
	p.Context, p.end = context.WithCancelCause(context.WithoutCancel(until))
	if until.Err() != nil {
		p.change(func() { p.over = true })
	} else {
		p.forget = context.AfterFunc(until, func() { p.change(func() { p.over = true }) })
	}
	return p
}

func (p *patience) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.left -= time.Since(p.since)
		p.timer = nil
	}
	do()
	if p.over && !p.writing {
		p.timer, p.since = time.AfterFunc(p.left, func() { p.end(context.Cause(p.until)) }), time.Now()
	}
}

// pause is for the time of writing.
func (p *patience) pause() (goOn func()) {
	p.change(func() { p.writing = true })
	return func() { p.change(func() { p.writing = false }) }
}

// release is for when the expression has ended.
func (p *patience) release() {
	p.forget()
	p.pause()
}
