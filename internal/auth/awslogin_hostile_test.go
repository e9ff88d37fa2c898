package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
)

// TestHostileLogins: a file that is no login says so, names the command that replaces it, and
// shows nothing of its contents. A login that lacks something for its renewal does so, too.
func TestHostileLogins(t *testing.T) {
	t.Parallel()
	signin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", "ValidationException")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error": "INVALID_REQUEST", "message": "not valid"}`)
	}))
	t.Cleanup(signin.Close)
	replace := func(old, text string) func(string) string {
		return func(login string) string {
			if !strings.Contains(login, old) {
				panic(old)
			}
			return strings.Replace(login, old, text, 1)
		}
	}
	text := func(text string) func(string) string { return func(string) string { return text } }
	const noLogin, ended = "cannot be used (FILE: not a login)", "has ended and cannot be renewed ("
	for name, c := range map[string]struct {
		change func(login string) string
		want   string
	}{
		"nothing":                {text(""), noLogin},
		"null":                   {text("null"), noLogin},
		"a list":                 {func(login string) string { return "[" + login + "]" }, noLogin},
		"a text":                 {text(`"old-secret"`), noLogin},
		"a text for credentials": {text(`{"accessToken": "old-secret"}`), noLogin},
		"UTF-16":                 {text("\xff\xfe{\x00}\x00"), noLogin},
		"NUL":                    {text(strings.Repeat("\x00", 4096)), noLogin},
		"nested":                 {text(strings.Repeat("[", 1<<20)), noLogin},
		"two logins":             {func(login string) string { return login + login }, noLogin},
		"no key":                 {replace(`"accessKeyId":"ASIAOLD",`, ""), noLogin},
		"no secret":              {replace(`"secretAccessKey":"old-secret",`, ""), noLogin},
		"a list for a secret":    {replace(`"old-secret"`, `["old-secret"]`), noLogin},
		"a number for the end":   {replace(`"expiresAt":"`, `"expiresAt":7,"was":"`), noLogin},
		"a text for the end":     {replace(`"expiresAt":"`, `"expiresAt":"old-secret`), noLogin},
		"no end":                 {replace(`"expiresAt"`, `"was"`), ended},
		"no refresh token":       {replace(`"refreshToken":"refresh-1",`, ""), ended + "it has no refreshToken or no clientId)"},
		"no client":              {replace(`"clientId":"cli",`, ""), ended + "it has no refreshToken or no clientId)"},
		"no key of proofs":       {replace(`"dpopKey"`, `"was"`), ended + "its dpopKey is not a key)"},
		"a number for a key":     {replace(`"dpopKey":`, `"dpopKey":7,"was":`), noLogin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.configure(t, loginConfig)
			path := h.loginToken(t, time.Now().Add(-time.Hour))
			login, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, []byte(c.change(string(login))), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			checkHostileLogin(t, h, signin.URL, `the login of profile "laptop" `+strings.ReplaceAll(c.want, "FILE", path))
		})
	}
	for name, c := range map[string]struct {
		put  func(path string) error // in place of the file
		want string
	}{
		"a folder":          {func(path string) error { return os.Mkdir(path, 0o700) }, `the login of profile "laptop" cannot be used (`},
		"a link to nowhere": {func(path string) error { return os.Symlink(path+".gone", path) }, `profile "laptop" is not signed in`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.configure(t, loginConfig)
			path := h.loginToken(t, time.Now())
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := c.put(path); err != nil {
				t.Skip(err)
			}
			checkHostileLogin(t, h, signin.URL, c.want)
		})
	}
}

// checkHostileLogin checks the error of the profile laptop.
func checkHostileLogin(t *testing.T, h *testHome, signin, want string) {
	t.Helper()
	_, err := profile(t, h.resolver(t, "AWS_ENDPOINT_URL_SIGNIN="+signin), "laptop").Credentials.Retrieve(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if awsapi.Explain(err).Kind != awsapi.Expired || !strings.HasPrefix(text, want) || !strings.HasSuffix(text, "; sign in with: muster login laptop") {
		t.Errorf("%s: %s\nwant %s", awsapi.Explain(err).Kind, text, want)
	}
	if strings.Contains(text, "old-secret") || strings.Contains(text, "refresh-1") || len(text) > 400 {
		t.Errorf("%d bytes: %.500s", len(text), text)
	}
}
