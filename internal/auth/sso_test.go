package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// signedIn is a world with the session corp, whose user has ReadOnly in audit, and
// this token.
func signedIn(token awssim.SSOToken) *awssim.World {
	w := village()
	w.SSO = w.SSO[:1]
	w.SSO[0].Tokens = []awssim.SSOToken{token}
	return w
}

var expiredToken = awssim.SSOToken{AccessToken: "aoa-old", RefreshToken: "aor-old", ClientID: "client", ClientSecret: "client-secret", ExpiresIn: awssim.Duration(-time.Hour)}

// corp is the session of a resolver.
func corp(t testing.TB, r *Resolver) *SSO {
	t.Helper()
	session, err := r.Config.Session("corp")
	if err != nil {
		t.Fatal(err)
	}
	return r.SSO(session, nil)
}

func readOnly(t testing.TB, r *Resolver) error {
	_, err := corp(t, r).Identity("010000000004", "ReadOnly").Credentials.Retrieve(t.Context())
	return err
}

// TestRefreshOnce: a hundred goroutines of two processes find the token expired;
// it is refreshed once, and all get their credentials.
func TestRefreshOnce(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(expiredToken))
	processes := []*Resolver{h.resolver(t), h.resolver(t)}
	done := make(chan error)
	for i := range 100 {
		go func() { done <- readOnly(t, processes[i%2]) }()
	}
	for range 100 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := h.calls(); got["CreateToken"] != 1 || got["GetRoleCredentials"] != 100 {
		t.Errorf("calls %v, want 1 CreateToken and 100 GetRoleCredentials", got)
	}
	h.sound(t)
	// A third process finds the fresh token.
	if err := readOnly(t, h.resolver(t)); err != nil || h.calls()["CreateToken"] != 1 {
		t.Errorf("%v, %d refreshes", err, h.calls()["CreateToken"])
	}
}

// TestTokenFile: a refreshed token is written where and as the AWS CLI has it, in
// one step, for its owner alone, with all that was in the file before.
func TestTokenFile(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(expiredToken))
	path := filepath.Join(h.home, ".aws", "sso", "cache", "ee0bfd2552fbd840c02cc48b6e823320543c450f.json") // sha1("corp")
	old := map[string]any{}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &old); err != nil {
		t.Fatal(err)
	}
	old["issuer"], old["future"] = "https://issuer", map[string]any{"kept": []any{1.0, "two"}}
	text, _ = json.Marshal(old)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// A second name of the same file shows whether it is replaced or overwritten.
	if err := os.Link(path, path+".before"); err != nil {
		t.Fatal(err)
	}
	if err := readOnly(t, h.resolver(t)); err != nil {
		t.Fatal(err)
	}
	if before, _ := os.ReadFile(path + ".before"); string(before) != string(text) {
		t.Error("the file was written in place")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	written := map[string]any{}
	text, _ = os.ReadFile(path)
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"accessToken", "refreshToken", "expiresAt"} {
		if written[key] == old[key] || written[key] == "" {
			t.Errorf("%s is %v still", key, written[key])
		}
		delete(written, key)
		delete(old, key)
	}
	if !reflect.DeepEqual(written, old) {
		t.Errorf("beside the token:\n got %v\nwant %v", written, old)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	base := strings.TrimSuffix(filepath.Base(path), ".json")
	if want := []string{base + ".json", base + ".json.before"}; !slices.Equal(names, want) {
		t.Errorf("the folder has %v, want %v", names, want)
	}
	fresh, err := botocache.ReadToken(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if left := fresh.ExpiresAt.Sub(h.now()); left < 7*time.Hour || left > 8*time.Hour || fresh.ExpiresAt.Nanosecond() != 0 {
		t.Errorf("the new token lasts %v", left)
	}
}

// TestDeadEnds: what cannot be refreshed says how to sign in, once asked.
func TestDeadEnds(t *testing.T) {
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
			h := furnish(t, w)
			path := botocache.TokenFile(h.home, "corp")
			if c.file != nil {
				h.write(t, strings.TrimPrefix(path, h.home), *c.file)
			}
			r := h.resolver(t)
			for range 2 {
				err := readOnly(t, r)
				var login *LoginError
				if !errors.As(err, &login) || awsapi.Explain(err).Kind != awsapi.Expired {
					t.Fatalf("%v, want a LoginError", err)
				}
				want := `SSO session "corp" ` + strings.ReplaceAll(c.want, "FILE", path) + "; sign in with: muster login corp"
				if got := login.Error(); c.want != "" && got != want || strings.Contains(got, "\n") {
					t.Errorf("\n got %s\nwant %s", got, want)
				}
			}
			if got := h.calls()["CreateToken"]; got != c.create {
				t.Errorf("%d refreshes, want %d", got, c.create)
			}
		})
	}
}

func TestUnreadableToken(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{})
	w.SSO[0].Tokens = []awssim.SSOToken{}
	h := furnish(t, w)
	path := botocache.TokenFile(h.home, "corp")
	if err := os.MkdirAll(path, 0o700); err != nil { // a folder cannot be read, not even by root
		t.Fatal(err)
	}
	err := readOnly(t, h.resolver(t))
	var login *LoginError
	if !errors.As(err, &login) || login.Why != "has no usable token (read "+path+": is a directory)" {
		t.Errorf("%v", err)
	}
}

