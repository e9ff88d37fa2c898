package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"muster/internal/awssim"
)

// execWorld has a default profile with long-term keys. SDKs would use these before the
// endpoint of --serve.
const execWorld = `{
  "regions": ["us-east-1", "eu-west-1"],
  "organization": {},
  "accounts": [{"id": "100000000001", "name": "root"}, {"id": "200000000002", "name": "dev"}, {"id": "300000000003", "name": "prod"}],
  "users": [{"account": "root", "name": "admin", "profile": "default"}],
  "roles": [{"name": "Ops", "except": ["root"], "max_session": "1h", "trust": ["*"]}],
  "home": {"region": "eu-west-1", "config": "[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = default\n"}
}`

func execHome(t *testing.T) (*awssim.Server, []string) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not on PATH")
	}
	world, err := awssim.ParseWorld([]byte(execWorld))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, world, false)
	return sim, append(environ, "PATH="+os.Getenv("PATH"))
}

// eventually waits for a condition that another process fulfils, for a minute at least, and
// reports whether it holds. It counts its looks: a clock also runs while the machine has no
// time for the other process.
func eventually(done func() bool) bool {
	for range 6000 {
		if done() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// appears waits for a file that a child creates.
func appears(t *testing.T, path string) {
	t.Helper()
	if !eventually(exists(path)) {
		t.Fatalf("the child has not made %s", filepath.Base(path))
	}
}

func exists(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

// TestExecStdin: in one account the command reads muster's stdin; in several, stdin is
// empty.
func TestExecStdin(t *testing.T) {
	t.Parallel()
	_, environ := execHome(t)
	for _, test := range []struct{ flags, stdout string }{
		{"--profile=dev", "a\nb\n"},
		{"--profile=dev --per-region --region=us-east-1", "==> 200000000002 dev us-east-1 <==\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := Main(t.Context(), append(append([]string{"exec"}, strings.Fields(test.flags)...), "cat"), &App{
			Stdin: strings.NewReader("a\nb\n"), Stdout: &stdout, Stderr: &stderr, Environ: environ,
			OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
		})
		if code != 0 || stdout.String() != test.stdout || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.flags, code, &stdout, &stderr)
		}
	}
}

// TestExecConfirmation: the question before a run, and its answers. Only yes is a yes.
func TestExecConfirmation(t *testing.T) {
	t.Parallel()
	_, environ := execHome(t)
	for _, test := range []struct {
		answer, flags, question string
		code                    int
		stdout                  string
	}{
		{"y\n", "--profile=default,dev", `Run "sh -c 'echo ran'" in 2 accounts? [y/N] `, 0, "ran"},
		{"Yes\n", "--profile=default,dev --per-region", `Run "sh -c 'echo ran'" in 2 accounts, 4 regions in all? [y/N] `, 0, "eu-west-1 <==\nran"},
		{"n\n", "--profile=default,dev", `Run "sh -c 'echo ran'" in 2 accounts? [y/N] `, 1, ""},
		{"\n", "--profile=default,dev", `Run "sh -c 'echo ran'" in 2 accounts? [y/N] `, 1, ""},
		{"", "--profile=default,dev", `Run "sh -c 'echo ran'" in 2 accounts? [y/N] ` + "\n", 1, ""},
		{"", "--profile=default,dev --yes", "", 0, "ran"},
		{"", "--profile=dev", "", 0, "ran"},
	} {
		tty := &fakeTTY{lines: []string{test.answer}}
		var stdout, stderr bytes.Buffer
		code := Main(t.Context(), append(append([]string{"exec"}, strings.Fields(test.flags)...), "--", "sh", "-c", "echo ran"), &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ, OpenTTY: tty.open,
		})
		if code != test.code || tty.written.String() != test.question || !strings.Contains(stdout.String(), test.stdout) || test.stdout == "" && stdout.Len() > 0 {
			t.Errorf("%s %q: exit code %d, asked %q, stdout %q, stderr %q", test.flags, test.answer, code, tty.written.String(), &stdout, &stderr)
		}
	}
}

