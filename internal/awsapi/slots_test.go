package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// inUse returns the number of calls under way.
func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// TestSlotOfSameHost: a slot goes to a call that finds an idle connection: of the host of the
// call that ended, else of another one. Else the first in the queue gets it.
func TestSlotOfSameHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		queue string // hosts
		ends  string
		idle  string
		want  string
	}{
		{"b a a", "a", "", "a a b"},
		{"b c", "a", "", "b c"},
		{"b c b", "a", "c", "c b b"},
		{"c a", "a", "c", "c a"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSlots(2)
			first, other := s.tryTake(c.ends), s.tryTake("other")
			if first == nil || other == nil || s.tryTake("other") != nil {
				t.Fatal("not two slots")
			}
			s.host(c.idle).open = 1
			type taken struct {
				host string
				slot *slot
			}
			got := make(chan taken, 10)
			for host := range strings.FieldsSeq(c.queue) {
				go func() {
					if slot, err := s.take(t.Context(), host); err == nil {
						got <- taken{host, slot}
					}
				}()
				synctest.Wait()
			}
			var order []string
			first.release()
			for len(order) < len(strings.Fields(c.queue)) {
				next := <-got
				order = append(order, next.host)
				next.slot.release()
			}
			if text := strings.Join(order, " "); text != c.want {
				t.Errorf("queue %s after %s: order %s, want %s", c.queue, c.ends, text, c.want)
			}
			other.release()
			if held := s.inUse(); held != 0 {
				t.Errorf("%d slots are held", held)
			}
		})
	}
}

// TestSlotIsFair: a call whose host has no connection is overtaken only so often.
func TestSlotIsFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const width = 5
		s := newSlots(width)
		busy := make(chan *slot, 10*width)
		for range width {
			busy <- s.tryTake("busy")
		}
		rare := make(chan *slot, 1)
		take := func(host string, into chan<- *slot) {
			if slot, err := s.take(t.Context(), host); err == nil {
				into <- slot
			}
		}
		go take("rare", rare)
		synctest.Wait()
		for range 3 * width {
			go take("busy", busy)
		}
		synctest.Wait()
		overtaken := -1
		for ; len(rare) == 0; overtaken++ {
			(<-busy).release()
			synctest.Wait()
		}
		if overtaken != width {
			t.Errorf("%d calls overtook it, want %d", overtaken, width)
		}
		(<-rare).release()
		for synctest.Wait(); len(busy) > 0; synctest.Wait() {
			(<-busy).release()
		}
		if held := s.inUse(); held != 0 {
			t.Errorf("%d slots are held", held)
		}
	})
}

// TestSlotOfCancelledCall: calls that are cancelled while they wait, also at the moment when
// they get a slot, leave every slot free.
func TestSlotOfCancelledCall(t *testing.T) {
	t.Parallel()
	s := newSlots(3)
	var calls sync.WaitGroup
	for i := range 500 {
		calls.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%2 == 0 {
				go cancel()
			}
			defer cancel()
			host := fmt.Sprint(i % 5)
			if slot, err := s.take(ctx, host); err == nil {
				slot.release()
				slot.release()
			}
		})
	}
	calls.Wait()
	if held := s.inUse(); held != 0 || len(s.waiting) != 0 {
		t.Errorf("%d slots are held, %d calls wait", held, len(s.waiting))
	}
	for host, h := range s.hosts {
		if h.underWay != 0 {
			t.Errorf("%s: %d calls under way", host, h.underWay)
		}
	}
}

// TestConnections: calls open no more connections than there are calls at one time, whether
// the server keeps them open or closes them.
func TestConnections(t *testing.T) {
	t.Parallel()
	const width, calls = 8, 400
	for _, closes := range []bool{false, true} {
		t.Run(fmt.Sprintf("closes %t", closes), func(t *testing.T) {
			t.Parallel()
			var opened atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if closes {
					w.Header().Set("Connection", "close")
				}
				w.Write([]byte(emptyRegions))
			}))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					opened.Add(1)
				}
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			a := New(Settings{EndpointURL: server.URL, NoVerifySSL: true, Concurrency: width})
			var wait sync.WaitGroup
			for range calls {
				wait.Go(func() {
					if err := callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if n := opened.Load(); !closes && n > width || closes && n < calls {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// TestDialOfAnsweredCall: a dial that waits ends with its call, and one that fails makes room
// for the next.
func TestDialOfAnsweredCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(3)
		refused := errors.New("refused")
		results := make(chan error)
		d := &dialer{dial: func(context.Context, string, string) (net.Conn, error) { return nil, <-results }}
		type outcome struct {
			call int
			err  error
		}
		outcomes := make(chan outcome, 3)
		calls := []*slot{s.tryTake("ec2"), s.tryTake("ec2"), s.tryTake("ec2")}
		s.host("ec2").open = 2 // of calls that are about to end
		for i, slot := range calls {
			go func() {
				_, err := d.DialContext(context.WithValue(t.Context(), slotKey{}, slot), "tcp", "ec2:443")
				outcomes <- outcome{i, err}
			}()
			synctest.Wait()
		}
		want := func(call int, err error) {
			synctest.Wait()
			select {
			case got := <-outcomes:
				if got != (outcome{call, err}) {
					t.Errorf("%v, want call %d: %v", got, call, err)
				}
			default:
				t.Errorf("the dial of call %d goes on", call)
			}
		}
		calls[1].release()
		want(1, errSuperfluous)
		results <- refused
		want(0, refused)
		calls[0].connectionClosed()
		results <- refused
		want(2, refused)
		calls[0].connectionClosed()
		if open := s.host("ec2").open; open != 0 {
			t.Errorf("%d connections are counted", open)
		}
	})
}
