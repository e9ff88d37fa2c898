package awsapi

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// dialer opens connections, no more to a host than its calls need. net/http begins to open
// one for each call that finds none idle, and goes on when the call has meanwhile got one
// that another call left.
type dialer struct {
	dial        func(ctx context.Context, network, addr string) (net.Conn, error)
	readTimeout time.Duration // of the connections; 0: no limit
}

// dial is a connection that is not opened yet.
type dial struct {
	slot *slot     // of its call
	turn chan bool // gets true when the call needs it, false when the call has ended without it
}

// dialTimeout bounds how long a dial waits for a connection of another call. It only matters
// where hosts share connections, as behind a proxy without TLS.
const dialTimeout = time.Second

// errSuperfluous ends a dial whose call has got another connection. No caller sees it.
var errSuperfluous = errors.New("the call has another connection")

// DialContext opens a connection for a call as soon as it needs one.
func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	slot := ctx.Value(slotKey{}).(*slot)
	if err := slot.waitToDial(ctx); err != nil {
		return nil, err
	}
	closed := sync.OnceFunc(slot.connectionClosed)
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		closed()
		return nil, err
	}
	return &countedConn{&aheadConn{Conn: &timeoutConn{Conn: conn, timeout: d.readTimeout}}, closed}, nil
}

// waitToDial waits until the calls of the host need another connection, and counts it.
func (w *slot) waitToDial(ctx context.Context) error {
	d := w.queueDial()
	if d == nil {
		return nil
	}
	timeout := time.NewTimer(dialTimeout)
	defer timeout.Stop()
	var err error
	select {
	case needed := <-d.turn:
		if !needed {
			return errSuperfluous
		}
		return nil
	case <-timeout.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	h := w.host
	needed := err == nil
	if i := slices.Index(h.dials, d); i >= 0 {
		h.dials = slices.Delete(h.dials, i, i+1)
		if needed {
			h.open++
		}
		return err
	}
	switch counted := <-d.turn; { // its turn came at the same time
	case counted && !needed:
		h.open--
		h.admitDials()
	case !counted && needed:
		return errSuperfluous
	}
	return err
}

// queueDial counts a connection if the calls of the host need it, else returns a dial that
// has to wait.
func (w *slot) queueDial() *dial {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	h := w.host
	if h.open < h.underWay {
		h.open++
		return nil
	}
	d := &dial{w, make(chan bool, 1)}
	if w.released {
		d.turn <- false
		return d
	}
	h.dials = append(h.dials, d)
	return d
}

// admitDials starts waiting dials while the calls need more connections.
func (h *hostCalls) admitDials() {
	for len(h.dials) > 0 && h.open < h.underWay {
		h.open++
		h.dials[0].turn <- true
		h.dials = h.dials[1:]
	}
}

// dropDials ends the waiting dials of a call.
func (h *hostCalls) dropDials(w *slot) {
	h.dials = slices.DeleteFunc(h.dials, func(d *dial) bool {
		if d.slot == w {
			d.turn <- false
		}
		return d.slot == w
	})
}

// connectionClosed makes room for another connection.
func (w *slot) connectionClosed() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	w.host.open--
	w.host.admitDials()
}

// countedConn is a connection that is counted until it is closed.
type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
