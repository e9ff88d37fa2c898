package inventory

import (
	"context"
	"runtime"
	"time"
)

// largeSlot bounds the memory for large answers. A call takes a slot when its answer turns
// out to be large, and releases it when the last record of the answer has been handed on.
// Until it has a slot, it leaves the rest of the answer on the wire.
type largeSlot struct {
	slots chan struct{} // holds a value for each slot taken; nil: no limit
	taken bool
}

// maxLargeAnswers returns how many large answers may be in memory, about 2 MB each. Some
// of them arrive over slow lines while others are decoded.
func maxLargeAnswers() int { return 3 * max(2, runtime.GOMAXPROCS(0)) }

// maxFullAnswers is the same for complete answers, about 80 MB each.
const maxFullAnswers = 2

// take waits for a slot, but not for longer than the server is likely to wait. The user may
// have stopped the output in a pager for a while, and the answer must not be lost.
func (s *largeSlot) take(ctx context.Context) {
	if s.taken || s.slots == nil {
		return
	}
	const gracePeriod = 30 * time.Second
	late := time.NewTimer(gracePeriod)
	defer late.Stop()
	select {
	case s.slots <- struct{}{}:
		s.taken = true
	case <-late.C:
	case <-ctx.Done():
	}
}

func (s *largeSlot) release() {
	if s.taken {
		<-s.slots
		s.taken = false
	}
}