// TestExecInsideExec: muster in a child uses the account of the child. The variables
// that exec sets are not flags.
func TestExecInsideExec(t *testing.T) {
	t.Parallel()
	_, environ := execHome(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environ = append(environ, actAsMuster+"=.", "MUSTER_PROFILE=dev", "MUSTER_REGION=us-east-1")
	got := muster(t, environ, "exec", "--", self, "exec", "--", "sh", "-c", "echo $MUSTER_ACCOUNT_ID $MUSTER_ROLE $AWS_REGION ${MUSTER_PROFILE-none} ${MUSTER_REGION-none}")
	if got.code != 0 || got.stdout != "200000000002 Ops us-east-1 none none\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	flagged := muster(t, append(environ, "MUSTER_ROLE=Other"), "accounts", "-o", "name")
	if flagged.code != 2 || !strings.Contains(flagged.stderr, "--role needs") {
		t.Errorf("outside, MUSTER_ROLE is --role: exit code %d, stderr %q", flagged.code, flagged.stderr)
	}
}

// TestExecInterrupted: every child gets one signal, and the output so far is shown.
func TestExecInterrupted(t *testing.T) {
	t.Parallel()
	_, environ := execHome(t)
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		for _, id := range []string{"100000000001", "200000000002"} {
			for !exists(filepath.Join(dir, id))() && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
		}
		interrupt()
	}()
	var stdout, stderr bytes.Buffer
	script := `trap 'echo asked; exit 1' TERM; echo begun; : >"$0/$MUSTER_ACCOUNT_ID"; while :; do sleep 0.1; done`
	code := Main(ctx, []string{"exec", "--profile", "default,dev", "--yes", "--prefix", "--", "sh", "-c", script, dir}, &App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
	})
	for _, name := range []string{"default", "dev    "} {
		for _, line := range []string{"begun", "asked"} {
			if n := strings.Count(stdout.String(), name+"  | "+line+"\n"); n != 1 {
				t.Errorf("%s: %q %d times in %q", name, line, n, &stdout)
			}
		}
	}
	if code != 130 || !strings.Contains(stderr.String(), "200000000002 dev: cancelled: interrupted") {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
}

// TestExecTimeout: --timeout ends a command and shows its output so far. No other
// command starts.
func TestExecTimeout(t *testing.T) {
	t.Parallel()
	_, environ := execHome(t)
	withMoreTime(func(limit time.Duration, last bool) bool {
		got := muster(t, environ, "exec", "--profile", "default,dev", "--yes", "--timeout", limit.String(), "--concurrency", "1",
			"--", "sh", "-c", "echo begun; sleep 60")
		if !strings.Contains(got.stdout, "begun") && !last { // there was no time to find the accounts, or to run anything
			return false
		}
		if want := "==> 100000000001 default <==\nbegun\n"; got.code != 3 || got.stdout != want {
			t.Errorf("exit code %d, stdout %q, want %q", got.code, got.stdout, want)
		}
		if want := "100000000001 default and 200000000002 dev: cancelled: stopped after --timeout " + limit.String(); !strings.Contains(got.stderr, want) {
			t.Errorf("stderr %q, want %q in it", got.stderr, want)
		}
		return true
	})
}

// served runs a child under exec --serve until output creates the file "end" in dir.
// start sets off the clocks of the organization and of muster; advance moves them.
func served(t *testing.T, start time.Duration, script string, args ...string) (dir string, environ []string, advance func(time.Duration), output func() string) {
	t.Helper()
	sim, environ := execHome(t)
	dir = t.TempDir()
	var offset atomic.Int64
	advance = func(d time.Duration) {
		offset.Add(int64(d))
		sim.Advance(d)
	}
	advance(start)
	var stdout, stderr bytes.Buffer
	var running sync.WaitGroup
	var code int
	running.Go(func() {
		code = Main(t.Context(), append([]string{"exec", "--serve", "--profile", "dev", "--", "sh", "-c", script, dir}, args...), &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
			Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())) },
		})
	})
	end := func() {
		os.WriteFile(filepath.Join(dir, "end"), nil, 0o600)
		running.Wait()
	}
	t.Cleanup(end)
	return dir, environ, advance, func() string {
		end()
		if code != 0 {
			t.Errorf("exit code %d, stderr %q", code, &stderr)
		}
		return stdout.String()
	}
}

