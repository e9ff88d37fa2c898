package sso

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
)

var usEast = awsapi.Target{Region: "us-east-1"}

// house is a home folder with a simulated organization behind it.
type house struct {
	sim   *awssim.Server
	home  string
	env   map[string]string
	cache *botocache.Cache

	mu       sync.Mutex
	advanced time.Duration
}

// furnish starts the world and writes its home.
func furnish(t testing.TB, w *awssim.World) *house {
	t.Helper()
	sim, err := awssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	h := &house{sim: sim, home: t.TempDir(), env: map[string]string{}}
	if err := sim.WriteHome(h.home); err != nil {
		t.Fatal(err)
	}
	for _, pair := range sim.Env(h.home) {
		key, value, _ := strings.Cut(pair, "=")
		h.env[key] = value
	}
	h.cache = &botocache.Cache{Home: h.home, Lookup: func(name string) (string, bool) { v, ok := h.env[name]; return v, ok }}
	return h
}

// client returns the client of one process, with more variables in its environment.
func (h *house) client(pairs ...string) *Client {
	env := maps.Clone(h.env)
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	return &Client{API: awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: 64, MaxAttempts: 1}), Cache: h.cache, Now: h.now}
}

// session returns the session corp of one process.
func (h *house) session(t testing.TB, pairs ...string) *Session {
	t.Helper()
	config, err := awsconfig.Load(awsconfig.Files{Config: h.env["AWS_CONFIG_FILE"]})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := config.Session("corp")
	if err != nil {
		t.Fatal(err)
	}
	return h.client(pairs...).Session(settings, SessionOptions{Name: "corp", LoginCommand: "muster login corp", Target: usEast})
}

// readOnly gets the credentials of a permission set.
func readOnly(t testing.TB, s *Session) error {
	_, err := s.RoleCredentials(t.Context(), "010000000004", "ReadOnly")
	return err
}

func (h *house) logoutAll(t testing.TB) (LogoutResult, error) {
	return h.client().LogoutAll(t.Context(), usEast, nil)
}

// token returns the token file of corp.
func (h *house) token() botocache.TokenFile { return h.cache.Token("corp") }

// advance moves the clocks of the server and of the clients.
func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advanced += d
	h.sim.Advance(d)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.advanced)
}

// write writes a file and creates its folder.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// calls counts the server's calls by operation.
func (h *house) calls() map[string]int {
	n := map[string]int{}
	for _, call := range h.sim.Calls() {
		n[call.Operation]++
	}
	return n
}

// checkRequests reports requests that AWS would not accept.
func (h *house) checkRequests(t testing.TB) {
	t.Helper()
	for _, problem := range h.sim.Problems() {
		t.Error(problem)
	}
}

var expiredToken = awssim.SSOToken{AccessToken: "aoa-old", RefreshToken: "aor-old", ClientID: "client", ClientSecret: "client-secret", ExpiresIn: awssim.Duration(-time.Hour)}

// signedIn returns a world with one token of the session corp, whose user has ReadOnly
// in two accounts.
func signedIn(token awssim.SSOToken) *awssim.World {
	return &awssim.World{
		Accounts: []awssim.Account{{ID: "100000000001", Name: "root"}, {ID: "010000000004", Name: "audit"}},
		SSO: []awssim.SSOSession{{
			Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1",
			Assignments: map[string][]string{"audit": {"ReadOnly"}, "root": {"ReadOnly"}}, Tokens: []awssim.SSOToken{token},
		}},
	}
}

// visit plays the browser.
func visit(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func quiet(string, string) {}

// signedOut is a world whose user has yet to sign in, to a session whose start
// URL was pasted from a browser.
func signedOut(login awssim.Login) *awssim.World {
	w := signedIn(expiredToken)
	w.SSO[0].StartURL, w.SSO[0].Login = "https://Corp.awsapps.com/Start/#/", login
	return w
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
