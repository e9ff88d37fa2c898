package inventory

import (
	"context"
	"sync"
)

// maxAtOnce is how many calls of one place are made at the same time.
const maxAtOnce = 8

// turn orders the results of calls that are made at the same time.
type turn struct {
	earlier <-chan struct{} // closed when all earlier calls have ended
}

// now is a turn that has come: the call is made alone.
var now = func() turn {
	earlier := make(chan struct{})
	close(earlier)
	return turn{earlier}
}()

// wait returns when all earlier calls have ended.
func (t turn) wait() { <-t.earlier }

// hasCome reports whether all earlier calls have ended.
func (t turn) hasCome() bool {
	select {
	case <-t.earlier:
		return true
	default:
		return false
	}
}

// atOnce makes calls at the same time, and returns their errors. A call must wait for its
// turn before it uses a result. So results are used in the order of the calls, by one call
// at a time, as if the calls had been made one after another.
func atOnce(ctx context.Context, calls []func(context.Context, turn) error) []error {
	return atOnceWithin(ctx, maxAtOnce, calls)
}

// atOnceWithin is atOnce with another limit than maxAtOnce.
func atOnceWithin(ctx context.Context, limit int, calls []func(context.Context, turn) error) []error {
	errs := make([]error, len(calls))
	slots := make(chan struct{}, limit)
	earlier := now.earlier
	var running sync.WaitGroup
	for i, call := range calls {
		slots <- struct{}{} // in order: no call waits for one that has not begun
		t, ended := turn{earlier}, make(chan struct{})
		running.Go(func() {
			errs[i] = call(ctx, t)
			<-slots
			t.wait()
			close(ended)
		})
		earlier = ended
	}
	running.Wait()
	return errs
}
