package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// neighbours is a home folder that muster and the AWS CLI share.
type neighbours struct {
	aws     string
	sim     *awssim.Server
	home    string
	environ []string
}

func newNeighbours(t *testing.T, world, config string) *neighbours {
	t.Helper()
	aws, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	w, err := awssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := awssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	n := &neighbours{aws: aws, sim: sim, home: t.TempDir()}
	if err := sim.WriteHome(n.home); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(n.home, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(old, config...), 0o600); err != nil {
		t.Fatal(err)
	}
	n.environ = append(sim.Env(n.home), "HOME="+n.home, "PATH="+os.Getenv("PATH"), "AWS_DEFAULT_REGION=us-east-1")
	return n
}

// muster runs a command line in process; it has to succeed.
func (n *neighbours) muster(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Main(t.Context(), args, &App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: n.environ, OpenBrowser: visit,
		OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
	})
	if code != 0 {
		t.Fatalf("muster %s: exit code %d\n%s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}

// cli runs the AWS CLI; it has to succeed.
func (n *neighbours) cli(t *testing.T, args string, environ ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, n.aws, strings.Fields(args)...)
	cmd.Env, cmd.Stderr = append(n.environ, environ...), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %s: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

// calls counts the calls since the last time it was asked, less those that only
// ask who one is.
func (n *neighbours) calls(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, call := range n.sim.Calls() {
		got[call.Operation]++
	}
	delete(got, "GetCallerIdentity")
	if !maps.Equal(got, want) {
		t.Errorf("calls so far %v, want %v", got, want)
	}
}

const neighbourhood = `{
  "accounts": [{"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "dev"}],
  "users": [{"account": "main", "name": "admin"}],
  "roles": [{"name": "Ops", "trust": ["*"], "external_id": "s3cret/ID"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "tokens": [], "assignments": {"*": ["ReadOnly"]}}]
}`

const neighbourProfiles = `
[profile dev]
sso_session = corp
sso_account_id = 200000000002
sso_role_name = ReadOnly
region = eu-west-1

[profile ops]
role_arn = arn:aws:iam::200000000002:role/Ops
source_profile = admin
external_id = s3cret/ID
duration_seconds = 1800
role_session_name = zoë

[profile ops-again]
role_arn = arn:aws:iam::200000000002:role/Ops
source_profile = admin
external_id = s3cret/ID
`

const whoCLI = "sts get-caller-identity --query Account --output text --profile "

// TestLoginServesTheCLI: after muster's login the AWS CLI asks for no other, and
// refreshes the token when its time comes, which muster then takes.
func TestLoginServesTheCLI(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, neighbourhood, neighbourProfiles)
	n.muster(t, "login")
	if got := n.cli(t, whoCLI+"dev"); got != "200000000002\n" {
		t.Errorf("%q", got)
	}
	n.calls(t, map[string]int{"RegisterClient": 1, "Authorize": 1, "CreateToken": 1, "GetRoleCredentials": 1})
	if got := n.muster(t, "whoami", "--profile", "dev", "-o", "text", "--columns", "AccountId,Source"); got != "200000000002\tSSO session corp > permission set ReadOnly\n" {
		t.Errorf("%q", got)
	}
	if problems := n.sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestSharedRoleCache: what one of the two has asked STS for, the other uses.
func TestSharedRoleCache(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, neighbourhood, strings.ReplaceAll(neighbourProfiles, "zoë", "zoe"))
	for i, step := range []struct {
		muster, cli string
		assumed     int
	}{
		{"", "ops", 1}, {"ops", "", 1}, // the CLI first
		{"ops-again", "", 2}, {"", "ops-again", 2}, // muster first
		{"ops", "ops-again", 2},
	} {
		if step.cli != "" {
			n.cli(t, whoCLI+step.cli)
		}
		if step.muster != "" {
			n.muster(t, "whoami", "--profile", step.muster)
		}
		t.Run(fmt.Sprint("step ", i+1), func(t *testing.T) { n.calls(t, map[string]int{"AssumeRole": step.assumed}) })
	}
	n.muster(t, "whoami", "--profile", "ops", "--no-cache")
	n.calls(t, map[string]int{"AssumeRole": 3})
	entries, err := filepath.Glob(filepath.Join(n.home, ".aws/cli/cache/*"))
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: want two files", entries, err)
	}
	if problems := n.sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestCredentialProcess: the AWS CLI takes its credentials from muster.
func TestCredentialProcess(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, neighbourhood, neighbourProfiles)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.OpenFile(filepath.Join(n.home, ".aws", "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(config, "\n[profile via-muster]\ncredential_process = %s credentials --profile ops-again -o process\nregion = us-east-1\n", binary)
	if err := config.Close(); err != nil {
		t.Fatal(err)
	}
	if got := n.cli(t, whoCLI+"via-muster"); got != "200000000002\n" {
		t.Errorf("%q", got)
	}
	if got := n.cli(t, "ec2 describe-instances --profile via-muster --output text --query Reservations"); strings.TrimSpace(got) != "" {
		t.Errorf("%q", got)
	}
	if got := n.cli(t, "sts get-caller-identity --query Account --output text", "AWS_PROFILE=via-muster"); got != "200000000002\n" {
		t.Errorf("%q", got)
	}
}
