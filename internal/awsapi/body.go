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

// What an answer may cost. A server that means well stays far below all of it.
const (
	// PageLimit is the most bytes of an answer that is read as a stream.
	PageLimit = 1 << 30
	// WholeLimit is the same for a page that is kept in memory as a whole.
	WholeLimit = 256 << 20
	// ControlLimit is the same for every other answer.
	ControlLimit = 64 << 20

	errorLimit  = 1 << 20   // of an error; the rest is not read
	headerLimit = 256 << 10 // of all headers together

	// Of answers that are larger than smallAnswer and kept in memory, only a few are
	// there at one time.
	smallAnswer     = 1 << 20
	maxLargeAnswers = 2

	// An answer as a whole may take so many times as long as the server may be silent.
	readTimeouts = 10
)

type limitKey struct{}

// withLimit lets the answers to calls under ctx be as large as limit.
func withLimit(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, limitKey{}, limit)
}

// boundedBody is an answer's body within its limits: unpacked, and no longer than it may
// be, neither before nor after; what packs nothing at all into many bytes has no end
// after unpacking.
type boundedBody struct {
	packed arriving
	gzip   *gzip.Reader // nil where the body is not packed, and before the first read

	ctx   context.Context
	large chan struct{} // nil: the answer is not kept in memory
	size  int64         // unpacked, so far
	limit int64
	zip   bool
	held  bool // a place in large
	err   error
}

// bound puts the limits around the body of an answer.
func (c *httpClient) bound(r *http.Request, resp *http.Response) {
	limit, streamed := r.Context().Value(limitKey{}).(int64)
	b := &boundedBody{ctx: r.Context(), limit: limit}
	if !streamed {
		b.limit, b.large = ControlLimit, c.largeAnswers
	}
	b.packed = arriving{ReadCloser: resp.Body, limit: b.limit, patience: readTimeouts * c.readTimeout, endless: c.readTimeout == 0}
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		b.zip = true
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength, resp.Uncompressed = -1, true
	}
	resp.Body = b
	if resp.StatusCode/100 != 2 {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(b, errorLimit), b}
	}
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.unpack(p)
	b.size += int64(n)
	switch {
	case b.size > b.limit:
		err = tooLarge(b.limit)
	case b.size > smallAnswer && b.large != nil && !b.held && err == nil:
		select {
		case b.large <- struct{}{}:
			b.held = true
		case <-b.ctx.Done():
			err = b.ctx.Err()
		}
	}
	b.err = err
	return n, err
}

var unpackers sync.Pool

func (b *boundedBody) unpack(p []byte) (n int, err error) {
	if !b.zip {
		return b.packed.Read(p)
	}
	if b.gzip == nil {
		if b.gzip, _ = unpackers.Get().(*gzip.Reader); b.gzip == nil {
			b.gzip = new(gzip.Reader)
		}
		if err := b.gzip.Reset(&b.packed); err != nil {
			return 0, err
		}
	}
	return b.gzip.Read(p)
}

func (b *boundedBody) Close() error {
	if b.held {
		<-b.large
		b.held = false
	}
	if b.gzip != nil {
		unpackers.Put(b.gzip)
		b.gzip = nil
	}
	b.err = http.ErrBodyReadAfterClose
	return b.packed.Close()
}

// arriving is a body as it comes over the network.
type arriving struct {
	io.ReadCloser
	size     int64 // so far
	limit    int64
	patience time.Duration // how long it may still be waited for
	endless  bool          // it may be waited for without end
}

func (a *arriving) Read(p []byte) (int, error) {
	start := time.Now()
	n, err := a.ReadCloser.Read(p)
	if a.size += int64(n); a.size > a.limit {
		return n, tooLarge(a.limit)
	}
	if a.patience -= time.Since(start); a.patience < 0 && !a.endless && err == nil {
		err = errTooSlow
	}
	return n, err
}

func tooLarge(limit int64) error {
	return &BrokenAnswer{Msg: fmt.Sprintf("answered with more than %d MiB", limit>>20), Final: true}
}

// errTooSlow is for an answer that arrives, but in drops.
var errTooSlow error = slowAnswer{}

type slowAnswer struct{}

func (slowAnswer) Error() string   { return "the answer comes in too slowly" }
func (slowAnswer) Timeout() bool   { return true }
func (slowAnswer) Temporary() bool { return true }
