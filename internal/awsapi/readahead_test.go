package awsapi

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/iotest"
)

// readerConn is a connection that reads from a reader, and counts the reads.
type readerConn struct {
	net.Conn
	r     io.Reader
	reads int
}

func (c *readerConn) Read(p []byte) (int, error) {
	c.reads++
	return c.r.Read(p)
}

// TestReadAhead: the caller gets the server's bytes, whatever the sizes of its reads. A
// connection takes fewer reads for a large answer, and no buffer where the bytes arrive
// slowly or none is unread.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	const size = 2 << 20
	sent := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range sent {
		sent[i] = byte(random.Uint32())
	}
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r     io.Reader
		reads int // at most
	}{
		"fast": {bytes.NewReader(sent), size / readAhead * 3 / 2},
		"slow": {iotest.OneByteReader(bytes.NewReader(sent)), 2 * size},
	} {
		conn := &readerConn{r: io.MultiReader(test.r, iotest.ErrReader(broken))}
		ahead := &aheadConn{Conn: conn}
		var got []byte
		buffer := make([]byte, 2*readAhead)
		for {
			n, err := ahead.Read(buffer[:1+random.IntN(12<<10)])
			got = append(got, buffer[:n]...)
			if name == "slow" && ahead.buffer != nil {
				t.Fatal("a connection has a buffer although the bytes arrive slowly")
			}
			if err != nil {
				if err != broken || ahead.buffer != nil {
					t.Errorf("%s: %v, with a buffer: %t", name, err, ahead.buffer != nil)
				}
				break
			}
		}
		if !bytes.Equal(got, sent) {
			t.Errorf("%s: %d bytes differ from the %d that were sent", name, len(got), size)
		}
		if conn.reads > test.reads {
			t.Errorf("%s: %d reads, want at most %d", name, conn.reads, test.reads)
		}
	}
}
