package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"muster/internal/awssim"
)

// fakeTTY is a user who types the next line at each question.
type fakeTTY struct {
	mu      sync.Mutex
	lines   []string
	written strings.Builder
}

func (f *fakeTTY) open() (io.ReadWriteCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var next string
	if len(f.lines) > 0 {
		next = f.lines[0]
	}
	return &fakeSession{f, strings.NewReader(next)}, nil
}

type fakeSession struct {
	tty *fakeTTY
	io.Reader
}

func (s *fakeSession) Write(p []byte) (int, error) {
	s.tty.mu.Lock()
	defer s.tty.mu.Unlock()
	if strings.HasSuffix(string(p), ": ") && len(s.tty.lines) > 0 {
		s.tty.lines = s.tty.lines[1:]
	}
	return s.tty.written.Write(p)
}

func (s *fakeSession) Close() error { return nil }

const mfaWorld = `{
  "accounts": [{"id": "100000000001", "name": "root"}, {"id": "200000000002", "name": "dev"}, {"id": "300000000003", "name": "prod"}],
  "users": [{"account": "root", "name": "admin", "mfa_serial": "arn:aws:iam::100000000001:mfa/phone", "mfa_codes": ["123456", "654321"]}],
  "roles": [{"name": "Ops", "trust": ["100000000001"], "require_mfa": true}],
  "home": {"config": "[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = admin\nmfa_serial = arn:aws:iam::100000000001:mfa/phone\n\n[profile prod]\nrole_arn = arn:aws:iam::300000000003:role/Ops\nsource_profile = admin\nmfa_serial = arn:aws:iam::100000000001:mfa/phone\n"}
}`

func TestOneMFAPromptForADevice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, typed string
		code        int
		stderr      string
	}{
		{"right", "123456\n", 0, ""},
		{"with a space", "654 321\n", 0, ""},
		{"wrong", "000000\n", 1, "MultiFactorAuthentication failed"},
		{"too short", "12\n", 1, "an MFA code has six digits"},
		{"end of input", "", 1, "no answer was typed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			world, err := awssim.ParseWorld([]byte(mfaWorld))
			if err != nil {
				t.Fatal(err)
			}
			sim, environ := simulated(t, world, false)
			tty := &fakeTTY{lines: []string{test.typed, "111111\n", "111111\n"}}
			var stdout, stderr bytes.Buffer
			code := Main(context.Background(), []string{"accounts", "--profile", "dev,prod", "-o", "name"}, &App{
				Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ, OpenTTY: tty.open,
			})
			if code != test.code || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit code %d, want %d; stderr %q, want %q in it", code, test.code, stderr.String(), test.stderr)
			}
			if asked := strings.Count(tty.written.String(), "MFA code of arn:aws:iam::100000000001:mfa/phone: "); asked != 1 {
				t.Errorf("asked %d times: %q", asked, tty.written.String())
			}
			if code == 0 && len(sim.Problems()) > 0 {
				t.Error(sim.Problems())
			}
		})
	}
}

func TestMFAWithoutATerminal(t *testing.T) {
	t.Parallel()
	world, err := awssim.ParseWorld([]byte(mfaWorld))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, world, false)
	got := muster(t, environ, "accounts", "--profile", "dev", "-o", "name")
	if got.code != 1 || !strings.Contains(got.stderr, "there is no terminal to ask on") {
		t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
	}
}
