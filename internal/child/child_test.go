package child

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestEnviron(t *testing.T) {
	t.Parallel()
	base := []string{
		"HOME=/home/me", "AWS_PROFILE=other", "MUSTER_SAML_PASSWORD=hidden", "AWS_DEFAULT_PROFILE=other", "AWS_REGION=eu-west-3", "AWS_SESSION_TOKEN=stale",
		"AWS_SECURITY_TOKEN=stale", "AWS_ROLE_ARN=r", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", "AWS_CONFIG_FILE=/c",
		"AWS_ENDPOINT_URL_S3=http://s3", "AWS_ACCOUNT_ID=1", "MUSTER_PROFILE=other", "MUSTER_COLOR=on", "MUSTER_ROLE=outer",
	}
	kept := []string{
		"HOME=/home/me", "AWS_CONFIG_FILE=/c", "AWS_ENDPOINT_URL_S3=http://s3", "MUSTER_COLOR=on",
		"MUSTER_ACCOUNT_ID=200000000002", "MUSTER_ACCOUNT_NAME=dev two", "MUSTER_ROLE=Ops", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1",
	}
	place := Place{"200000000002", "dev two", "Ops", "eu-west-1"}
	ends := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for _, test := range []struct {
		name        string
		credentials []string
		want        []string
	}{
		{
			"a session", CredentialVars(aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S", SessionToken: "T", CanExpire: true, Expires: ends}),
			append(slices.Clone(kept), "AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S", "AWS_SESSION_TOKEN=T", "AWS_CREDENTIAL_EXPIRATION=2026-01-02T02:04:05Z"),
		},
		{
			"a user", CredentialVars(aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S"}),
			append(slices.Clone(kept), "AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S"),
		},
		{
			"an endpoint", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x", "AWS_CONFIG_FILE=/plain"},
			append(slices.Delete(slices.Clone(kept), 1, 2), "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x", "AWS_CONFIG_FILE=/plain"),
		},
	} {
		if got := Environ(base, []string{"MUSTER_PROFILE"}, place, test.credentials); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLookPath(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no permission bits on this machine")
	}
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"tool": 0o755, "text": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	path := strings.Join([]string{"", ".", filepath.Join(dir, "gone"), dir}, string(os.PathListSeparator))
	for _, test := range []struct {
		name, want string
	}{{"tool", filepath.Join(dir, "tool")}, {filepath.Join(dir, "tool"), filepath.Join(dir, "tool")}, {"text", ""}, {"environ.go", ""}, {"sh", ""}} {
		got, err := LookPath(path, test.name)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
	}
}

// TestSpool: Replay writes all output in order, from memory or from a file that only the user
// can read.
func TestSpool(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, maxMemory / 3, maxMemory} {
		var s Spool
		var wantOut, wantErr, wantAll, gotOut, gotErr bytes.Buffer
		for i := range 6 {
			part := bytes.Repeat([]byte{'a' + byte(i)}, size)
			wantAll.Write(part)
			to, want := s.Stdout(), &wantOut
			if i%3 == 2 {
				to, want = s.Stderr(), &wantErr
			}
			want.Write(part)
			if n, err := to.Write(part); n != size || err != nil {
				t.Fatal(n, err)
			}
		}
		if inFile := s.file != nil; inFile != (size*6 > maxMemory) {
			t.Errorf("%d bytes six times: in a file: %v", size, inFile)
		}
		if s.file != nil {
			info, err := s.file.Stat()
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("the file's mode is %v, %v", info.Mode(), err)
			}
		}
		for range 2 {
			var gotAll bytes.Buffer
			gotOut.Reset()
			gotErr.Reset()
			if err := errors.Join(s.Replay(&gotOut, &gotErr), s.Replay(&gotAll, &gotAll)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(gotOut.Bytes(), wantOut.Bytes()) || !bytes.Equal(gotErr.Bytes(), wantErr.Bytes()) || !bytes.Equal(gotAll.Bytes(), wantAll.Bytes()) {
				t.Errorf("%d bytes six times: %d, %d and %d bytes came back, or in another order", size, gotOut.Len(), gotErr.Len(), gotAll.Len())
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSpoolErrors: Replay returns the first error of a write, and replays the rest.
func TestSpoolErrors(t *testing.T) {
	t.Parallel()
	var s Spool
	half := make([]byte, maxMemory/2+1)
	for range 2 {
		if _, err := s.Stdout().Write(half); err != nil {
			t.Fatal(err)
		}
	}
	s.file.Close()
	if _, err := s.Stderr().Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := s.Replay(io.Discard, io.Discard); !errors.Is(err, os.ErrClosed) {
		t.Errorf("replayed: %v", err)
	}
	full, out := errors.New("full"), new(bytes.Buffer)
	s = Spool{}
	s.Stdout().Write([]byte("begun"))
	s.err = full
	if err := s.Replay(out, out); err != full || out.String() != "begun" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestLineWriter(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine-1)
	for _, test := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"nothing", nil, ""},
		{"whole lines", []string{"a\nb\n"}, "> a\n> b\n"},
		{"pieces", []string{"a", "b\nc", "", "d\n\n"}, "> ab\n> cd\n> \n"},
		{"no end", []string{"a\nb"}, "> a\n> b\n"},
		{"a carriage return", []string{"10%\r20%\n"}, "> 10%\r20%\n"},
		{"a long line", []string{long, "y", "z\n"}, "> " + long + "y\n> z\n"},
	} {
		var out bytes.Buffer
		lines := &LineWriter{Lock: new(sync.Mutex), To: &out, Prefix: "> "}
		for _, part := range test.parts {
			if n, err := lines.Write([]byte(part)); n != len(part) || err != nil {
				t.Errorf("%s: %d, %v", test.name, n, err)
			}
		}
		if err := lines.Close(); err != nil || out.String() != test.want {
			t.Errorf("%s: %.60q, %v; want %.60q", test.name, out.String(), err, test.want)
		}
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestLineWriterErrors(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	lines := &LineWriter{Lock: new(sync.Mutex), To: brokenWriter{full}}
	if _, err := lines.Write([]byte("a\n")); err != full {
		t.Error(err)
	}
	if err := lines.Close(); err != full {
		t.Error(err)
	}
}

// shell returns a command that runs a script with sh.
func shell(t *testing.T, script string) (*Command, *bytes.Buffer) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is not on PATH")
	}
	var out bytes.Buffer
	return &Command{Path: sh, Args: []string{"sh", "-c", script}, Env: os.Environ(), Stdout: &out, Stderr: &out}, &out
}

func TestRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script string
		code   int
		out    string
	}{
		{"echo a; echo b >&2", 0, "a\nb\n"},
		{"exit 3", 3, ""},
		{"kill -TERM $$", 143, ""},
		{"cat", 0, ""},
		{`echo "$0 $*"`, 0, "sh \n"},
		{"sleep 1000 & echo $!", 0, ""}, // sleep keeps the output open
	} {
		c, out := shell(t, test.script)
		if strings.HasPrefix(test.script, "sleep") {
			c.GracePeriod = 100 * time.Millisecond
		}
		code, err := c.Run(t.Context())
		if code != test.code || err != nil || test.out != "" && out.String() != test.out {
			t.Errorf("%s: exit code %d, %v, output %q; want %d, %q", test.script, code, err, out, test.code, test.out)
		}
		if strings.HasPrefix(test.script, "sleep") {
			exec.Command("kill", strings.TrimSpace(out.String())).Run()
		}
	}
	c, _ := shell(t, "")
	c.Path = filepath.Join(t.TempDir(), "gone")
	if _, err := c.Run(t.Context()); err == nil || err.Error() != "starting sh: no such file or directory" {
		t.Errorf("a program that is gone: %v", err)
	}
}

// TestRunStopped: a command that ignores SIGTERM is killed, also in the foreground. The grace
// period grows until it is enough for the command to answer SIGTERM on this machine.
func TestRunStopped(t *testing.T) {
	t.Parallel()
	const script = "trap 'echo terminated' TERM; echo begun; while :; do sleep 0.05; done"
	for _, foreground := range []bool{false, true} {
		answered := false
		for period := 200 * time.Millisecond; !answered && period < time.Minute; period *= 4 {
			c, out := shell(t, script)
			c.GracePeriod, c.Foreground = period, foreground
			ctx, cancel := context.WithCancelCause(t.Context())
			c.Stderr = nil
			c.Stdout = onWrite{out, func() { cancel(errors.New("too long")) }}
			code, err := c.Run(ctx)
			answered = out.String() == "begun\nterminated\n"
			if code != 137 || err != nil || !answered && out.String() != "begun\n" {
				t.Errorf("in the foreground: %v: exit code %d, %v, output %q", foreground, code, err, out)
			}
		}
		if !answered {
			t.Errorf("in the foreground: %v: the command got no SIGTERM", foreground)
		}
	}
	c, _ := shell(t, "exit 0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("before the start: %v", err)
	}
}

// onWrite calls then after each Write.
type onWrite struct {
	to   *bytes.Buffer
	then func()
}

func (w onWrite) Write(p []byte) (int, error) {
	defer w.then()
	return w.to.Write(p)
}
