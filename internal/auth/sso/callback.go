package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
)

const callbackPath = "/oauth/callback"

// callback is a server on this machine that receives the browser's redirect.
type callback struct {
	url    string // the redirect's target
	state  string // a secret that the redirect has to repeat
	server *http.Server
	result chan callbackResult
}

type callbackResult struct {
	code string // the authorization code
	err  error
}

// listen starts a callback on a port; 0 for any free port.
func listen(port int) (*callback, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("waiting for the browser on port %d: %w; leave --port out for a free one, or use --use-device-code", port, err)
	}
	c := &callback{url: "http://" + listener.Addr().String() + callbackPath, state: rand.Text(), result: make(chan callbackResult, 1)}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go c.server.Serve(listener)
	return c, nil
}

// close waits a moment so that the browser gets its answer.
func (c *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		c.server.Close()
	}
}

// wait returns the authorization code, or errNoBrowser if browserFailed sends an
// error.
func (c *callback) wait(ctx context.Context, browserFailed <-chan error) (code string, err error) {
	select {
	case r := <-c.result:
		return r.code, r.err
	case err := <-browserFailed:
		return "", fmt.Errorf("%w: %v", errNoBrowser, err)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ServeHTTP accepts the first request with the right state. Any page that is open in
// the browser can send requests, but only the sign-in page knows the state.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Connection", "close")
	switch {
	case r.URL.Path != callbackPath:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(c.state)) != 1:
		http.Error(w, "This answer belongs to no sign-in that is under way.", http.StatusBadRequest)
		return
	}
	var result callbackResult
	text := "Signed in. You can close this window and go back to the terminal."
	switch oauth := q.Get("error"); {
	case oauth == "access_denied":
		result.err = &types.AccessDeniedException{}
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
