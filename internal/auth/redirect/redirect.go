// Package redirect receives the answer of a sign-in in the browser: the sign-in page sends
// the browser to a port of this machine with an authorization code (RFC 8252). Only the
// process that knows the verifier can exchange the code (PKCE, RFC 7636).
package redirect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Path is the path of the redirect's target.
const Path = "/oauth/callback"

// ErrNoBrowser means that no browser could be opened. ErrRefused means that the user did
// not sign in.
var (
	ErrNoBrowser = errors.New("no browser could be opened")
	ErrRefused   = errors.New("refused in the browser")
)

// Server is a server on this machine that receives the browser's redirect.
type Server struct {
	URL    string // the redirect's target
	State  string // a secret that the redirect has to repeat
	server *http.Server
	result chan result
}

type result struct {
	code string // the authorization code
	err  error
}

// Listen starts a server on a port; 0 for any free port.
func Listen(port int) (*Server, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("waiting for the browser on port %d: %w; leave --port out for a free one, or use --use-device-code", port, err)
	}
	c := &Server{URL: "http://" + listener.Addr().String() + Path, State: rand.Text(), result: make(chan result, 1)}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go c.server.Serve(listener)
	return c, nil
}

// Close waits a moment so that the browser gets its answer.
func (c *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		c.server.Close()
	}
}

// Wait opens the page in the browser, and returns the authorization code. open may be nil
// if the user opens the page; if it fails, Wait returns ErrNoBrowser.
func (c *Server) Wait(ctx context.Context, open func(page string) error, page string) (code string, err error) {
	browserFailed := make(chan error, 1)
	if open != nil {
		go func() {
			if err := open(page); err != nil {
				browserFailed <- err
			}
		}()
	}
	select {
	case r := <-c.result:
		return r.code, r.err
	case err := <-browserFailed:
		return "", fmt.Errorf("%w: %v", ErrNoBrowser, err)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ServeHTTP accepts the first request with the right state. Any page that is open in
// the browser can send requests, but only the sign-in page knows the state.
func (c *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Connection", "close")
	switch {
	case r.URL.Path != Path:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(c.State)) != 1:
		http.Error(w, "This answer belongs to no sign-in that is under way.", http.StatusBadRequest)
		return
	}
	var result result
	text := "Signed in. You can close this window and go back to the terminal."
	switch oauth := q.Get("error"); {
	case oauth == "access_denied":
		result.err = ErrRefused
	case oauth != "":
		result.err = fmt.Errorf("signing in failed in the browser: %s %s", oauth, q.Get("error_description"))
	case q.Get("code") == "":
		result.err = errors.New("the browser brought no authorization code")
	default:
		result.code = q.Get("code")
	}
	if result.err != nil {
		text = "Not signed in. The terminal says why."
	}
	io.WriteString(w, "<!doctype html><title>muster</title><p>"+text+"</p>\n")
	select {
	case c.result <- result:
	default: // an earlier request has the result
	}
}

// NewVerifier returns a PKCE verifier, and its challenge by SHA-256.
func NewVerifier() (verifier, challenge string) {
	verifier = rand.Text() + rand.Text() // 52 letters and digits; 43 to 128 are allowed
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}
