package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"muster/internal/awssim"
)

// fakeTTY plays a user who types the next line at each question.
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
	if strings.HasSuffix(string(p), " ") && len(s.tty.lines) > 0 {
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

// TestLoginOnAFreshMachine: login asks for missing settings until they are valid, and
// offers to save them.
func TestLoginOnAFreshMachine(t *testing.T) {
	t.Parallel()
	const world = `{
  "accounts": [{"id": "100000000001", "name": "root"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "tokens": [], "assignments": {"*": ["ReadOnly"]}}]
}`
	const section = "[sso-session corp]\nsso_start_url = https://Corp.awsapps.com/start/#/\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"
	for _, test := range []struct {
		name   string
		args   []string
		typed  []string
		code   int
		config string
		stderr []string
	}{
		{"asked", nil, []string{"corp\n", "https://Corp.awsapps.com/start/#/\n", "eu-wset-1\n", "eu-west-1\n", "\n"}, 0, section, []string{
			`muster: "corp": expected the start URL of the access portal, such as https://example.awsapps.com/start` + "\n",
			`muster: unknown region "eu-wset-1"; did you mean "eu-west-1"?` + "\n",
			"muster: wrote [sso-session corp] into HOME/.aws/config; try: muster accounts --sso-session corp\n",
		}},
		{"told", []string{"corp", "--start-url", "https://Corp.awsapps.com/start/#/", "--sso-region", "eu-west-1"}, []string{"n\n"}, 0, "", []string{
			"muster: not written; this is the section:\n  [sso-session corp]\n  sso_start_url = https://Corp.awsapps.com/start/#/\n",
		}},
		{"wrong", []string{"--start-url", "https://corp.awsapps.com/start", "--sso-region", "eu-wset-1"}, nil, 2, "", []string{
			`muster: --sso-region: unknown region "eu-wset-1"; did you mean "eu-west-1"?` + "\n",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, err := awssim.ParseWorld([]byte(world))
			if err != nil {
				t.Fatal(err)
			}
			sim, err := awssim.Start(w)
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			home := t.TempDir()
			config := filepath.Join(home, ".aws", "config")
			tty := &fakeTTY{lines: test.typed}
			var stderr bytes.Buffer
			code := Main(t.Context(), append([]string{"login"}, test.args...), &App{
				Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, OpenTTY: tty.open, OpenBrowser: visit,
				Environ: []string{"HOME=" + home, "AWS_ENDPOINT_URL=" + sim.URL()},
			})
			if code != test.code {
				t.Errorf("exit code %d, want %d: %s", code, test.code, stderr.String())
			}
			for _, want := range test.stderr {
				if want = strings.ReplaceAll(want, "HOME", home); !strings.Contains(stderr.String(), want) {
					t.Errorf("stderr %q, want %q in it", stderr.String(), want)
				}
			}
			data, err := os.ReadFile(config)
			if test.config == "" && !errors.Is(err, fs.ErrNotExist) || string(data) != test.config {
				t.Errorf("config %q (%v), want %q", data, err, test.config)
			}
			if problems := sim.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}
