package awsapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// newTransport returns what every service's calls go through. A transport of its
// own for each would cost several times the CPU in handshakes.
func newTransport(s Settings) *slots {
	perHost := max(s.Concurrency, 16)
	dialer := &net.Dialer{Timeout: s.ConnectTimeout, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               proxies(s.Lookup),
		TLSHandshakeTimeout: s.ConnectTimeout,
		// Each of the many hosts may have as many connections as there are calls, but
		// not all of them at once.
		MaxIdleConns:        2 * perHost,
		MaxIdleConnsPerHost: perHost,
		IdleConnTimeout:     90 * time.Second,
	}
	calls := newSlots(s, &lateTLS{transport: t, settings: s}, t.CloseIdleConnections)
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		calls.open.Add(1)
		closed := sync.OnceFunc(func() { calls.open.Add(-1) })
		return &patientConn{Conn: conn, patience: s.ReadTimeout, closed: closed}, nil
	}
	return calls
}

// proxies reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or lower case) from the
// given environment; net/http's own function reads the process's, once.
func proxies(lookup func(string) (string, bool)) func(*http.Request) (*url.URL, error) {
	if lookup == nil {
		return nil
	}
	get := func(names ...string) string {
		for _, name := range names {
			if v, _ := lookup(name); v != "" {
				return v
			}
		}
		return ""
	}
	_, cgi := lookup("REQUEST_METHOD")
	find := (&httpproxy.Config{
		HTTPProxy:  get("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: get("HTTPS_PROXY", "https_proxy"),
		NoProxy:    get("NO_PROXY", "no_proxy"),
		CGI:        cgi,
	}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return find(r.URL) }
}

// lateTLS sets the transport's certificates up at the first call: parsing a
// bundle takes longer than a whole command that makes no call.
type lateTLS struct {
	transport *http.Transport
	settings  Settings
	once      sync.Once
	err       error
}

func (l *lateTLS) RoundTrip(r *http.Request) (*http.Response, error) {
	l.once.Do(l.setUp)
	if l.err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, l.err
	}
	return l.transport.RoundTrip(r)
}

func (l *lateTLS) setUp() {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: l.settings.NoVerifySSL,
		ClientSessionCache: tls.NewLRUClientSessionCache(1024),
	}
	if path := l.settings.CABundle; path != "" && !l.settings.NoVerifySSL {
		if cfg.RootCAs, l.err = loadBundle(path); l.err != nil {
			return
		}
	}
	l.transport.TLSClientConfig = cfg
}

// loadBundle reads the PEM certificates of AWS_CA_BUNDLE.
func loadBundle(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, &bundleError{fmt.Errorf("CA bundle: %w", err)}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &bundleError{fmt.Errorf("CA bundle %s: no PEM certificate in it", path)}
	}
	return pool, nil
}

type bundleError struct{ error }

func (e *bundleError) Unwrap() error { return e.error }

// inMemory gives the request a body of its own. The SDK closes its body as soon
// as an answer's headers are there; net/http may still be looking for that
// body's end, and would drop the connection for it. With GetBody net/http can
// also repeat a request that a stale connection swallowed.
func inMemory(r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	data, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	own := *r
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	own.Body, _ = own.GetBody()
	return &own, nil
}

// patientConn gives up when nothing has arrived for a while, as the AWS CLI's
// --cli-read-timeout does. Writing starts the wait anew: the read that net/http
// keeps open on an idle connection began long before the request.
type patientConn struct {
	net.Conn
	patience time.Duration // 0: without end
	closed   func()
}

func (c *patientConn) Read(p []byte) (int, error) {
	if c.patience > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}

func (c *patientConn) Write(p []byte) (int, error) {
	if c.patience > 0 {
		if err := c.SetDeadline(time.Now().Add(c.patience)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}

func (c *patientConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
