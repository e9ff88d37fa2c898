package awsapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
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

	patience time.Duration // with a silent server; 0: without end
	large    chan struct{} // answers in memory that are not small

	free chan struct{} // one in it for each slot taken
	open atomic.Int64  // connections
	room chan struct{} // held by who makes room for something else

	mu    sync.Mutex
	width int
	owed  int // slots to do away with when they are given back
}

func newSlots(s Settings, next http.RoundTripper, closeIdle func()) *slots {
	width := max(s.Concurrency, 1)
	return &slots{
		next: next, closeIdle: closeIdle, warn: s.Warn, patience: s.ReadTimeout, large: make(chan struct{}, largeAnswers),
		free: make(chan struct{}, width), room: make(chan struct{}, 1), width: width,
	}
}

// exhaustedTries is how often one call asks for a descriptor, about a tenth of a
// second apart; there may be other programs to wait for.
const exhaustedTries = 50

// Do makes a call, as the SDK wants it of an HTTP client, with the errors that
// http.Client makes of those of the transport. A redirect is an answer
// like any other: that of a signed request can only be refused by where it leads to.
func (s *slots) Do(r *http.Request) (*http.Response, error) {
	resp, err := s.roundTrip(r)
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(record.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
	}
	if malformed(err) {
		err = &BrokenAnswer{Msg: "answered with something that is not HTTP"}
	}
	if err != nil {
		return nil, &url.Error{Op: r.Method, URL: r.URL.Redacted(), Err: err}
	}
	return resp, nil
}

func (s *slots) roundTrip(r *http.Request) (*http.Response, error) {
	r, err := prepared(r)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		if err := s.take(r.Context()); err != nil {
			return nil, err
		}
		resp, err := s.next.RoundTrip(r)
		if err == nil {
			s.bound(r, resp)
			resp.Body = &slotBody{ReadCloser: resp.Body, slots: s}
			return resp, nil
		}
		s.giveBack()
		if !exhausted(err) || try == exhaustedTries {
			return nil, err
		}
		if err := s.relieve(r.Context(), try); err != nil {
			return nil, err
		}
		if r.GetBody != nil {
			again := *r
			again.Body, _ = r.GetBody()
			r = &again
		}
	}
}

// MakingRoom runs do, which needs file descriptors besides those of calls. Where
// the system gives no more of them, do is run again next to fewer calls, and next
// to no other function that lacks them.
func (a *API) MakingRoom(ctx context.Context, do func() error) error {
	err := do()
	if !exhausted(err) {
		return err
	}
	select {
	case a.calls.room <- struct{}{}:
		defer func() { <-a.calls.room }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for try := 0; exhausted(err) && try < exhaustedTries; try++ {
		if err := a.calls.relieve(ctx, try); err != nil {
			return err
		}
		err = do()
	}
	return err
}

// exhausted says whether an error is for want of file descriptors. Of one met in
// looking up a host, package net keeps only the text. A fork that moves a
// descriptor past the limit is told that it is a bad one.
func exhausted(err error) bool {
	var fork *fs.PathError
	if errors.As(err, &fork) && fork.Op == "fork/exec" && errors.Is(err, syscall.EBADF) {
		return true
	}
	for _, want := range []error{syscall.EMFILE, syscall.ENFILE} {
		var lookup *net.DNSError
		if errors.Is(err, want) || errors.As(err, &lookup) && strings.Contains(lookup.Err, want.Error()) {
			return true
		}
	}
	return false
}

// relieve frees descriptors and waits a while.
func (s *slots) relieve(ctx context.Context, try int) error {
	s.closeIdle()
	if try > 0 { // idle connections alone were not to blame
		s.narrow()
	}
	return pause(ctx, 50*time.Millisecond+rand.N(100*time.Millisecond))
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

// narrow gives up a quarter of the connections that could be had, for what else
// needs descriptors: the caches, and the children of exec.
func (s *slots) narrow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := int(s.open.Load())
	width := max(1, open*3/4)
	if width >= s.width || open == 0 { // it is not the connections that take them
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
	slots *slots
	given sync.Once
}

func (b *slotBody) Close() error {
	defer b.given.Do(b.slots.giveBack)
	return b.ReadCloser.Close()
}
