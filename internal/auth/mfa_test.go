package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awssim"
)

const miasDevice = "arn:aws:iam::100000000001:mfa/mia"

// nextRun returns a resolver of another process in the same home, which keeps sessions.
func (h *testHome) nextRun(t *testing.T, first *Resolver) *Resolver {
	t.Helper()
	r := h.resolver(t)
	r.NoRoleCache, r.Prompt = false, first.Prompt
	return r
}

// openGuarded gets credentials of a profile that needs MFA.
func openGuarded(t *testing.T, r *Resolver, name string) error {
	t.Helper()
	_, err := profile(t, r, name).Credentials.Retrieve(t.Context())
	return err
}

// TestMFASessionIsKept: one code serves later runs until the session ends. Without the
// cache each run asks.
func TestMFASessionIsKept(t *testing.T) {
	t.Parallel()
	h, first, prompts := mia(t, "123456", "654321")
	first.NoRoleCache = false
	runs := []*Resolver{first, h.nextRun(t, first), h.nextRun(t, first)}
	for i, name := range []string{"g1", "g2", "g3"} {
		if err := openGuarded(t, runs[i], name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if *prompts != 1 || h.CountCalls()["GetSessionToken"] != 1 {
		t.Errorf("%d prompts, calls %v; want 1 of each", *prompts, h.CountCalls())
	}
	files, err := filepath.Glob(filepath.Join(h.Dir, ".aws/cli/cache/muster-mfa-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v; want one", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
	}

	h.Advance(12*time.Hour - 4*time.Minute) // too little is left
	if err := openGuarded(t, h.nextRun(t, first), "g1"); err != nil || *prompts != 2 {
		t.Errorf("after the session: %v, %d prompts; want 2", err, *prompts)
	}
	h.CheckRequests(t)

	withoutCache := h.resolver(t)
	withoutCache.Prompt = first.Prompt
	if err := openGuarded(t, withoutCache, "g1"); err == nil || *prompts != 3 {
		t.Errorf("without the cache: %v, %d prompts; want a third one, whose code is used up", err, *prompts)
	}
}

// TestMFASessionOfOthers: a session serves only the access key that it was made with.
func TestMFASessionOfOthers(t *testing.T) {
	t.Parallel()
	h, r, _ := mia(t)
	one, other := r.Cache.MFASession("AKIAONE", miasDevice), r.Cache.MFASession("AKIAOTHER", miasDevice)
	if one.Path() == other.Path() || one.Path() == r.Cache.MFASession("AKIAONE", miasDevice+"2").Path() || !strings.HasPrefix(one.Path(), h.Dir) {
		t.Errorf("%s and %s", one.Path(), other.Path())
	}
}

// TestMFASessionRefused: if AWS does not accept a kept session any more, muster asks for a
// code once, and not again for each role.
func TestMFASessionRefused(t *testing.T) {
	t.Parallel()
	h, first, prompts := mia(t, "123456", "654321")
	keys, err := first.Config.Profile("mia")
	if err != nil {
		t.Fatal(err)
	}
	file := first.Cache.MFASession(keys.AccessKeyID, miasDevice)
	h.Write(t, file.Path(), `{"Credentials": {"AccessKeyId": "ASIAGONE", "SecretAccessKey": "gone", "SessionToken": "gone", "Expiration": "2100-01-01T00:00:00UTC"}}`)
	r := h.nextRun(t, first)
	atOnce(3, func() {
		for _, name := range []string{"g1", "g2", "g3"} {
			if err := openGuarded(t, r, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if *prompts != 1 || h.CountCalls()["GetSessionToken"] != 1 {
		t.Errorf("%d prompts, calls %v; want one code", *prompts, h.CountCalls())
	}
}

// TestTokenCode: the code of --token-code serves the first device, once.
func TestTokenCode(t *testing.T) {
	t.Parallel()
	w := testWorld()
	w.Users = append(w.Users, awssim.User{Account: "root", Name: "tom", MFASerial: "arn:aws:iam::100000000001:mfa/tom", MFACodes: []string{"123456"}})
	h, _, prompts := miaIn(t, w, "000000")
	h.configure(t, "[profile t1]\nrole_arn = arn:aws:iam::100000000001:role/Guarded\nmfa_serial = arn:aws:iam::100000000001:mfa/tom\nsource_profile = tom\n")
	r := h.resolver(t)
	r.TokenCode = "123456"
	for _, name := range []string{"g1", "g2", "g1"} {
		if err := openGuarded(t, r, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := openGuarded(t, r, "t1")
	if err == nil || !strings.Contains(err.Error(), "two devices need one: "+miasDevice+" and arn:aws:iam::100000000001:mfa/tom") || awsapi.Explain(err).Kind != awsapi.Denied {
		t.Errorf("the second device: %v", err)
	}
	if _, err := r.mfaCode(t.Context(), miasDevice, ""); err == nil || !strings.Contains(err.Error(), miasDevice+" needs another code") {
		t.Errorf("the second time: %v", err)
	}
	if *prompts != 0 {
		t.Errorf("%d prompts", *prompts)
	}
}

// TestMFAProcess: the command's code serves all profiles of the device. Its output is
// checked, and appears in no error.
func TestMFAProcess(t *testing.T) {
	t.Parallel()
	for process, want := range map[string]string{
		`echo 123456`:                "",
		`printf ' 123456\n'`:         "",
		`echo 123456x`:               "something other than a code of six digits",
		`printf '123456\n654321\n'`:  "something other than a code of six digits",
		`true`:                       "something other than a code of six digits",
		`echo 123456; exit 3`:        "its mfa_process failed: exit status 3",
		`echo 654321 >/dev/stderr`:   "something other than a code of six digits",
		`/nonexistent/oathtool 123`:  "exit status 127",
		`echo "$MUSTER_MFA"123456`:   "",
		`echo '١٢٣٤٥٦'`:              "something other than a code of six digits",
		`echo 123456 | tr 1-6 a-f`:   "something other than a code of six digits",
		`printf '%s' 1234; echo '5'`: "something other than a code of six digits",
	} {
		t.Run(process, func(t *testing.T) {
			t.Parallel()
			h, _, prompts := mia(t)
			h.configure(t, "[profile g4]\nrole_arn = arn:aws:iam::100000000001:role/Guarded\nsource_profile = mia\nmfa_serial = "+miasDevice+"\nmfa_process = "+process+"\n")
			r := h.resolver(t)
			for _, name := range []string{"g1", "g4"} {
				err := openGuarded(t, r, name)
				if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `profile "g4"`)) {
					t.Errorf("%s: %v, want %q", name, err, want)
				}
				if err != nil && (strings.Contains(err.Error(), "12345") || strings.Contains(err.Error(), "654321")) {
					t.Errorf("%s: the error has the output: %v", name, err)
				}
			}
			if *prompts != 0 {
				t.Errorf("%d prompts", *prompts)
			}
		})
	}
}
