package saml

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/internal/safe"
)

// Limits on answers. A server that exceeds one is not the provider.
const (
	maxAnswer      = 4 << 20 // bytes of a page or of an answer of an API
	requestTimeout = time.Minute
	minCookie      = 20 // length from which a cookie may be a secret
)

// The waits after an answer that there were too many requests.
const (
	maxThrottled  = 4
	throttledWait = 5 * time.Second
	longestWait   = time.Minute
	dayWait       = 24 * time.Hour
)

// web makes the requests of one sign-in. All go to the server of base, by HTTPS: a request
// holds a password, a code or a token. web follows no redirect.
type web struct {
	config    Config
	user      user
	provider  string // OneLogin or Okta, for messages
	host      string // of the server, for messages
	base      *url.URL
	transport http.RoundTripper
	cookies   http.CookieJar
	isFinal   func(body []byte) bool // whether to take 429 for the answer to the request itself; may be nil
	typed     []string               // secrets that people choose or type, which may be too short for Secrets
}

func newWeb(client *http.Client, c Config, u user, provider string, base *url.URL) (*web, error) {
	if !safeURL(base) {
		return nil, fail(BadConfig, "", "saml_url %q is no URL of https", safe.Text(base.Redacted()))
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	w := &web{
		config: c, user: u, provider: provider, host: safe.Text(base.Host), base: base, transport: http.DefaultTransport, cookies: jar,
	}
	if client != nil && client.Transport != nil {
		w.transport = client.Transport
	}
	return w, nil
}

// safeURL reports whether a password may be sent to a URL: with encryption, or to this
// machine.
func safeURL(u *url.URL) bool {
	ip, _ := netip.ParseAddr(u.Hostname())
	loopback := ip.IsLoopback() || u.Hostname() == "localhost"
	return u.Hostname() != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback)
}

// sameServer reports whether a URL is on the server of the sign-in.
func (w *web) sameServer(u *url.URL) bool { return u.User == nil && origin(u) == origin(w.base) }

// origin returns the scheme, host and port of a URL.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// keep adds a secret that a person has chosen or typed.
func (w *web) keep(secret string) {
	w.config.Secrets.AddWords(secret)
	w.typed = append(w.typed, secret)
}

// answer is an answer of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is a request to the server.
type request struct {
	name   string // for the log
	method string
	url    *url.URL
	header map[string]string
	body   []byte
}

// path returns a URL of the server.
func (w *web) path(elements ...string) *url.URL { return w.base.JoinPath(elements...) }

// post sends a value as JSON and parses the answer into out, whatever its status is. Members
// of an unexpected type stay empty.
func (w *web) post(ctx context.Context, name string, to *url.URL, header map[string]string, in, out any) (status int, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	all := map[string]string{"Content-Type": "application/json", "Accept": "application/json"}
	for key, value := range header {
		all[key] = value
	}
	a, err := w.send(ctx, request{name, http.MethodPost, to, all, body})
	if err != nil {
		return 0, err
	}
	if a.status/100 == 3 {
		return 0, w.redirected(a, to)
	}
	err = json.Unmarshal(a.body, out)
	if wrongType := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &wrongType) {
		return 0, fail(Failed, "", "%s (%s) answered %s with something that is not JSON; a proxy may be in the way",
			w.provider, w.host, statusText(a.status))
	}
	return a.status, nil
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}

// redirected is the error for a redirect of a request that must not be sent elsewhere.
func (w *web) redirected(a *answer, from *url.URL) error {
	to, err := from.Parse(a.header.Get("Location"))
	switch {
	case err != nil || to.Host == "":
		return fail(Failed, "", "%s (%s) answered with a broken redirect", w.provider, w.host)
	case !w.sameServer(to):
		return fail(BadConfig, "", "%s redirects to %s, where muster sends no secrets: use that server in saml_url if it is the provider's",
			w.host, w.said(to.Scheme+"://"+to.Host))
	}
	return fail(Failed, "", "%s (%s) answered with a redirect in place of its API's answer", w.provider, w.host)
}

