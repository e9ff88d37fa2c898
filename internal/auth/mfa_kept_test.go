package auth

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/auth/botocache"
)

// miasFile returns the file of mia's kept session.
func miasFile(t *testing.T, r *Resolver) botocache.RoleFile {
	t.Helper()
	mia, err := r.Config.Profile("mia")
	if err != nil {
		t.Fatal(err)
	}
	return r.Cache.MFASession(mia.AccessKeyID, miasDevice)
}

// TestMFASessionFiles: a file that holds no usable session is as good as none. It is replaced
// by a file that only the user can read.
func TestMFASessionFiles(t *testing.T) {
	t.Parallel()
	session := func(change string) string {
		return `{"Credentials": {"AccessKeyId": "ASIAGONE", "SecretAccessKey": "gone", "SessionToken": "gone", "Expiration": "2100-01-01T00:00:00Z"` + change + `}}`
	}
	for name, text := range map[string]string{
		"empty":              "",
		"null":               "null",
		"a list":             "[]",
		"cut off":            session("")[:60],
		"binary":             "\x00\xff\xfe",
		"no credentials":     "{}",
		"a list of them":     `{"Credentials": []}`,
		"numbers":            session(`, "SecretAccessKey": 1`),
		"an object":          session(`, "SessionToken": {}`),
		"no token":           session(`, "SessionToken": ""`),
		"no time":            session(`, "Expiration": null`),
		"a wrong time":       session(`, "Expiration": "tomorrow"`),
		"ended":              session(`, "Expiration": "2020-01-01T00:00:00Z"`),
		"year 99999":         session(`, "Expiration": "99999-01-01T00:00:00Z"`),
		"AWS knows it not":   session(""),
		"control characters": session(`, "SessionToken": "a\r\nX-Evil: 1"`),
		"deep":               strings.Repeat("[", 100_000),
		"large":              session(strings.Repeat(" ", 16<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, first, prompts := mia(t, "123456")
			path := h.Write(t, strings.TrimPrefix(miasFile(t, first).Path(), h.Dir+"/"), text)
			if err := os.Chmod(path, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := openGuarded(t, h.nextRun(t, first), "g1"); err != nil || *prompts != 1 {
				t.Errorf("%v, %d prompts; want 1", err, *prompts)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
			}
			if err := openGuarded(t, h.nextRun(t, first), "g2"); err != nil || *prompts != 1 {
				t.Errorf("the next run: %v, %d prompts; want 1", err, *prompts)
			}
		})
	}
}

// TestMFASessionWithoutFile: a session that cannot be kept serves the run.
func TestMFASessionWithoutFile(t *testing.T) {
	t.Parallel()
	h, first, prompts := mia(t, "123456")
	if err := os.MkdirAll(filepath.Join(miasFile(t, first).Path(), "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := h.nextRun(t, first)
	for _, name := range []string{"g1", "g2", "g3"} {
		if err := openGuarded(t, r, name); err != nil || *prompts != 1 {
			t.Errorf("%s: %v, %d prompts; want 1", name, err, *prompts)
		}
	}
}

// TestMFASessionAndClock: with a clock that has been set back, a session that has ended looks
// valid. AWS refuses it, and muster asks.
func TestMFASessionAndClock(t *testing.T) {
	t.Parallel()
	h, first, prompts := mia(t, "123456", "654321")
	if err := openGuarded(t, h.nextRun(t, first), "g1"); err != nil {
		t.Fatal(err)
	}
	h.Server.Advance(13 * time.Hour) // but not the clock of muster
	if err := openGuarded(t, h.nextRun(t, first), "g2"); err != nil || *prompts != 2 {
		t.Errorf("%v, %d prompts; want 2", err, *prompts)
	}
}

// TestMFASessionOfTwoProcesses: processes that start at the same time ask for one code.
func TestMFASessionOfTwoProcesses(t *testing.T) {
	t.Parallel()
	h, first, prompts := mia(t, "123456")
	answer := first.Prompt
	first.Prompt = func(ctx context.Context, question string) (string, error) {
		time.Sleep(200 * time.Millisecond) // the others have begun
		return answer(ctx, question)
	}
	runs := make(chan *Resolver, 4)
	for range cap(runs) {
		runs <- h.nextRun(t, first)
	}
	atOnce(cap(runs), func() {
		if err := openGuarded(t, <-runs, "g1"); err != nil {
			t.Error(err)
		}
	})
	if *prompts != 1 || h.CountCalls()["GetSessionToken"] != 1 {
		t.Errorf("%d prompts, calls %v; want 1 of each", *prompts, h.CountCalls())
	}
}

// TestMFASessionLocked: while a user is asked, a process that cannot ask fails at once, and so
// does one that the user's process waits for.
func TestMFASessionLocked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, environ, want string }{
		"no terminal": {"", "", "there is no terminal to ask on"},
		"loop": {"[profile g4]\nmfa_serial = " + miasDevice + "\nmfa_process = echo 123456\nrole_arn = arn:aws:iam::100000000001:role/Guarded\nsource_profile = mia\n",
			loopVariable + "=g4", "its mfa_process asks muster for the same profile"},
	} {
		h, first, _ := mia(t, "123456")
		h.configure(t, c.config)
		if err := miasFile(t, first).CheckWritable(); err != nil {
			t.Fatal(err)
		}
		unlock, err := miasFile(t, first).Lock(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		r := h.resolver(t, c.environ)
		r.NoRoleCache = false
		if err := openGuarded(t, r, "g1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
