package awsapi

import (
	"context"
	"slices"
)

// initialWindow is how many calls may be in flight before AWS has allowed one.
const initialWindow = 16

// slowStart bounds the calls in flight until AWS throttles one. Without it, the first calls
// of a wide sweep would all meet an unknown limit at once, and most would be throttled. Each
// call that AWS does not throttle makes room for one more, as in TCP: the window doubles with
// each round trip, so that a service without a limit soon gets all calls.
//
// A rateLimiter guards it with its lock.
type slowStart struct {
	inFlight int
	window   int
	waiting  []chan bool // in order; each gets true when its call may start, false when slow start is over
}

// admit counts a call in flight, or returns a channel to wait on.
func (s *slowStart) admit() chan bool {
	if s.inFlight < s.window {
		s.inFlight++
		return nil
	}
	turn := make(chan bool, 1)
	s.waiting = append(s.waiting, turn)
	return turn
}

// landed counts a call that has ended and was not throttled.
func (s *slowStart) landed() {
	s.window++
	s.left()
}

func (s *slowStart) left() {
	s.inFlight--
	for len(s.waiting) > 0 && s.inFlight < s.window {
		s.inFlight++
		s.waiting[0] <- true
		s.waiting = s.waiting[1:]
	}
}

// end sends all waiting calls away, since a rate takes over.
func (s *slowStart) end() {
	for _, turn := range s.waiting {
		turn <- false
	}
	s.waiting = nil
}

// giveUp takes back a call that no longer waits.
func (s *slowStart) giveUp(turn chan bool) {
	if i := slices.Index(s.waiting, turn); i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
		return
	}
	if <-turn {
		s.left()
	}
}

// startSlowly waits until a call may start without regard to a rate. It returns false once
// there is a rate to wait for.
func (l *rateLimiter) startSlowly(ctx context.Context) (started bool, err error) {
	started, turn := l.startNow()
	if turn == nil {
		return started, nil
	}
	select {
	case started = <-turn:
		return started, nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.start.giveUp(turn)
		return false, ctx.Err()
	}
}
