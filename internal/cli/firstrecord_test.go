package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/awssim"
)

// roundTrips stands in front of an organization and makes round trips countable: it holds all
// requests, and lets those that it holds pass together once no more arrive.
type roundTrips struct {
	next http.Handler

	mu      sync.Mutex
	held    []chan struct{}
	arrived time.Time // the last request
	passed  int       // round trips
	open    bool      // nothing is held any more
}

func (s *roundTrips) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	pass := make(chan struct{})
	if s.open {
		close(pass)
	} else {
		s.held, s.arrived = append(s.held, pass), time.Now()
	}
	s.mu.Unlock()
	<-pass
	s.next.ServeHTTP(w, r)
}

// run lets at most n round trips pass, and everything when the context ends.
func (s *roundTrips) run(ctx context.Context, n int) {
	const quiet = 500 * time.Millisecond // so long no more requests arrive
	for ctx.Err() == nil {
		time.Sleep(quiet / 10)
		s.mu.Lock()
		if len(s.held) > 0 && s.passed < n && time.Since(s.arrived) > quiet {
			s.passed++
			s.release()
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = true
	s.release()
}

func (s *roundTrips) release() {
	for _, pass := range s.held {
		close(pass)
	}
	s.held = nil
}

// firstWrite calls first at the first byte of an output.
type firstWrite struct {
	once  sync.Once
	first func()
}

func (w *firstWrite) Write(p []byte) (int, error) {
	w.once.Do(w.first)
	return len(p), nil
}

// TestFirstRecord: the first record of 1,000 accounts leaves within five round trips: a page of
// the list of accounts, the role, the regions, the instances; for a session without --role,
// also the permission sets.
func TestFirstRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	for name, source := range map[string][]string{
		"organization": {"--org", "--role", "OrganizationAccountAccessRole"},
		"session":      {"--sso-session", "large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, environ := simulated(t, awssim.Large(awssim.LargeSpec{Accounts: 1000, MinInstances: 1, Seed: 1}), false)
			target, err := url.Parse(sim.URL())
			if err != nil {
				t.Fatal(err)
			}
			front := &roundTrips{next: &httputil.ReverseProxy{
				Rewrite: func(r *httputil.ProxyRequest) { // keeps the signed Host
					r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
				},
				ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // at the end
			}}
			server := httptest.NewServer(front)
			t.Cleanup(server.Close)
			environ = append(slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, "AWS_ENDPOINT_URL=") }), "AWS_ENDPOINT_URL="+server.URL)

			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			needed := 0
			stdout := &firstWrite{first: func() {
				front.mu.Lock()
				defer front.mu.Unlock()
				needed = front.passed
				cancel()
			}}
			go front.run(ctx, 5)
			var stderr strings.Builder
			Main(ctx, append([]string{"instances", "-o", "ndjson", "--no-cache"}, source...), &App{
				Stdin: strings.NewReader(""), Stdout: stdout, Stderr: &stderr, Environ: environ,
			})
			if needed == 0 {
				t.Errorf("no record after five round trips: %.500s", stderr.String())
			}
			t.Logf("first record after %d round trips", needed)
		})
	}
}
