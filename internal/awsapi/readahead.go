package awsapi

import (
	"net"
	"sync"
	"sync/atomic"
)

// readAhead is the size of the reads of a large answer, in bytes. net/http reads pieces of
// a few KiB, and buffers of this size for all connections would take too much memory.
const readAhead = 64 << 10

var readAheadBuffers = sync.Pool{New: func() any { return new([readAhead]byte) }}

// aheadConn reads more than the caller asks for while a large answer arrives faster than
// the caller reads. It has a buffer only as long as it has unread bytes. It has none while it
// waits for an answer, nor at the beginning of one, where the caller may wait for a largeSlot.
type aheadConn struct {
	net.Conn
	full   atomic.Int64 // bytes of the last reads of an answer, all of which got as much as they asked for
	buffer *[readAhead]byte
	unread []byte // in buffer
}

func (c *aheadConn) Read(p []byte) (int, error) {
	if c.buffer == nil {
		if c.full.Load() < readAhead || len(p) >= readAhead {
			n, err := c.Conn.Read(p)
			if c.full.Add(int64(n)); n < len(p) {
				c.full.Store(0)
			}
			return n, err
		}
		if err := c.fill(); c.buffer == nil {
			return 0, err
		}
	}
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		readAheadBuffers.Put(c.buffer)
		c.buffer = nil
	}
	return n, nil
}

// Write sends a part of the next request.
func (c *aheadConn) Write(p []byte) (int, error) {
	c.full.Store(0)
	return c.Conn.Write(p)
}

// fill reads into a buffer. An error after some bytes comes again with the next read.
func (c *aheadConn) fill() error {
	buffer := readAheadBuffers.Get().(*[readAhead]byte)
	n, err := c.Conn.Read(buffer[:])
	if n < len(buffer) {
		c.full.Store(readAhead - 1) // the next read may have to wait
	}
	if n == 0 {
		readAheadBuffers.Put(buffer)
		return err
	}
	c.buffer, c.unread = buffer, buffer[:n]
	return nil
}
