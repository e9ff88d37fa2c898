package awsapi

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits on the size of an answer in bytes. AWS stays far below all of them.
const (
	// PageLimit is for a page that is read as a stream.
	PageLimit = 1 << 30
	// WholeLimit is for a page that is kept in memory as a whole.
	WholeLimit = 256 << 20
	// controlLimit is for every other answer.
	controlLimit = 64 << 20

	errorLimit  = 1 << 20   // for an error; the rest is not read
	headerLimit = 256 << 10 // for all headers together
)

const (
	// largeAnswer is the size from which an answer in memory counts as large. At most
	// maxLargeAnswers of them are in memory at one time.
	largeAnswer     = 1 << 20
	maxLargeAnswers = 2

	// A whole answer may take this many read time-outs.
	readTimeouts = 10
)

type limitKey struct{}

// withLimit sets the size limit for the answers to calls with ctx. These answers are
// streamed, not kept in memory.
func withLimit(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, limitKey{}, limit)
}

// limitedBody is the body of an answer. It unpacks gzip and limits the size both before
// and after unpacking: a small packed body can have an endless content.
type limitedBody struct {
	packed networkBody
	zipped bool
	gzip   *gzip.Reader // nil before the first read

	ctx          context.Context
	largeSlots   chan struct{} // nil for a streamed answer
	hasLargeSlot bool

	size  int64 // unpacked bytes so far
	limit int64
	err   error
}

// limitBody replaces the body of an answer with a limitedBody.
func (c *httpClient) limitBody(r *http.Request, resp *http.Response) {
	limit, streamed := r.Context().Value(limitKey{}).(int64)
	b := &limitedBody{ctx: r.Context(), limit: limit}
	if !streamed {
		b.limit, b.largeSlots = controlLimit, c.largeAnswers
	}
	b.packed = networkBody{ReadCloser: resp.Body, limit: b.limit, timed: c.readTimeout > 0, remaining: readTimeouts * c.readTimeout}
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		b.zipped = true
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength, resp.Uncompressed = -1, true
	}
	resp.Body = b
	if resp.StatusCode/100 != 2 {
		resp.Body = readCloser{io.LimitReader(b, errorLimit), b}
	}
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.unpack(p)
	b.size += int64(n)
	switch {
	case b.size > b.limit:
		err = errTooLarge(b.limit)
	case b.size > largeAnswer && b.largeSlots != nil && !b.hasLargeSlot && err == nil:
		select {
		case b.largeSlots <- struct{}{}:
			b.hasLargeSlot = true
		case <-b.ctx.Done():
			err = b.ctx.Err()
		}
	}
	b.err = err
	return n, err
}

var gzipReaders sync.Pool

func (b *limitedBody) unpack(p []byte) (n int, err error) {
	if !b.zipped {
		return b.packed.Read(p)
	}
	if b.gzip == nil {
		if b.gzip, _ = gzipReaders.Get().(*gzip.Reader); b.gzip == nil {
			b.gzip = new(gzip.Reader)
		}
		if err := b.gzip.Reset(&b.packed); err != nil {
			return 0, err
		}
	}
	return b.gzip.Read(p)
}

func (b *limitedBody) Close() error {
	if b.hasLargeSlot {
		<-b.largeSlots
		b.hasLargeSlot = false
	}
	if b.gzip != nil {
		gzipReaders.Put(b.gzip)
		b.gzip = nil
	}
	b.err = http.ErrBodyReadAfterClose
	return b.packed.Close()
}

// networkBody is a body as it comes from the network.
type networkBody struct {
	io.ReadCloser
	size  int64 // bytes so far
	limit int64

	timed     bool
	remaining time.Duration // how long further reads may take, if timed
}

func (b *networkBody) Read(p []byte) (int, error) {
	var start time.Time
	if b.timed {
		start = time.Now()
	}
	n, err := b.ReadCloser.Read(p)
	if b.size += int64(n); b.size > b.limit {
		return n, errTooLarge(b.limit)
	}
	if b.timed {
		if b.remaining -= time.Since(start); b.remaining < 0 && err == nil {
			err = errTooSlow
		}
	}
	return n, err
}

func errTooLarge(limit int64) error {
	return &BrokenAnswer{Msg: fmt.Sprintf("answered with more than %d MiB", limit>>20), Final: true}
}

// errTooSlow is the error of an answer that keeps arriving, but takes too long.
var errTooSlow error = slowAnswer{}

type slowAnswer struct{}

func (slowAnswer) Error() string   { return "the answer comes in too slowly" }
func (slowAnswer) Timeout() bool   { return true }
func (slowAnswer) Temporary() bool { return true }
