package awsapi

import (
	"net"
	"sync"
)

// readAhead is the size of the reads of a large answer, in bytes. net/http reads pieces of
// a few KiB, and buffers of this size for all connections would take too much memory.
const readAhead = 64 << 10

var readAheadBuffers = sync.Pool{New: func() any { return new([readAhead]byte) }}

// aheadConn reads more than the caller asks for while a large answer arrives faster than
// the caller reads. It has a buffer only as long as it has unread bytes, and not while it
// waits for an answer.
type aheadConn struct {
	net.Conn
	full   int // bytes of the last reads, all of which got as much as they asked for
	buffer *[readAhead]byte
	unread []byte // in buffer
}

func (c *aheadConn) Read(p []byte) (int, error) {
	if c.buffer == nil {
		if c.full < readAhead || len(p) >= readAhead {
			n, err := c.Conn.Read(p)
			if c.full += n; n < len(p) {
				c.full = 0
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

// fill reads into a buffer. An error after some bytes comes again with the next read.
func (c *aheadConn) fill() error {
	buffer := readAheadBuffers.Get().(*[readAhead]byte)
	n, err := c.Conn.Read(buffer[:])
	if n < len(buffer) {
		c.full = readAhead - 1 // the next read may have to wait
	}
	if n == 0 {
		readAheadBuffers.Put(buffer)
		return err
	}
	c.buffer, c.unread = buffer, buffer[:n]
	return nil
}