// TestServeGoSDK: a program with the Go SDK keeps working after its first credentials
// have expired.
func TestServeGoSDK(t *testing.T) {
	t.Parallel()
	dir, outer, advance, output := served(t, 0, `env >"$0/new" && mv "$0/new" "$0/env"; while [ ! -e "$0/end" ]; do sleep 0.05; done`)
	appears(t, filepath.Join(dir, "env"))
	text, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		environ[name] = value
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"} {
		if _, there := environ[name]; there {
			t.Errorf("%s is in the child's environment", name)
		}
	}
	if config, err := os.ReadFile(environ["AWS_CONFIG_FILE"]); err != nil || !strings.Contains(string(config), "[profile dev]") {
		t.Errorf("the child's config: %q, %v", config, err)
	}
	program := endpointcreds.New(environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], func(o *endpointcreds.Options) {
		o.AuthorizationToken = environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
	})
	call := func(provider aws.CredentialsProvider) (string, error) {
		client := sts.New(sts.Options{Region: "eu-west-1", Credentials: provider, BaseEndpoint: aws.String(environ["AWS_ENDPOINT_URL"])})
		out, err := client.GetCallerIdentity(t.Context(), nil)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.Account), nil
	}
	first, err := program.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		same  bool // the endpoint returns the first credentials again
	}{{0, true}, {44 * time.Minute, true}, {3 * time.Minute, false}, {15 * time.Minute, false}, {10 * time.Hour, false}} {
		advance(step.after)
		now, err := program.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := call(program); got != "200000000002" || err != nil {
			t.Errorf("after %s more: account %q, %v", step.after, got, err)
		}
		if (now.AccessKeyID == first.AccessKeyID) != step.same {
			t.Errorf("after %s more: the first credentials still: %v, want %v", step.after, !step.same, step.same)
		}
	}
	var ended smithy.APIError
	if _, err := call(credentials.StaticCredentialsProvider{Value: first}); !errors.As(err, &ended) || ended.ErrorCode() != "ExpiredToken" {
		t.Errorf("the first credentials should have ended: %v", err)
	}
	output()
	if _, err := program.Retrieve(t.Context()); err == nil {
		t.Error("credentials are given after the child has ended")
	}
	if _, err := os.Stat(environ["AWS_CONFIG_FILE"]); !os.IsNotExist(err) {
		t.Errorf("the child's config is left behind: %v", err)
	}
	for _, pair := range outer {
		if strings.HasSuffix(pair, "="+environ["AWS_CONFIG_FILE"]) {
			t.Error("the child's config is the user's own, whose default profile would win")
		}
	}
}

// longRun is a program that makes a call, waits, and makes another.
const longRun = `
import boto3, os, sys, time
folder = sys.argv[1]
session = boto3.Session()
sts = session.client('sts')
def call():
    print(sts.get_caller_identity()['Account'], flush=True)
    return session.get_credentials().get_frozen_credentials().access_key
first = call()
open(os.path.join(folder, 'first'), 'w').close()
while not os.path.exists(os.path.join(folder, 'end')):
    time.sleep(0.05)
print('the same key' if call() == first else 'another key')
`

// TestServeBoto3: botocore renews its credentials in time.
func TestServeBoto3(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command("python3", "-c", "import boto3").Run() != nil {
		t.Skip("boto3 is not installed")
	}
	program := filepath.Join(t.TempDir(), "program.py")
	if err := os.WriteFile(program, []byte(longRun), 0o600); err != nil {
		t.Fatal(err)
	}
	// By botocore's clock, which cannot be moved, what is given out has 14 minutes
	// left: it wants new ones for the next call.
	dir, _, advance, output := served(t, -46*time.Minute, `exec python3 "$1" "$0"`, program)
	appears(t, filepath.Join(dir, "first"))
	advance(61 * time.Minute)
	if got, want := output(), "200000000002\n200000000002\nanother key\n"; got != want {
		t.Errorf("stdout %q, want %q", got, want)
	}
}
