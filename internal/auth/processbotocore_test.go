package auth

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim/simtest"
)

// askProcesses prints the words into which botocore splits each profile's
// credential_process, and when it takes the credentials of each time to end: null
// where it refuses the time.
const askProcesses = `
import json, sys
import botocore.session, botocore.compat, botocore.credentials
profiles = botocore.session.Session().full_config['profiles']
words = {name: botocore.compat.compat_shell_split(p['credential_process']) for name, p in profiles.items() if 'credential_process' in p}
ends = []
for text in json.load(open(sys.argv[1])):
    try:
        at = botocore.credentials._parse_if_needed(text)
        (at - botocore.credentials._local_now()).total_seconds()
        ends.append(int(at.timestamp()))
    except Exception:
        ends.append(None)
json.dump({'Words': words, 'Ends': ends}, sys.stdout)
`

// TestProcessAsBotocore: a command over several lines has the words of botocore, and
// every usual form of a time has the same value.
func TestProcessAsBotocore(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if err := exec.Command(python, "-c", "import botocore.session").Run(); err != nil {
		t.Skip("botocore is not installed")
	}
	h := newHome(t, testWorld())
	words := filepath.Join(h.Dir, "words")
	simtest.Program(t, words, "#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
	random := rand.New(rand.NewPCG(20, 20))
	var text strings.Builder
	for i := range 150 {
		fmt.Fprintf(&text, "[profile p%d]\ncredential_process = %s%s\n", i, words, generateCommand(random))
	}
	h.configure(t, text.String())
	times := generateTimes(random)
	list, _ := json.Marshal(times)
	ask := exec.Command(python, "-c", askProcesses, h.Write(t, "times.json", string(list)))
	ask.Env = append(os.Environ(), "AWS_CONFIG_FILE="+filepath.Join(h.Dir, ".aws", "config"), "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	ask.Stderr = os.Stderr
	printed, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	var botocore struct {
		Words map[string][]string
		Ends  []*int64
	}
	if err := json.Unmarshal(printed, &botocore); err != nil {
		t.Fatal(err)
	}

	r := h.resolver(t)
	for i := range 150 {
		name := fmt.Sprint("p", i)
		p, err := r.Config.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.runProcess(t.Context(), profileCommand{profile: p.Name, setting: "credential_process", line: p.CredentialProcess})
		if err != nil {
			t.Fatalf("%q: %v", p.CredentialProcess, err)
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if want := botocore.Words[name][1:]; !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", p.CredentialProcess, got, want)
		}
	}
	accepted := 0
	for i, text := range times {
		answer, _ := json.Marshal(map[string]any{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": text})
		creds, err := parseProcessOutput(answer)
		switch want := botocore.Ends[i]; {
		case want == nil && err == nil:
			t.Errorf("%q is taken for %v, and is no time for botocore", text, creds.Expires)
		case want != nil && err != nil:
			t.Errorf("%q is no time; for botocore it is %v", text, time.Unix(*want, 0).UTC())
		case want != nil && creds.Expires.Unix() != *want:
			t.Errorf("%q is %v, for botocore %v", text, creds.Expires, time.Unix(*want, 0).UTC())
		case want != nil:
			accepted++
		}
	}
	if accepted < len(times)/2 {
		t.Errorf("botocore takes only %d of %d texts for times", accepted, len(times))
	}
}

// generateCommand makes words and quoted words, with breaks between lines anywhere
// that the config file allows.
func generateCommand(random *rand.Rand) string {
	var text strings.Builder
	for range 1 + random.IntN(5) {
		text.WriteString([]string{" ", "\n  ", "  \n\t", "\n\n    "}[random.IntN(4)])
		for range 1 + random.IntN(2) {
			text.WriteString([]string{`plain`, `'a b'`, `"a b"`, "'a\n   b'", "\"a\n  b\"", `a\ b`, `"a\"b"`, `"a\\b"`, `'a\b'`, `--x=y`, `''`, `"it's"`, `'say "so"'`}[random.IntN(13)])
		}
	}
	return text.String()
}

// generateTimes makes texts of times in all their forms, and some that are none.
func generateTimes(random *rand.Rand) []string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	texts := []string{"", "soon", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31 12:00:00", "Sat, 31 Jan 2026 12:00:00 GMT", "2026-01-31T12:00:00+00"}
	for range 400 {
		at := time.Date(2026, time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), random.IntN(60), random.IntN(60), 0, time.UTC)
		date, clock := pick("2006-01-02", "20060102"), pick("15:04:05", "15:04:05", "150405", "15:04")
		if strings.HasSuffix(clock, "05") {
			clock += pick("", "", ".123", ",5", ".123456")
		}
		texts = append(texts, at.Format(date+pick("T", " ")+strings.NewReplacer(".123456", ".000000", ".123", ".000", ",5", ",0").Replace(clock))+
			pick("Z", "z", "+00:00", "+0000", "-0730", "+05:30", "+00", " +0000", " UTC", "UTC", " Z", ""))
	}
	return texts
}
