package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
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

// muster runs a command line in this process and fails the test if it fails.
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

// cli runs the AWS CLI and fails the test if it fails.
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

// calls counts the calls since its last use, without GetCallerIdentity.
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

// TestLoginServesTheCLI: after muster's login the AWS CLI needs no login of its own. It
// refreshes the token in time, and muster uses the new token.
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

// TestSharedRoleCache: muster and the AWS CLI use the role credentials in each other's
// cache.
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

// TestCredentialProcess: the AWS CLI gets its credentials from muster.
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

// allRoles is a usual boto3 script: it gets the credentials of every role in every
// account.
const allRoles = `
import boto3, glob, json, os, sys
from botocore import UNSIGNED
from botocore.config import Config
token = json.load(open(glob.glob(os.path.expanduser('~/.aws/sso/cache/ee0bfd25*.json'))[0]))
sso = boto3.client('sso', region_name='eu-west-1', config=Config(signature_version=UNSIGNED))
accounts = []
for page in sso.get_paginator('list_accounts').paginate(accessToken=token['accessToken']):
    for account in page['accountList']:
        account['roles'] = {}
        for roles in sso.get_paginator('list_account_roles').paginate(accessToken=token['accessToken'], accountId=account['accountId']):
            for role in roles['roleList']:
                credentials = sso.get_role_credentials(accessToken=token['accessToken'], accountId=account['accountId'], roleName=role['roleName'])
                account['roles'][role['roleName']] = credentials['roleCredentials']
        accounts.append(account)
print(json.dumps(sorted(accounts, key=lambda account: account['accountId'])))
`

// TestCredentialsAsBoto3: the JSON has the keys and types of the output of a boto3
// script.
func TestCredentialsAsBoto3(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, neighbourhood, neighbourProfiles)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if err := exec.Command(python, "-c", "import boto3").Run(); err != nil {
		t.Skip("boto3 is not installed")
	}
	n.muster(t, "login")
	script := exec.Command(python, "-c", allRoles)
	script.Env = n.environ
	out, err := script.Output()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var theirs, ours any
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(n.muster(t, "credentials", "--sso-session", "corp", "--all-roles", "-o", "json")), &ours); err != nil {
		t.Fatal(err)
	}
	if theirs, ours := kinds(theirs), kinds(ours); !reflect.DeepEqual(theirs, ours) {
		t.Errorf("boto3: %v\nmuster: %v", theirs, ours)
	}
}

// kinds replaces each secret and time by its type.
func kinds(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = kinds(value[i])
		}
	case map[string]any:
		for key, item := range value {
			switch key {
			case "accessKeyId", "secretAccessKey", "sessionToken", "expiration":
				value[key] = fmt.Sprintf("%T", item)
			default:
				value[key] = kinds(item)
			}
		}
	}
	return value
}

// TestTwoProcessesRefresh: two runs that find an expired token refresh it once.
func TestTwoProcessesRefresh(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, `{
  "accounts": [{"id": "100000000001", "name": "main"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "assignments": {"*": ["ReadOnly"]},
    "tokens": [{"access_token": "aoa-old", "expires_in": "-1h", "refresh_token": "aor-old", "client_id": "client", "client_secret": "secret"}]}]
}`, "")
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	var runs [4]*exec.Cmd
	for i := range runs {
		runs[i] = exec.Command(binary, "accounts", "--check", "--sso-session", "corp", "-o", "name", "--no-cache")
		runs[i].Env = n.environ
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, run := range runs {
		if err := run.Wait(); err != nil {
			t.Error(err)
		}
	}
	n.calls(t, map[string]int{"CreateToken": 1, "ListAccounts": 4, "ListAccountRoles": 4, "GetRoleCredentials": 4})
	if problems := n.sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}
