package auth

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"muster/internal/awssim"
)

// TestLogoutAll: every token goes, whatever the name of the home folder, and what
// is no token stays.
func TestLogoutAll(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{}))
	odd := filepath.Join(h.home, "[odd] home")
	if err := os.MkdirAll(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(h.home, ".aws"), filepath.Join(odd, ".aws")); err != nil {
		t.Fatal(err)
	}
	r := h.resolver(t)
	r.Home = odd
	other := filepath.Join(odd, ".aws", "sso", "cache", "registration.json")
	if err := os.WriteFile(other, []byte(`{"clientId": "c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if result, err := r.LogoutAll(t.Context()); result.Tokens != 1 || result.Unrevoked != nil || err != nil {
		t.Errorf("%+v, %v; want one token", result, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	if result, err := r.LogoutAll(t.Context()); result != (LogoutResult{}) || err != nil {
		t.Errorf("a second time: %+v, %v", result, err)
	}
}

// TestNoHome: without a home folder nothing is read from, written to or removed
// from the folder where one happens to be.
func TestNoHome(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedOut(awssim.Login{}))
	r := h.resolver(t)
	r.Home = ""
	var login *LoginError
	if err := readOnly(t, r); !errors.As(err, &login) || login.Why != "is not signed in" {
		t.Errorf("%v", err)
	}
	_, err := corp(t, r).Login(t.Context(), LoginOptions{Open: visit, Show: quiet})
	if want := "there is no home folder to keep a token in: set HOME"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if result, err := r.LogoutAll(t.Context()); result != (LogoutResult{}) || err != nil {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(".aws"); err == nil {
		t.Error("there is a folder .aws here")
	}
}
