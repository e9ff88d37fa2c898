package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// TestLoginFiles: the files of a login have the AWS CLI's keys and form of times.
func TestLoginFiles(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedOut(awssim.Login{}))
	if err := os.Remove(h.token().Path()); err != nil {
		t.Fatal(err)
	}
	s := h.session(t)
	if _, err := s.Login(t.Context(), LoginOptions{Open: visit, Show: quiet}); err != nil {
		t.Fatal(err)
	}
	const date = `"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"`
	entries, err := os.ReadDir(filepath.Dir(h.token().Path()))
	if err != nil {
		t.Fatal(err)
	}
	var registrations int
	for _, entry := range entries {
		path := filepath.Join(filepath.Dir(h.token().Path()), entry.Name())
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v (%v), want 0600", entry.Name(), info.Mode(), err)
		}
		form := `^{"clientId":"\w+","clientSecret":"[^"]+","expiresAt":` + date + `,"scopes":\["sso:account:access"\],"grantTypes":\["authorization_code","refresh_token"\]}$`
		switch {
		case path == h.token().Path():
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
	h.CheckRequests(t)
}

// TestLoginFails: a login that fails keeps the old token.
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
			`the sign-in to SSO session "corp" was not finished in time; try again`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, signedOut(c.login))
			before := read(t, h.token().Path())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			c.options.Show = func(string, string) {
				if c.giveUp {
					cancel(errors.New("too late"))
				}
			}
			_, err := h.session(t).Login(ctx, c.options)
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if after := read(t, h.token().Path()); after != before {
				t.Errorf("the token has changed: %s", after)
			}
			h.CheckRequests(t)
		})
	}
}

// TestNoBrowser: if no browser can be opened, the user gets a code.
func TestNoBrowser(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedOut(awssim.Login{}))
	var shown []string
	opened := 0
	_, err := h.session(t).Login(t.Context(), LoginOptions{
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
	h.CheckRequests(t)
}

// TestSignInPage: only an http or https URL is shown and opened.
func TestSignInPage(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"file:///etc/passwd", "javascript:alert(1)", "-headless", "calc.exe", "https:///x", "smb://host/share", ""} {
		oidc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/client") {
				fmt.Fprint(w, `{"clientId": "c", "clientSecret": "s", "clientSecretExpiresAt": 9999999999}`)
				return
			}
			answer, _ := json.Marshal(map[string]any{"deviceCode": "d", "userCode": "u", "verificationUri": page, "verificationUriComplete": page, "expiresIn": 600, "interval": 1})
			w.Write(answer)
		}))
		h := newHome(t, signedOut(awssim.Login{}))
		_, err := h.session(t, "AWS_ENDPOINT_URL_SSO_OIDC="+oidc.URL).Login(t.Context(), LoginOptions{
			DeviceCode: true,
			Open:       func(url string) error { t.Errorf("%s was opened", url); return nil },
			Show:       func(url, _ string) { t.Errorf("%s was shown", url) },
		})
		if err == nil || !strings.Contains(err.Error(), "not an http or https URL") {
			t.Errorf("%s: %v", page, err)
		}
		oidc.Close()
	}
}
