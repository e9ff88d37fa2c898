package awsapi

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// newHTTPClient returns the one client of all services. With a transport for each
// service, TLS handshakes would take several times the CPU.
func newHTTPClient(s Settings) *httpClient {
	width := max(s.Concurrency, 1)
	// Each of the many hosts may have as many idle connections as there are calls, but
	// not all hosts at once.
	idlePerHost := max(width, 16)
	idle := 2 * idlePerHost
	if connections := FitOpenFiles(width+idle, 1); connections < width+idle {
		width = max(1, min(width, connections*2/3))
		idle = max(1, connections-width)
	}
	network := &net.Dialer{Timeout: s.ConnectTimeout, KeepAlive: 30 * time.Second}
	dialer := &dialer{dial: network.DialContext, readTimeout: s.ReadTimeout}
	t := &http.Transport{
		Proxy:               proxies(s.Lookup),
		TLSHandshakeTimeout: s.ConnectTimeout,
		MaxIdleConns:        idle,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     90 * time.Second,
		// All headers must arrive within this time, even if they arrive one by one.
		ResponseHeaderTimeout:  s.ReadTimeout,
		MaxResponseHeaderBytes: headerLimit,
		DisableCompression:     true, // limitedBody unpacks
		DialContext:            dialer.DialContext,
	}
	return &httpClient{
		transport: &lateTLS{transport: t, settings: s}, readTimeout: s.ReadTimeout,
		slots: newSlots(width), largeAnswers: make(chan struct{}, maxLargeAnswers),
	}
}

// proxies returns a function that finds the proxy of a request by HTTP_PROXY, HTTPS_PROXY
// and NO_PROXY, or their lower-case names, in the given environment. The function of
// net/http reads the environment of the process, and only once.
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

// lateTLS loads the CA certificates at the first call: parsing a bundle takes longer than a
// whole command that makes no call.
type lateTLS struct {
	transport *http.Transport
	settings  Settings
	once      sync.Once
	err       error
}

func (l *lateTLS) RoundTrip(r *http.Request) (*http.Response, error) {
	l.once.Do(func() { l.setUp(r.URL.Scheme) })
	if l.err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, l.err
	}
	return l.transport.RoundTrip(r)
}

func (l *lateTLS) setUp(scheme string) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: l.settings.NoVerifySSL,
		ClientSessionCache: tls.NewLRUClientSessionCache(1024),
	}
	switch path := l.settings.CABundle; {
	case l.settings.NoVerifySSL:
	case path != "":
		if cfg.RootCAs, l.err = loadBundle(path); l.err != nil {
			return
		}
	case scheme == "https":
		go x509.SystemCertPool() // x509 keeps it: it is there when the first server sends its certificate
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

// withOwnBody returns a copy of a request that has its own copy of the body. The SDK closes
// its body as soon as the headers of the answer arrive. If net/http has not read that body
// to its end by then, it closes the connection. GetBody also lets net/http repeat a request
// that it sent on a stale connection.
func withOwnBody(r *http.Request) (*http.Request, error) {
	request := *r
	request.Header = r.Header.Clone()
	if r.Body == nil || r.Body == http.NoBody {
		return &request, nil
	}
	data, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	request.Body, _ = request.GetBody()
	return &request, nil
}

// malformed reports whether the transport failed because the answer is not HTTP or has too
// many headers. The text of such an error contains the server's own bytes.
func malformed(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	if strings.HasPrefix(text, "net/http: server response headers exceeded") || strings.HasPrefix(text, "net/http: too many 1xx") {
		return true
	}
	connectionFailed := isTimeout(err) || isConnection(err) || errors.As(err, new(syscall.Errno)) || errors.Is(err, net.ErrClosed)
	return strings.HasPrefix(text, "net/http: HTTP/1.x transport connection broken: ") && !connectionFailed
}

// timeoutConn fails a read when nothing has arrived for the time-out, as the AWS CLI
// does with --cli-read-timeout. A write restarts the time-out: net/http keeps a read
// waiting on an idle connection, long before the next request.
type timeoutConn struct {
	net.Conn
	timeout time.Duration // 0: no limit
}

func (c *timeoutConn) Read(p []byte) (int, error) {
	if c.timeout > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}

func (c *timeoutConn) Write(p []byte) (int, error) {
	if c.timeout > 0 {
		if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}
