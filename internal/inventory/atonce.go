package inventory

import "context"

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

// atOnce makes calls, and returns their errors. A call must wait for its turn before it
// uses a result.
func atOnce(ctx context.Context, calls []func(context.Context, turn) error) []error {
	errs := make([]error, len(calls))
	for i, call := range calls {
		errs[i] = call(ctx, now)
	}
	return errs
}
