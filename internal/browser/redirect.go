package browser

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
	"sync/atomic"
	"time"
)

// wait is how long a redirect waits for the browser.
const wait = time.Minute

// OpenSecret opens a page whose URL holds a secret. open gets the URL of a redirect on this
// machine that leads to the page once. OpenSecret returns when the browser has followed it; if
// open returns only when the user has left the browser, with untilLeft, it waits for that, too.
// It returns an error if open returns one before, or if the browser does not come within a
// minute.
func OpenSecret(ctx context.Context, page string, open func(url string) error, untilLeft bool) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := newRedirect(listener.Addr().String(), page)
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(listener)
	defer shutDown(server)
	waiting, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("the browser has not opened the page within %s", wait))
	defer cancel()
	opened := make(chan error, 1)
	go func() { opened <- open("http://" + r.host + r.path) }()
	for {
		select {
		case <-r.followed:
			if untilLeft && opened != nil {
				return <-opened
			}
			return nil
		case err := <-opened:
			if err != nil {
				return err
			}
			opened = nil // the browser may still be starting
		case <-waiting.Done():
			return context.Cause(waiting)
		}
	}
}

// shutDown waits a moment so that the browser gets its answer.
func shutDown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		server.Close()
	}
}

// redirect answers the first request for its path with a redirect to a page.
type redirect struct {
	host, path string
	page       string
	used       atomic.Bool
	followed   chan struct{} // closed after the answer
}

// newRedirect returns a redirect with a path that nobody can guess.
func newRedirect(host, page string) *redirect {
	return &redirect{host: host, path: "/" + rand.Text(), page: page, followed: make(chan struct{})}
}

// ServeHTTP checks the host, too: a page that makes its own name lead to this machine cannot
// read the answer.
func (r *redirect) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Connection", "close")
	switch {
	case req.Host != r.host:
		http.Error(w, "This address is not for other hosts.", http.StatusMisdirectedRequest)
	case subtle.ConstantTimeCompare([]byte(req.URL.Path), []byte(r.path)) != 1:
		http.NotFound(w, req)
	case req.Method != http.MethodGet:
		h.Set("Allow", http.MethodGet)
		http.Error(w, "This address takes GET alone.", http.StatusMethodNotAllowed)
	case r.used.Swap(true):
		http.Error(w, "This address has led to its page already. Run muster again.", http.StatusGone)
	default:
		h.Set("Location", r.page)
		w.WriteHeader(http.StatusFound) // without a body, that would repeat the URL
		close(r.followed)
	}
}
