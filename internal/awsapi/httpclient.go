package awsapi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"muster/internal/timing"
)

// httpClient sends the calls of every service and bounds how many are under way. A
// call holds a slot from its request until the body of its answer is closed. It holds
// none while it waits for a retry, nor while its answer is processed.
type httpClient struct {
	transport    http.RoundTripper
	readTimeout  time.Duration // how long a server may be silent; 0: no limit
	slots        *slots
	largeAnswers chan struct{} // holds a value for each large answer in memory
}

// Do sends a request of the SDK's clients.
func (c *httpClient) Do(r *http.Request) (*http.Response, error) {
	own, err := withOwnBody(r)
	if err != nil {
		return nil, &url.Error{Op: r.Method, URL: r.URL.Redacted(), Err: err}
	}
	return c.send(own)
}

// send sends a request that the caller does not use again. It wraps errors of the transport
// as http.Client does. It follows no redirect: the signature of a request is valid for its
// own host only.
func (c *httpClient) send(r *http.Request) (*http.Response, error) {
	resp, err := c.roundTrip(r)
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

func (c *httpClient) roundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Encoding", "gzip") // after the signature: proxies change it
	slot, err := c.takeSlot(r.Context(), r.URL.Host)
	if err != nil {
		return nil, err
	}
	resp, err := c.transport.RoundTrip(r.WithContext(context.WithValue(r.Context(), slotKey{}, slot)))
	if err != nil {
		slot.release()
		return nil, err
	}
	c.limitBody(r, resp)
	resp.Body = &slotBody{ReadCloser: resp.Body, slot: slot}
	return resp, nil
}

func (c *httpClient) takeSlot(ctx context.Context, host string) (*slot, error) {
	if s := c.slots.tryTake(host); s != nil {
		return s, nil
	}
	timed := timing.CallOf(ctx)
	defer timed.GotSlot(timed.Begin())
	return c.slots.take(ctx, host)
}

// slotBody releases a call's slot when the body of its answer is closed.
type slotBody struct {
	io.ReadCloser
	slot *slot
}

func (b *slotBody) Close() error {
	defer b.slot.release()
	return b.ReadCloser.Close()
}