// send sends a request, and waits where the server asks for fewer requests.
func (w *web) send(ctx context.Context, r request) (*answer, error) {
	for try := 1; ; try++ {
		a, err := w.sendOnce(ctx, r)
		if err != nil || a.status != http.StatusTooManyRequests || w.isFinal != nil && w.isFinal(a.body) {
			return a, err
		}
		wait := retryAfter(a.header, try)
		if try == maxThrottled || wait > longestWait {
			return nil, fail(Throttled, "", "%s (%s) gets too many requests; try again in %d min", w.provider, w.host, int(max(wait, longestWait)/time.Minute))
		}
		w.user.note(fmt.Sprintf("%s gets too many requests; waiting %s", w.provider, wait))
		if err := w.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// retryAfter returns the wait before a request is repeated: as the server says it in
// Retry-After, in X-RateLimit-Reset (OneLogin), or as a point of its clock in
// X-Rate-Limit-Reset (Okta).
func retryAfter(h http.Header, try int) time.Duration {
	seconds := func(name string, start int64) (time.Duration, bool) {
		s, err := strconv.ParseInt(h.Get(name), 10, 64)
		return min(time.Duration(s-start), dayWait/time.Second) * time.Second, err == nil && s >= start
	}
	if wait, ok := seconds("Retry-After", 0); ok {
		return wait
	}
	if wait, ok := seconds("X-RateLimit-Reset", 0); ok {
		return wait
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		if wait, ok := seconds("X-Rate-Limit-Reset", date.Unix()); ok {
			return wait + time.Second
		}
	}
	return throttledWait * time.Duration(try)
}

func (w *web) sleep(ctx context.Context, d time.Duration) error {
	if w.config.Sleep != nil {
		return w.config.Sleep(ctx, d)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *web) sendOnce(ctx context.Context, r request) (*answer, error) {
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	start := time.Now()
	a, err := w.roundTrip(limited, r)
	if w.config.Log != nil {
		status := 0
		if a != nil {
			status = a.status
		}
		w.config.Log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("service", w.provider), slog.String("operation", r.name),
			slog.Duration("duration", time.Since(start).Round(time.Microsecond)), slog.Int("status", status))
	}
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, fail(Unreachable, "", "%s (%s) did not answer within a minute", w.provider, w.host)
	case errors.Is(err, errTooLong):
		return nil, fail(Failed, "", "%s (%s) sent an endless answer", w.provider, w.host)
	}
	if e := (*url.Error)(nil); errors.As(err, &e) { // its text has the URL, and that may have a token
		err = e.Err
	}
	return nil, fail(Unreachable, w.said(err.Error()), "%s (%s) cannot be reached", w.provider, w.host)
}

var errTooLong = errors.New("the answer is too long")

// roundTrip sends one request. It uses no http.Client: that follows redirects, and repeats
// them in its errors.
func (w *web) roundTrip(ctx context.Context, r request) (*answer, error) {
	if !w.sameServer(r.url) {
		return nil, fmt.Errorf("another server: %s", r.url.Host)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "muster")
	if w.config.UserAgent != "" {
		req.Header.Set("User-Agent", w.config.UserAgent)
	}
	for key, value := range r.header {
		req.Header.Set(key, value)
	}
	// Browsers, too, send secure cookies to this machine without encryption.
	site := *r.url
	site.Scheme = "https"
	for _, cookie := range w.cookies.Cookies(&site) {
		req.AddCookie(cookie)
	}
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	w.cookies.SetCookies(&site, resp.Cookies())
	for _, cookie := range resp.Cookies() {
		if len(cookie.Value) >= minCookie {
			w.config.Secrets.Add(cookie.Value)
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errTooLong
	}
	return &answer{resp.StatusCode, resp.Header, body}, nil
}

// text is a string in JSON that a server may send as a number, too. Values of other types
// count as "".
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(data, &s) == nil:
		*t = text(s)
	case json.Unmarshal(data, &n) == nil:
		*t = text(n)
	default:
		*t = ""
	}
	return nil
}
