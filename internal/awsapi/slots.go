package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// slots bounds the calls under way. A slot is held from the request until the
// answer's body is closed, so neither waiting for a retry nor the work done with
// an answer keeps another call from starting.
//
// Where the system gives no more file descriptors, there are fewer slots from then
// on, and the calls that it stopped go on when it is their turn.
type slots struct {
	next      http.RoundTripper
	closeIdle func()
	warn      func(string)

	free chan struct{} // one in it for each slot taken
	open atomic.Int64  // connections

	mu    sync.Mutex
	width int
	owed  int // slots to do away with when they are given back
}

func newSlots(s Settings, next http.RoundTripper, closeIdle func()) *slots {
	width := max(s.Concurrency, 1)
	return &slots{next: next, closeIdle: closeIdle, warn: s.Warn, free: make(chan struct{}, width), width: width}
}

// exhaustedTries is how often one call asks for a descriptor, about a tenth of a
// second apart; there may be other programs to wait for.
const exhaustedTries = 50

func (s *slots) RoundTrip(r *http.Request) (*http.Response, error) {
	r, err := inMemory(r)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		if err := s.take(r.Context()); err != nil {
			return nil, err
		}
		resp, err := s.next.RoundTrip(r)
		if err == nil {
			resp.Body = &slotBody{ReadCloser: resp.Body, release: sync.OnceFunc(s.giveBack)}
			return resp, nil
		}
		if exhausted := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE); !exhausted || try == exhaustedTries {
			s.giveBack()
			return nil, err
		}
		s.closeIdle()
		if try > 0 { // idle connections alone were not to blame
			s.narrow()
		}
		s.giveBack()
		if err := pause(r.Context(), 50*time.Millisecond+rand.N(100*time.Millisecond)); err != nil {
			return nil, err
		}
		if r.GetBody != nil {
			again := *r
			again.Body, _ = r.GetBody()
			r = &again
		}
	}
}

func (s *slots) take(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slots) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owed > 0 {
		s.owed--
		return
	}
	<-s.free
}

// narrow leaves a quarter of the connections that could be had to whoever else
// needs descriptors: the caches, and the children of exec.
func (s *slots) narrow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	width := max(1, int(s.open.Load())*3/4)
	if width >= s.width {
		return
	}
	first := s.width == cap(s.free)
	s.owed += s.width - width
	s.width = width
	if first && s.warn != nil {
		s.warn(fmt.Sprintf("no more file descriptors: about %d calls at one time from here on; 'ulimit -n' allows more", width))
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type slotBody struct {
	io.ReadCloser
	release func()
}

func (b *slotBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}
