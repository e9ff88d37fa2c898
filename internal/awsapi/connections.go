package awsapi

import (
	"context"
	"net"
	"sync"
)

// connections bounds the open connections, in use or idle, by what the process may
// open. A sweep talks to a host for every region; without a bound its idle
// connections would take the last descriptor from a call that needs one.
type connections struct {
	free chan struct{} // nil: no bound
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newConnections(most int, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *connections {
	c := &connections{dial: dial}
	if most > 0 {
		c.free = make(chan struct{}, max(most, 2))
	}
	return c
}

// open waits until there may be another connection.
func (c *connections) open(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.free == nil {
		return c.dial(ctx, network, addr)
	}
	select {
	case c.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := c.dial(ctx, network, addr)
	if err != nil {
		<-c.free
		return nil, err
	}
	return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { <-c.free })}, nil
}

// idle is how many connections may be kept for later calls: half, so that those
// to one host never keep calls to another waiting. 0: no bound.
func (c *connections) idle() int { return cap(c.free) / 2 }

type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
