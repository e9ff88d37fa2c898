package sso

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// TestRefreshOnce: a hundred goroutines of two processes find an expired token; it is
// refreshed once, and all get their credentials.
func TestRefreshOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(expiredToken))
	processes := []*Session{h.session(t), h.session(t)}
	done := make(chan error)
	for i := range 100 {
		go func() { done <- readOnly(t, processes[i%2]) }()
	}
	for range 100 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := h.CountCalls(); got["CreateToken"] != 1 || got["GetRoleCredentials"] != 100 {
		t.Errorf("calls %v, want 1 CreateToken and 100 GetRoleCredentials", got)
	}
	h.CheckRequests(t)
	// A third process finds the fresh token.
	if err := readOnly(t, h.session(t)); err != nil || h.CountCalls()["CreateToken"] != 1 {
		t.Errorf("%v, %d refreshes", err, h.CountCalls()["CreateToken"])
	}
}

// TestSignInRequired: a token that cannot be refreshed names the command that signs in,
// and AWS is asked once.
func TestSignInRequired(t *testing.T) {
	t.Parallel()
	const hour = awssim.Duration(time.Hour)
	for _, c := range []struct {
		name   string
		token  *awssim.SSOToken // nil: signed out
		file   *string          // instead of the token's, if any
		want   string           // after `SSO session "corp" `; FILE for the file
		create int              // CreateToken calls
	}{
		{"signed out", nil, nil, "is not signed in", 0},
		{"expired, no refresh token", &awssim.SSOToken{ExpiresIn: -hour}, nil, "has ended", 0},
		{"expired registration", &awssim.SSOToken{ExpiresIn: -hour, RefreshToken: "r", RegistrationExpiresIn: -hour}, nil, "has ended", 0},
		{"dead, no refresh token", &awssim.SSOToken{Dead: true}, nil, "is not accepted any more", 0},
		{"used refresh token", &expiredToken, new(strings.ReplaceAll(`{"startUrl": "https://corp.awsapps.com/start", "region": "eu-west-1", "accessToken": "a",
			"expiresAt": "2020-01-01T00:00:00Z", "clientId": "client", "clientSecret": "client-secret", "registrationExpiresAt": "2999-01-01T00:00:00Z", "refreshToken": "used"}`, "\n", "")),
			"has ended and cannot be refreshed", 1},
		{"not JSON", nil, new("{"), "has no usable token (FILE: not a token file: unexpected end of JSON input)", 0},
		{"another file", nil, new(`{"clientId": "c"}`), "has no usable token (FILE: not a token file: no accessToken or expiresAt)", 0},
		{"a list", nil, new(`[]`), "", 0},
		{"no time", nil, new(`{"accessToken": "a", "expiresAt": "tomorrow"}`), `has no usable token (FILE: not a token file: expiresAt: "tomorrow" is not a time)`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signedIn(awssim.SSOToken{})
			if w.SSO[0].Tokens = []awssim.SSOToken{}; c.token != nil {
				w.SSO[0].Tokens = []awssim.SSOToken{*c.token}
			}
			h := newHome(t, w)
			path := h.token().Path()
			if c.file != nil {
				h.Write(t, path, *c.file)
			}
			s := h.session(t)
			for range 2 {
				err := readOnly(t, s)
				var login *LoginError
				if !errors.As(err, &login) || awsapi.Explain(err).Kind != awsapi.Expired {
					t.Fatalf("%v, want a LoginError", err)
				}
				want := `SSO session "corp" ` + strings.ReplaceAll(c.want, "FILE", path) + "; sign in with: muster login corp"
				if got := login.Error(); c.want != "" && got != want || strings.Contains(got, "\n") {
					t.Errorf("\n got %s\nwant %s", got, want)
				}
			}
			if got := h.CountCalls()["CreateToken"]; got != c.create {
				t.Errorf("%d refreshes, want %d", got, c.create)
			}
		})
	}
}

