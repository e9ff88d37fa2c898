package auth

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"muster/internal/secret"
)

// largestAnswer is far more than any answer of this machine's own services.
const largestAnswer = 1 << 20

// machineClient talks to this machine's own services, which are near or not there,
// and behind no proxy. It follows no redirect: whoever answers in their place could
// send the authorization token elsewhere. It reads no endless answer either. The
// timeout is that of a request, 0 for one that is right for services that are near.
func (r *Resolver) machineClient(timeout time.Duration) *http.Client {
	connect := timeout
	if timeout == 0 {
		timeout, connect = 3*time.Second, time.Second
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &discreet{
			next: bounded{&http.Transport{
				DialContext:            (&net.Dialer{Timeout: connect}).DialContext,
				MaxResponseHeaderBytes: 64 << 10,
				DisableCompression:     true,
			}},
			secrets: r.API.Secrets(),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// discreet remembers the tokens by which this machine's services know their callers.
type discreet struct {
	next    http.RoundTripper
	secrets *secret.Set
}

func (d *discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, header := range []string{"Authorization", "X-Aws-Ec2-Metadata-Token"} {
		d.secrets.Add(strings.Fields(r.Header.Get(header))...)
	}
	return d.next.RoundTrip(r)
}

// bounded limits the size of answers.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = &boundedBody{answer.Body, largestAnswer}
	}
	return answer, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("an answer of more than %d KiB, which is not one with credentials", largestAnswer>>10)
	}
	return n, err
}
