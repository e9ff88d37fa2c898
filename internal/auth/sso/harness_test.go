package sso

import (
	"net/http"
	"os"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

var usEast = awsapi.Target{Region: "us-east-1"}

// testHome makes clients for the home of a simulated organization.
type testHome struct {
	*simtest.Home
	cache *botocache.Cache
}

func newHome(t testing.TB, w *awssim.World) *testHome {
	t.Helper()
	h := simtest.Start(t, w)
	return &testHome{h, &botocache.Cache{Home: h.Dir, Lookup: h.Lookup()}}
}

// client returns the client of one process, with more variables in its environment.
func (h *testHome) client(pairs ...string) *Client {
	return &Client{API: awsapi.New(awsapi.Settings{Lookup: h.Lookup(pairs...), Concurrency: 64, MaxAttempts: 1}), Cache: h.cache, Now: h.Now}
}

// session returns the session corp of one process.
func (h *testHome) session(t testing.TB, pairs ...string) *Session {
	t.Helper()
	config, err := awsconfig.Load(awsconfig.Files{Config: h.Env["AWS_CONFIG_FILE"]})
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

func (h *testHome) logoutAll(t testing.TB) (LogoutResult, error) {
	return h.client().LogoutAll(t.Context(), usEast, nil)
}

// token returns the token file of corp.
func (h *testHome) token() botocache.TokenFile { return h.cache.Token("corp") }

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
