package sso

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awssim"
)

// TestLogoutAll: every token is removed, for any name of the home folder; other files
// stay.
func TestLogoutAll(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{}))
	odd := filepath.Join(h.Dir, "[odd] home")
	if err := os.MkdirAll(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(h.Dir, ".aws"), filepath.Join(odd, ".aws")); err != nil {
		t.Fatal(err)
	}
	h.cache.Home = odd
	other := filepath.Join(odd, ".aws", "sso", "cache", "registration.json")
	if err := os.WriteFile(other, []byte(`{"clientId": "c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if result, err := h.logoutAll(t); result.Tokens != 1 || result.Unrevoked != nil || err != nil {
		t.Errorf("%+v, %v; want one token", result, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	if result, err := h.logoutAll(t); result != (LogoutResult{}) || err != nil {
		t.Errorf("a second time: %+v, %v", result, err)
	}
}

// TestNoHome: without a home folder, no file in the current folder is read, written or
// removed.
func TestNoHome(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedOut(awssim.Login{}))
	h.cache.Home = ""
	s := h.session(t)
	var login *LoginError
	if err := readOnly(t, s); !errors.As(err, &login) || login.Why != "is not signed in" {
		t.Errorf("%v", err)
	}
	_, err := s.Login(t.Context(), LoginOptions{Open: visit, Show: quiet})
	if want := "there is no home folder to keep a token in: set HOME"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if result, err := h.logoutAll(t); result != (LogoutResult{}) || err != nil {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(".aws"); err == nil {
		t.Error("there is a folder .aws here")
	}
}

// TestLogoutsAtOnce: several logouts succeed, and one removes the token.
func TestLogoutsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{}))
	var tokens atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			result, err := h.logoutAll(t)
			if err != nil || result.Unrevoked != nil {
				t.Errorf("%+v, %v", result, err)
			}
			tokens.Add(int32(result.Tokens))
		})
	}
	wait.Wait()
	if n := tokens.Load(); n != 1 {
		t.Errorf("%d tokens were removed", n)
	}
}

// TestLogoutInterrupted: an interrupted logout keeps a token that is not revoked.
func TestLogoutInterrupted(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{})
	w.Faults = []awssim.Fault{{Kind: awssim.FaultHang, Service: "sso", Operation: "Logout"}}
	h := newHome(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if result, err := h.client().LogoutAll(ctx, usEast, nil); !errors.Is(err, context.Canceled) || result.Tokens != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(h.token().Path()); err != nil {
		t.Error(err)
	}
}