// TestDeadToken: the portal refuses a token before its time; it is refreshed once
// and the call made again.
func TestDeadToken(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{Dead: true, AccessToken: "aoa-dead", RefreshToken: "aor", ClientID: "client", ClientSecret: "s"}))
	r := h.resolver(t)
	atOnce(20, func() {
		if err := readOnly(t, r); err != nil {
			t.Error(err)
		}
	})
	if got := h.calls()["CreateToken"]; got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
	if saved, err := botocache.ReadToken(t.Context(), botocache.TokenFile(h.home, "corp")); err != nil || saved.AccessToken == "aoa-dead" {
		t.Errorf("the dead token is in the file still (%v)", err)
	}
}

// TestTokenEndsMidway: a token that ends while the program runs is refreshed at
// the next call, and so is one that is about to.
func TestTokenEndsMidway(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{RefreshToken: "aor", ExpiresIn: awssim.Duration(time.Hour)}))
	r := h.resolver(t)
	for _, c := range []struct {
		step      time.Duration
		refreshes int
	}{{0, 0}, {54 * time.Minute, 0}, {2 * time.Minute, 1}, {7 * time.Hour, 1}, {2 * time.Hour, 2}} {
		h.advance(c.step)
		if err := readOnly(t, r); err != nil {
			t.Fatal(err)
		}
		if got := h.calls()["CreateToken"]; got != c.refreshes {
			t.Errorf("%v later: %d refreshes, want %d", c.step, got, c.refreshes)
		}
	}
	h.sound(t)
}

// TestRefreshUnreachable: a token that lasts a little longer is used as long as it
// lasts, and a refresh that was called off is tried again.
func TestRefreshUnreachable(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{RefreshToken: "aor", ExpiresIn: awssim.Duration(2 * time.Minute)})
	w.Faults = []awssim.Fault{{Service: "oidc", Kind: awssim.FaultError, Status: 500, Code: "InternalServerException", Times: 1}}
	h := furnish(t, w)
	r := h.resolver(t)
	for _, refreshes := range []int{1, 2, 2} {
		if err := readOnly(t, r); err != nil {
			t.Fatal(err)
		}
		if got := h.calls()["CreateToken"]; got != refreshes {
			t.Errorf("%d refreshes, want %d", got, refreshes)
		}
	}

	h = furnish(t, signedIn(expiredToken))
	r = h.resolver(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := corp(t, r).Role("010000000004", "ReadOnly").Retrieve(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it to be called off", err)
	}
	if err := readOnly(t, r); err != nil {
		t.Error(err)
	}
}

// TestRefreshInPortal: what a captive portal, or a proxy, answers to a refresh says
// nothing about the token, and is told as that.
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
		err := readOnly(t, furnish(t, w).resolver(t))
		if err == nil || errors.As(err, new(*LoginError)) || awsapi.Explain(err).Kind != awsapi.Broken {
			t.Errorf("%s: %v", name, err)
		}
		if name == "a page" && !strings.Contains(awsapi.Explain(err).Message, "a proxy or sign-in page in between?") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLegacy: the token of a profile with a start URL of its own lies under the
// URL's hash, verbatim, cannot be refreshed, and is signed in to by profile.
func TestLegacy(t *testing.T) {
	t.Parallel()
	h := furnish(t, village())
	h.configure(t, "[profile my legacy]\nsso_start_url = https://old.awsapps.com/start/#/\nsso_region = us-east-2\nsso_account_id = 200000000002\nsso_role_name = Billing\n")
	// sha1("https://old.awsapps.com/start/#/")
	if _, err := os.Stat(filepath.Join(h.home, ".aws/sso/cache/18452554767b88255deeebb68f0e820b4b18c595.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := profile(t, h.resolver(t), "my legacy").Credentials.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	h.advance(9 * time.Hour)
	_, err := profile(t, h.resolver(t), "my legacy").Credentials.Retrieve(t.Context())
	var login *LoginError
	if !errors.As(err, &login) || login.Error() != `SSO session "my legacy" has ended; sign in with: muster login 'my legacy'` {
		t.Errorf("%v", err)
	}
	h.sound(t)
}

// TestTokenTimes are the forms of a time that versions of the AWS CLI have written.
func TestTokenTimes(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, text := range []string{"2026-03-04T05:06:07Z", "2026-03-04T05:06:07UTC", "2026-03-04T05:06:07", "2026-03-04T07:06:07+02:00"} {
		var got botocache.Time
		if err := json.Unmarshal([]byte(`"`+text+`"`), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
	}
	if text, err := json.Marshal(botocache.Time{Time: want.Add(900 * time.Millisecond).In(time.FixedZone("", 3600))}); string(text) != `"2026-03-04T05:06:07Z"` {
		t.Errorf("written as %s, %v", text, err)
	}
}

// TestForgetFailures: who signs in while a program goes on is not kept out by what failed
// before.
func TestForgetFailures(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{}))
	path := botocache.TokenFile(h.home, "corp")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	r := h.resolver(t)
	for range 2 {
		if err := readOnly(t, r); !errors.As(err, new(*LoginError)) {
			t.Fatalf("%v, want a LoginError", err)
		}
		if err := os.Rename(path+".away", path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	r.ForgetFailures()
	if err := readOnly(t, r); err != nil {
		t.Error(err)
	}
}
