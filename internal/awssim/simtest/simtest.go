// Package simtest gives tests a simulated organization and the home folder of one of its
// users.
package simtest

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/internal/awssim"
)

// Home is a user's home folder, and the organization that its files lead to.
type Home struct {
	*awssim.Server
	Dir string
	Env map[string]string // HOME, and the server's variables

	mu       sync.Mutex
	advanced time.Duration
}

// Start serves an organization until the test ends, and writes a home for it.
func Start(t testing.TB, w *awssim.World, opts ...awssim.Option) *Home {
	t.Helper()
	server, err := awssim.Start(w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	h := &Home{Server: server, Dir: t.TempDir()}
	if err := server.WriteHome(h.Dir); err != nil {
		t.Fatal(err)
	}
	h.Env = map[string]string{"HOME": h.Dir}
	setPairs(h.Env, server.Env(h.Dir))
	return h
}

func setPairs(env map[string]string, pairs []string) {
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
}

// Lookup returns the environment of a process, with more variables as KEY=VALUE.
func (h *Home) Lookup(pairs ...string) func(name string) (string, bool) {
	env := maps.Clone(h.Env)
	setPairs(env, pairs)
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// Advance moves the clock of the server and the one of Now.
func (h *Home) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advanced += d
	h.Server.Advance(d)
}

// Now is the time on the server.
func (h *Home) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.advanced)
}

// Write writes a file, creates its folder, and returns its path. A relative path is one in
// the home.
func (h *Home) Write(t testing.TB, path, text string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(h.Dir, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Program writes a file that can be run. Systems refuse to run a file that is open for writing
// anywhere, as in a child that another test is starting: none starts meanwhile.
func Program(t testing.TB, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// CountCalls counts the calls that the server has received, by operation.
func (h *Home) CountCalls() map[string]int {
	n := map[string]int{}
	for _, call := range h.Calls() {
		n[call.Operation]++
	}
	return n
}

// CheckRequests reports requests that AWS would not accept.
func (h *Home) CheckRequests(t testing.TB) {
	t.Helper()
	for _, problem := range h.Problems() {
		t.Error(problem)
	}
}