func TestUnreadableToken(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{})
	w.SSO[0].Tokens = []awssim.SSOToken{}
	h := newHome(t, w)
	path := h.token().Path()
	if err := os.MkdirAll(path, 0o700); err != nil { // a folder cannot be read, not even by root
		t.Fatal(err)
	}
	err := readOnly(t, h.session(t))
	var login *LoginError
	if !errors.As(err, &login) || login.Why != "has no usable token (read "+path+": is a directory)" {
		t.Errorf("%v", err)
	}
}

// TestDeadToken: the portal refuses a token before it expires; it is refreshed once,
// and the call is repeated.
func TestDeadToken(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{Dead: true, AccessToken: "aoa-dead", RefreshToken: "aor", ClientID: "client", ClientSecret: "s"}))
	s := h.session(t)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if err := readOnly(t, s); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := h.CountCalls()["CreateToken"]; got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
	if saved, err := h.token().Read(t.Context()); err != nil || saved.AccessToken == "aoa-dead" {
		t.Errorf("the dead token is in the file still (%v)", err)
	}
}

// TestTokenEndsMidway: a token that has ended, or is about to, is refreshed at the next
// call.
func TestTokenEndsMidway(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{RefreshToken: "aor", ExpiresIn: awssim.Duration(time.Hour)}))
	s := h.session(t)
	for _, c := range []struct {
		step      time.Duration
		refreshes int
	}{{0, 0}, {54 * time.Minute, 0}, {2 * time.Minute, 1}, {7 * time.Hour, 1}, {2 * time.Hour, 2}} {
		h.Advance(c.step)
		if err := readOnly(t, s); err != nil {
			t.Fatal(err)
		}
		if got := h.CountCalls()["CreateToken"]; got != c.refreshes {
			t.Errorf("%v later: %d refreshes, want %d", c.step, got, c.refreshes)
		}
	}
	h.CheckRequests(t)
}

// TestRefreshUnreachable: if a refresh fails, the token is used until it ends, and the
// next call tries again.
func TestRefreshUnreachable(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{RefreshToken: "aor", ExpiresIn: awssim.Duration(2 * time.Minute)})
	w.Faults = []awssim.Fault{{Service: "oidc", Kind: awssim.FaultError, Status: 500, Code: "InternalServerException", Times: 1}}
	h := newHome(t, w)
	s := h.session(t)
	for _, refreshes := range []int{1, 2, 2} {
		if err := readOnly(t, s); err != nil {
			t.Fatal(err)
		}
		if got := h.CountCalls()["CreateToken"]; got != refreshes {
			t.Errorf("%d refreshes, want %d", got, refreshes)
		}
	}

	h = newHome(t, signedIn(expiredToken))
	s = h.session(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.RoleCredentials(ctx, "010000000004", "ReadOnly"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it to be called off", err)
	}
	if err := readOnly(t, s); err != nil {
		t.Error(err)
	}
}

// TestEndsAfterRead: the context ends just after the token was read.
func TestEndsAfterRead(t *testing.T) {
	t.Parallel()
	s := newHome(t, signedIn(awssim.SSOToken{})).session(t)
	if token, err := s.readToken(endedLate{t.Context()}); err != nil || token == nil {
		t.Errorf("token %v, error %v", token, err)
	}
}

// endedLate is a context that ended while something that does not wait for it was done.
type endedLate struct{ context.Context }

func (endedLate) Err() error { return context.Canceled }

// TestRefreshInPortal: an answer of a captive portal or proxy says nothing about the
// token, and the error says so.
func TestRefreshInPortal(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]awssim.Fault{
		"a page":       {Kind: awssim.FaultHTML},
		"nothing":      {Kind: awssim.FaultEmpty},
		"another page": {Kind: awssim.FaultWrongRoot},
		"half":         {Kind: awssim.FaultCut},
		"garbage":      {Kind: awssim.FaultGarbage},
	} {
		w := signedIn(expiredToken)
		fault.Service = "oidc"
		w.Faults = []awssim.Fault{fault}
		err := readOnly(t, newHome(t, w).session(t))
		if err == nil || errors.As(err, new(*LoginError)) || awsapi.Explain(err).Kind != awsapi.Broken {
			t.Errorf("%s: %v", name, err)
		}
		if name == "a page" && !strings.Contains(awsapi.Explain(err).Message, "a proxy or sign-in page in between?") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
