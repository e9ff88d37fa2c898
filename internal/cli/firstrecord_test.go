package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
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

// run lets n round trips pass, each once no more requests have arrived for a while. It calls
// over if another one is needed. When the context ends, everything passes.
func (s *roundTrips) run(ctx context.Context, n int, quiet time.Duration, over func()) {
	for ctx.Err() == nil {
		time.Sleep(quiet / 10)
		s.mu.Lock()
		if len(s.held) > 0 && time.Since(s.arrived) > quiet {
			if s.passed == n {
				over()
			} else {
				s.passed++
				s.release()
			}
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
			sees := func(quiet time.Duration) (needed int, notes string) {
				front := &roundTrips{next: &httputil.ReverseProxy{
					Rewrite: func(r *httputil.ProxyRequest) { // keeps the signed Host
						r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
					},
					ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // at the end
				}}
				server := httptest.NewServer(front)
				defer server.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stdout := &firstWrite{first: func() {
					front.mu.Lock()
					defer front.mu.Unlock()
					needed = front.passed
					cancel()
				}}
				go front.run(ctx, 5, quiet, cancel)
				var stderr strings.Builder
				Main(ctx, append([]string{"instances", "-o", "ndjson", "--no-cache"}, source...), &App{
					Stdin: strings.NewReader(""), Stdout: stdout, Stderr: &stderr, Environ: append(environ, "AWS_ENDPOINT_URL="+server.URL),
				})
				return needed, stderr.String()
			}
			// A busy machine may need longer than that for the next request of a round trip.
			withMoreTime(func(quiet time.Duration, last bool) bool {
				needed, notes := sees(quiet)
				if needed == 0 && last {
					t.Errorf("no record after five round trips: %.500s", notes)
				}
				t.Logf("first record after %d round trips, each %s after its last request", needed, quiet)
				return needed > 0
			})
		})
	}
}
