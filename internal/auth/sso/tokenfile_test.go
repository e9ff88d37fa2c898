package sso

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/disk"
)

// TestTokenFile: a refreshed token replaces the file atomically with mode 0600, and
// keeps all other keys of the file.
func TestTokenFile(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(expiredToken))
	path := filepath.Join(h.Dir, ".aws", "sso", "cache", "ee0bfd2552fbd840c02cc48b6e823320543c450f.json") // sha1("corp")
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
	if err := readOnly(t, h.session(t)); err != nil {
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
	fresh, err := h.token().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := fresh.ExpiresAt.Sub(h.Now()); left < 7*time.Hour || left > 8*time.Hour || fresh.ExpiresAt.Nanosecond() != 0 {
		t.Errorf("the new token lasts %v", left)
	}
}

// TestRegistrationEnds: the registration in a token file matters only for a refresh,
// and a wrong value does not make the token unusable.
func TestRegistrationEnds(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`null`, `""`, `"soon"`, `17`, `[]`} {
		h := newHome(t, signedIn(awssim.SSOToken{}))
		path := h.token().Path()
		token := object(t, path)
		token["registrationExpiresAt"], token["clientId"] = json.RawMessage(value), nil
		data, err := json.Marshal(token)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(t, path, string(data))
		if err := readOnly(t, h.session(t)); err != nil {
			t.Errorf("%s: %v", value, err)
		}
		h.Advance(9 * time.Hour)
		if err := readOnly(t, h.session(t)); !errors.As(err, new(*LoginError)) || !strings.Contains(err.Error(), "has ended; sign in with") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestTokenLink: a token file that is a symbolic link stays one; a logout removes both
// the link and its target.
func TestTokenLink(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(expiredToken))
	path, far := h.token().Path(), filepath.Join(t.TempDir(), "token")
	if err := os.Rename(path, far); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(far, path); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	old := read(t, far)
	if err := readOnly(t, h.session(t)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 || read(t, far) == old {
		t.Errorf("%v, %v", info, err)
	}
	if result, err := h.logoutAll(t); err != nil || result.Tokens != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	for _, name := range []string{path, far} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

// TestLockIsElsewhere: muster waits for the process with the lock in the cache folder,
// and says so.
func TestLockIsElsewhere(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(expiredToken))
	path := h.token().Path()
	unlock, err := disk.Locks{Cache: filepath.Join(h.Dir, ".cache", "muster", "locks")}.Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := h.session(t)
	var once sync.Once
	h.cache.Warn = func(text string) {
		if text != `waiting for another process, which has locked the token of SSO session "corp"` {
			t.Error(text)
		}
		once.Do(unlock)
	}
	if err := readOnly(t, s); err != nil {
		t.Error(err)
	}
	if n := h.CountCalls()["CreateToken"]; n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// object reads a file of the cache.
func object(t testing.TB, path string) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, path)), &o); err != nil {
		t.Fatal(err)
	}
	return o
}
