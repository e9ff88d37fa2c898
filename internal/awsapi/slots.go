package awsapi

import (
	"context"
	"slices"
	"sync"
)

// slots bounds the calls under way, and how many connections they open. In a wide sweep over
// TLS, a handshake takes more CPU than a call. So a slot goes to a waiting call that finds an
// idle connection, rather than to one that would have to open one. The first in the queue is
// overtaken in this way only a limited number of times.
type slots struct {
	width int

	mu      sync.Mutex
	held    int
	hosts   map[string]*hostCalls
	waiting []*slot // in order
}

// hostCalls counts the calls and the connections of one host. The lock of slots guards it.
type hostCalls struct {
	underWay int
	open     int     // connections that are open or being opened
	dials    []*dial // wait until the calls need another connection
}

// slot lets one call be under way.
type slot struct {
	all       *slots
	host      *hostCalls
	granted   chan struct{} // closed when the call gets the slot; nil: it did not have to wait
	overtaken int           // how often calls behind it got a slot first
	released  bool
}

// slotKey is the key of a call's slot in the context of its request.
type slotKey struct{}

// searchedWaiters is how many waiting calls are searched for one that finds an idle
// connection.
const searchedWaiters = 1000

func newSlots(width int) *slots { return &slots{width: width, hosts: map[string]*hostCalls{}} }

// tryTake takes a slot for a call of a host; nil if none is free.
func (s *slots) tryTake(host string) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free(host)
}

// take waits for a slot.
func (s *slots) take(ctx context.Context, host string) (*slot, error) {
	w := s.queue(host)
	if w.granted == nil {
		return w, nil
	}
	select {
	case <-w.granted:
		return w, nil
	case <-ctx.Done():
		s.giveUp(w)
		return nil, ctx.Err()
	}
}

// queue returns a free slot, or one to wait for.
func (s *slots) queue(host string) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.free(host); w != nil {
		return w
	}
	w := &slot{all: s, host: s.host(host), granted: make(chan struct{})}
	s.waiting = append(s.waiting, w)
	return w
}

func (s *slots) free(host string) *slot {
	if s.held == s.width {
		return nil
	}
	s.held++
	h := s.host(host)
	h.begin()
	return &slot{all: s, host: h}
}

// giveUp ends the wait of a call that is cancelled. If the call has got its slot meanwhile,
// the next one gets it.
func (s *slots) giveUp(w *slot) {
	s.mu.Lock()
	i := slices.Index(s.waiting, w)
	if i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	s.mu.Unlock()
	if i < 0 {
		w.release()
	}
}

// release ends the call and passes its slot on. Calling it again does nothing.
func (w *slot) release() {
	s := w.all
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.released {
		return
	}
	w.released = true
	w.host.underWay--
	w.host.dropDials(w)
	s.pass(w.host)
}

// pass gives the slot of an ended call to a waiting call, or makes it free.
func (s *slots) pass(from *hostCalls) {
	if len(s.waiting) == 0 {
		s.held--
		return
	}
	next := 0
	if first := s.waiting[0]; !first.host.hasIdle() && first.overtaken < s.width {
		candidates := s.waiting[:min(len(s.waiting), searchedWaiters)]
		next = slices.IndexFunc(candidates, func(w *slot) bool { return w.host == from })
		if next < 0 {
			next = max(0, slices.IndexFunc(candidates, func(w *slot) bool { return w.host.hasIdle() }))
		}
		if next > 0 {
			first.overtaken++
		}
	}
	w := s.waiting[next]
	s.waiting = slices.Delete(s.waiting, next, next+1)
	w.host.begin()
	close(w.granted)
}

func (s *slots) host(name string) *hostCalls {
	h := s.hosts[name]
	if h == nil {
		h = new(hostCalls)
		s.hosts[name] = h
	}
	return h
}

func (h *hostCalls) begin() {
	h.underWay++
	h.admitDials()
}

// hasIdle reports whether another call would find an idle connection, or one that is being
// opened and that no other call needs.
func (h *hostCalls) hasIdle() bool { return h.open > h.underWay }
