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

// maxAnswer is far more than the size of any answer of the machine's services.
const maxAnswer = 1 << 20

// machineClient returns a client for the metadata service and the container agents.
// They are near, so that the client uses no proxy and a short timeout by default (0).
// It follows no redirect, which could send the authorization token to another server,
// and limits the size of answers.
func (r *Resolver) machineClient(timeout time.Duration) *http.Client {
	connect := timeout
	if timeout == 0 {
		timeout, connect = 3*time.Second, time.Second
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &tokenRecorder{
			next: limiter{&http.Transport{
				DialContext:            (&net.Dialer{Timeout: connect}).DialContext,
				MaxResponseHeaderBytes: 64 << 10,
				DisableCompression:     true,
			}},
			secrets: r.API.Secrets(),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tokenRecorder adds the authorization tokens of requests to the set of secrets.
type tokenRecorder struct {
	next    http.RoundTripper
	secrets *secret.Set
}

func (t *tokenRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, header := range []string{"Authorization", "X-Aws-Ec2-Metadata-Token"} {
		t.secrets.Add(strings.Fields(r.Header.Get(header))...)
	}
	return t.next.RoundTrip(r)
}

// limiter limits the size of answers.
type limiter struct{ http.RoundTripper }

func (l limiter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = &limitedBody{answer.Body, maxAnswer}
	}
	return answer, err
}

type limitedBody struct {
	io.ReadCloser
	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("the answer has more than %d KiB: expected credentials", maxAnswer>>10)
	}
	return n, err
}
