package awsapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/awssim"
)

// TestWidth: with more callers than slots, exactly as many calls are under way.
func TestWidth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const width, callers = 4, 20
		var inFlight atomic.Int32
		release := make(chan struct{})
		a := fakeAPI(Settings{Concurrency: width}, func(r *http.Request) (*http.Response, error) {
			inFlight.Add(1)
			<-release
			inFlight.Add(-1)
			return answer(r, 200, emptyRegions), nil
		})
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				if err := callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann); err != nil {
					t.Error(err)
				}
			})
		}
		for done := range callers {
			synctest.Wait()
			if got, want := int(inFlight.Load()), min(width, callers-done); got != want {
				t.Fatalf("%d calls under way after %d, want %d", got, done, want)
			}
			release <- struct{}{}
		}
		wait.Wait()
	})
}

// TestWidthOverTheNetwork counts the calls under way on the server.
func TestWidthOverTheNetwork(t *testing.T) {
	t.Parallel()
	sim := startWorld(t, smallWorld(), awssim.WithLatency(time.Millisecond))
	a := New(Settings{EndpointURL: sim.URL(), Concurrency: 3})
	var wait sync.WaitGroup
	for range 60 {
		wait.Go(func() {
			if err := callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := sim.MaxInFlight(); got > 3 || len(sim.Calls()) != 60 {
		t.Errorf("%d calls, up to %d under way, want 60 and at most 3", len(sim.Calls()), got)
	}
}

// TestSlotIsFreeDuringBackoff: a throttled call does not keep the only slot.
func TestSlotIsFreeDuringBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		a := fakeAPI(Settings{Concurrency: 1}, func(r *http.Request) (*http.Response, error) {
			if throttle {
				return ec2Answer(503, "RequestLimitExceeded")(r)
			}
			return answer(r, 200, emptyRegions), nil
		})
		done := make(chan error)
		go func() { done <- callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann) }()
		synctest.Wait() // it waits for its second attempt
		throttle = false
		start := time.Now()
		if err := callService["ec2"](t.Context(), a, Target{Region: "us-west-2"}, ann); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("another call waited %v for a slot", waited)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestSlots: a call can be cancelled while it waits for a slot. However a call ends, it
// releases its slot and closes its request's body.
func TestSlots(t *testing.T) {
	t.Parallel()
	var next roundTripper
	c := &httpClient{transport: roundTripper(func(r *http.Request) (*http.Response, error) { return next(r) }), slots: newSlots(1)}
	send := func(ctx context.Context) (*http.Response, *closeCounter, error) {
		body := &closeCounter{Reader: strings.NewReader("question")}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://aws", body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(r)
		return resp, body, err
	}

	next = failWith(io.ErrUnexpectedEOF)
	if _, body, err := send(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) || body.closed != 1 || c.slots.inUse() != 0 {
		t.Errorf("after an error %v: body closed %d times, %d slots held", err, body.closed, c.slots.inUse())
	}
	next = func(r *http.Request) (*http.Response, error) {
		text, _ := io.ReadAll(r.Body)
		again, _ := r.GetBody()
		more, _ := io.ReadAll(again)
		return answer(r, 200, string(text)+" "+string(more)), nil
	}
	resp, body, err := send(t.Context())
	if err != nil || body.closed != 1 || c.slots.inUse() != 1 {
		t.Fatalf("before the answer is read: %v, body closed %d times, %d slots held", err, body.closed, c.slots.inUse())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, body, err := send(ctx); !errors.Is(err, context.Canceled) || body.closed != 1 || c.slots.inUse() != 1 {
		t.Errorf("cancelled while waiting: %v, body closed %d times, %d slots held", err, body.closed, c.slots.inUse())
	}
	if text, _ := io.ReadAll(resp.Body); string(text) != "question question" {
		t.Errorf("the server received %q", text)
	}
	resp.Body.Close()
	resp.Body.Close()
	if c.slots.inUse() != 0 {
		t.Error("the slot is held after the answer was closed")
	}
}

type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

// TestTooManyOpenFiles: the failure names the limit of open files.
func TestTooManyOpenFiles(t *testing.T) {
	t.Parallel()
	text := os.NewSyscallError("socket", syscall.EMFILE)
	for name, err := range map[string]error{
		"connecting": &net.OpError{Op: "dial", Net: "tcp", Err: text},
		"looking up": &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "dial udp 10.0.0.2:53: " + text.Error(), Name: "aws", IsTemporary: true}},
	} {
		a := fakeAPI(Settings{MaxAttempts: 1}, failWith(err))
		got := Explain(callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann))
		if got.Kind != Unreachable || got.Code != "OpenFiles" || got.Message != "too many open files" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
