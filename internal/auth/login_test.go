package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awssim"
)

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

func (h *house) tokenFile() string { return botocache.TokenFile(h.home, "corp") }

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestLoginFiles: what a login writes has the AWS CLI's keys and form of times.
func TestLoginFiles(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedOut(awssim.Login{}))
	if err := os.Remove(h.tokenFile()); err != nil {
		t.Fatal(err)
	}
	s := corp(t, h.resolver(t))
	if _, err := s.Login(t.Context(), LoginOptions{Open: visit, Show: quiet}); err != nil {
		t.Fatal(err)
	}
	const date = `"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"`
	entries, err := os.ReadDir(filepath.Dir(h.tokenFile()))
	if err != nil {
		t.Fatal(err)
	}
	var registrations int
	for _, entry := range entries {
		path := filepath.Join(filepath.Dir(h.tokenFile()), entry.Name())
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v (%v), want 0600", entry.Name(), info.Mode(), err)
		}
		form := `^{"clientId":"\w+","clientSecret":"[^"]+","expiresAt":` + date + `,"scopes":\["sso:account:access"\],"grantTypes":\["authorization_code","refresh_token"\]}$`
		switch {
		case path == h.tokenFile():
			form = `^{"startUrl":"https://Corp.awsapps.com/Start/#/","region":"eu-west-1","accessToken":"[^"]+","expiresAt":` + date +
				`,"clientId":"\w+","clientSecret":"[^"]+","registrationExpiresAt":` + date + `,"refreshToken":"[^"]+"}$`
		default:
			registrations++
		}
		if text := read(t, path); !regexp.MustCompile(form).MatchString(text) {
			t.Errorf("%s: %s", entry.Name(), text)
		}
	}
	if registrations != 1 {
		t.Errorf("%d registrations in %v", registrations, entries)
	}
	h.sound(t)
}

// TestLoginFails: whatever ends a login early, the token that was there stays.
func TestLoginFails(t *testing.T) {
	t.Parallel()
	refused := awssim.Login{Refuse: true}
	interval := awssim.Duration(-time.Second)
	for name, c := range map[string]struct {
		login   awssim.Login
		options LoginOptions
		giveUp  bool // once there is something to sign in to
		want    string
	}{
		"refused":            {refused, LoginOptions{Open: visit}, false, `signing in to SSO session "corp" was refused in the browser`},
		"refused, by a code": {refused, LoginOptions{DeviceCode: true}, false, `signing in to SSO session "corp" was refused in the browser`},
		"nobody comes":       {awssim.Login{}, LoginOptions{}, true, "too late"},
		"code too old": {awssim.Login{Interval: &interval, ExpiresIn: awssim.Duration(time.Second)}, LoginOptions{DeviceCode: true}, false,
			`nobody signed in to SSO session "corp" in time; try again`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := furnish(t, signedOut(c.login))
			before := read(t, h.tokenFile())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			c.options.Show = func(string, string) {
				if c.giveUp {
					cancel(errors.New("too late"))
				}
			}
			_, err := corp(t, h.resolver(t)).Login(ctx, c.options)
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if after := read(t, h.tokenFile()); after != before {
				t.Errorf("the token has changed: %s", after)
			}
			h.sound(t)
		})
	}
}

// TestNoBrowser: where none can be opened, a code is shown instead.
func TestNoBrowser(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedOut(awssim.Login{}))
	var shown []string
	opened := 0
	_, err := corp(t, h.resolver(t)).Login(t.Context(), LoginOptions{
		Open: func(url string) error {
			if opened++; opened == 1 {
				return errors.New("no display")
			}
			return visit(url)
		},
		Show: func(url, code string) { shown = append(shown, code) },
	})
	if err != nil || len(shown) != 2 || shown[0] != "" || len(shown[1]) != len("ABCD-EFGH") {
		t.Errorf("%v, shown %q", err, shown)
	}
	h.sound(t)
}

// TestInbox: only the answer with the state counts.
func TestInbox(t *testing.T) {
	t.Parallel()
	b, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for _, query := range []string{"?code=stolen&state=guess", "?code=stolen", "?error=access_denied", "/elsewhere?code=x&state=" + b.state} {
		resp, err := http.Get(b.url + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 4 {
			t.Errorf("%s: %s", query, resp.Status)
		}
	}
	if err := visit(b.url + "?code=right&state=" + b.state); err != nil {
		t.Fatal(err)
	}
	if code, err := b.wait(t.Context(), nil); code != "right" || err != nil {
		t.Errorf("%q, %v", code, err)
	}
	if _, err := listen(portOf(t, b.url)); err == nil || !strings.Contains(err.Error(), "leave --port out for a free one") {
		t.Errorf("%v", err)
	}
}

func portOf(t testing.TB, url string) (port int) {
	t.Helper()
	digits := strings.TrimSuffix(url[strings.LastIndexByte(url, ':')+1:], redirectPath)
	if err := json.Unmarshal([]byte(digits), &port); err != nil {
		t.Fatal(err)
	}
	return port
}
