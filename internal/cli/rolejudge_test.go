package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/inventory"
)

// TestRoleTemplatesPassLint: cfn-lint knows all properties of resources and all actions of
// IAM.
func TestRoleTemplatesPassLint(t *testing.T) {
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not on PATH")
	}
	t.Parallel()
	folder := t.TempDir()
	var files []string
	templates := map[string]string{
		"kinds.json": "--json --role a_b+=,.@- --trust 111122223333 --max-session-duration 43200 --for " + everyKind(),
	}
	for permissions, flags := range map[string]string{"all": "", "managed": "--managed", "for": "--for buckets", "both": "--managed --for buckets"} {
		for i, trust := range []string{"111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ops/Base --external-id 0123"} {
			args := "--role ops/Audit --trust " + trust + " " + flags
			templates[fmt.Sprintf("%s-%d.yaml", permissions, i)] = args
			templates[fmt.Sprintf("%s-%d.json", permissions, i)] = args + " --json"
		}
	}
	for name, args := range templates {
		result := muster(t, nil, append([]string{"role", "template"}, strings.Fields(args)...)...)
		if result.code != 0 {
			t.Fatalf("%s: exit code %d: %s", args, result.code, result.stderr)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(result.stdout), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if out, err := exec.Command(lint, files...).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(folder, "kinds.json"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(folder, "wrong.json")
	if err := os.WriteFile(wrong, []byte(strings.Replace(string(data), "s3:ListAllMyBuckets", "s3:ListBuckets", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(lint, wrong).CombinedOutput(); err == nil {
		t.Errorf("cfn-lint accepts an action that does not exist: %s", out)
	}
}

// everyKind is a value of --for with all kinds, instances and addresses.
func everyKind() string { return "instances,addresses," + strings.Join(inventory.KindNames(), ",") }

// TestRoleForEveryKind: a role of --for can list all of its kinds, and has the list of regions.
func TestRoleForEveryKind(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false, awssim.WithOperations(demoOperations))
	got := muster(t, environ, "role", "deploy", "--role", "Kinds", "--for", everyKind(), "--yes", "--quiet", "-o", "name")
	if got.code != exitOK {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	for _, args := range [][]string{{"list", strings.Join(inventory.KindNames(), ",")}, {"instances"}, {"addresses"}} {
		got := muster(t, environ, append(args, "--organization", "--role", "Kinds", "--account", "Production", "-o", "ndjson", "--quiet")...)
		if got.code != exitOK {
			t.Errorf("%s: exit code %d: %s", args[0], got.code, got.stderr)
		}
	}
	// Without the actions of a kind, the list has gaps.
	muster(t, environ, "role", "deploy", "--role", "Kinds", "--for", "buckets", "--yes", "--quiet")
	got = muster(t, environ, "list", "buckets,functions", "--organization", "--role", "Kinds", "--account", "Production", "--no-cache", "-o", "ndjson")
	if got.code != exitPartial || !strings.Contains(got.stderr, "denied") || strings.Contains(got.stderr, "ListBuckets") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

// roleSeed creates an organization in moto.
const roleSeed = `
import boto3, sys
org = boto3.client('organizations', region_name='us-east-1', endpoint_url=sys.argv[1], aws_access_key_id='AKIAMOTO', aws_secret_access_key='x')
org.create_organization(FeatureSet='ALL')
for name in 'Development', 'Production':
    org.create_account(AccountName=name, Email=name + '@example.com')
`

// roleTruth prints, for each account, what boto3 finds of the role Audit. It also creates a
// stack of the template in the second argument.
const roleTruth = `
import ast, boto3, json, sys
base = dict(region_name='us-east-1', endpoint_url=sys.argv[1], aws_access_key_id='AKIAMOTO', aws_secret_access_key='x')
found = []
for account in boto3.client('organizations', **base).list_accounts()['Accounts']:
    c = boto3.client('sts', **base).assume_role(RoleArn='arn:aws:iam::%s:role/Audit' % account['Id'], RoleSessionName='judge')['Credentials']
    mine = dict(base, aws_access_key_id=c['AccessKeyId'], aws_secret_access_key=c['SecretAccessKey'], aws_session_token=c['SessionToken'])
    iam = boto3.client('iam', **mine)
    role = iam.get_role(RoleName='Audit')['Role']
    found.append([role['MaxSessionDuration'], role['AssumeRolePolicyDocument']['Statement'][0]['Principal']['AWS']])
cfn = boto3.client('cloudformation', **base)
cfn.create_stack(StackName='judge', TemplateBody=sys.argv[2], Capabilities=['CAPABILITY_NAMED_IAM'])
policy = boto3.client('iam', **base).get_role_policy(RoleName='Judge', PolicyName='muster')['PolicyDocument']
if isinstance(policy, str):  # moto answers with Python's own spelling
    policy = ast.literal_eval(policy)
found.append(policy['Statement'][0]['Action'])
print(json.dumps(found))
`

// TestRoleAgainstMoto deploys twice to a simulator by other authors. moto's stack sets deploy
// to the management account, too; they finish at once, keep no AutoDeployment and no
// OUs, and do not delete the stacks of OUs. moto has no managed policies of AWS.
func TestRoleAgainstMoto(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	t.Parallel()
	url := startMoto(t)
	python := func(script string, args ...string) []byte {
		t.Helper()
		command := exec.Command("python3", append([]string{"-c", script, url}, args...)...)
		command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir())
		out, err := command.Output()
		if err != nil {
			t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
		}
		return out
	}
	python(roleSeed)
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x"}
	deploy := func() (changes, notes string) {
		t.Helper()
		result := muster(t, environ, "role", "deploy", "--role", "Audit", "--managed", "--max-session-duration", "7200", "--yes", "--jq", ".Change")
		if result.code != 0 {
			t.Fatalf("exit code %d:\n%s%s", result.code, result.stdout, result.stderr)
		}
		return result.stdout, result.stderr
	}
	if changes, notes := deploy(); changes != "create\ncreate\ncreate\n" || !strings.Contains(notes, "the role Audit is deployed;") {
		t.Errorf("the first run:\n%s%s", changes, notes)
	}
	template := muster(t, nil, "role", "template", "--json", "--role", "Judge", "--trust", "123456789012", "--for", "buckets")
	var truth []any
	if err := json.Unmarshal(python(roleTruth, template.stdout), &truth); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(truth)
	in := `[7200,"arn:aws:iam::123456789012:root"]`
	if want := `[` + in + `,` + in + `,` + in + `,["account:ListRegions","ec2:DescribeRegions","s3:ListAllMyBuckets"]]`; string(text) != want {
		t.Errorf("boto3 finds %s, want %s", text, want)
	}

	if changes, notes := deploy(); changes != "none\nnone\nnone\n" || !strings.Contains(notes, "nothing to change") {
		t.Errorf("the second run:\n%s%s", changes, notes)
	}
	if result := muster(t, environ, "instances", "--organization", "--role", "Audit", "-o", "json"); result.code != 0 {
		t.Errorf("instances with the role: exit code %d: %s", result.code, result.stderr)
	}
	if result := muster(t, environ, "role", "status", "--role", "Audit", "--jq", ".Access"); result.code != 0 || result.stdout != "ok\nok\nok\n" {
		t.Errorf("status: exit code %d: %s%s", result.code, result.stdout, result.stderr)
	}

	environ[1] = "AWS_ENDPOINT_URL=" + namingAccounts(t, url)
	result := muster(t, environ, "role", "delete", "--role", "Audit", "--yes", "--jq", ".Change")
	if result.code != 0 || result.stdout != "delete\ndelete\ndelete\n" {
		t.Errorf("delete: exit code %d: %s%s", result.code, result.stdout, result.stderr)
	}
	if left := strings.TrimSpace(string(python(roleLeft))); left != `{"roles": 0, "sets": ["DELETED"], "stacks": ["judge"]}` {
		t.Errorf("after delete, boto3 finds %s", left)
	}
	if result := muster(t, environ, "role", "delete", "--role", "Audit", "--yes"); result.code != 0 || !strings.Contains(result.stderr, "nothing to delete") {
		t.Errorf("the second delete: exit code %d: %s", result.code, result.stderr)
	}
	if changes, _ := deploy(); changes != "create\ncreate\ncreate\n" {
		t.Errorf("deployed again:\n%s", changes)
	}
}

// roleLeft prints what boto3 finds after the role Audit was deleted.
const roleLeft = `
import boto3, json, sys
base = dict(region_name='us-east-1', endpoint_url=sys.argv[1], aws_access_key_id='AKIAMOTO', aws_secret_access_key='x')
roles = 0
for account in boto3.client('organizations', **base).list_accounts()['Accounts']:
    c = boto3.client('sts', **base).assume_role(RoleArn='arn:aws:iam::%s:role/Any' % account['Id'], RoleSessionName='judge')['Credentials']
    mine = dict(base, aws_access_key_id=c['AccessKeyId'], aws_secret_access_key=c['SecretAccessKey'], aws_session_token=c['SessionToken'])
    roles += sum(role['RoleName'] == 'Audit' for role in boto3.client('iam', **mine).list_roles()['Roles'])
cfn = boto3.client('cloudformation', **base)
print(json.dumps({'roles': roles, 'sets': [s['Status'] for s in cfn.list_stack_sets()['Summaries']],
    'stacks': [s['StackName'] for s in cfn.describe_stacks()['Stacks']]}))
`

// namingAccounts starts a proxy before moto that names the accounts of a DeleteStackInstances:
// moto does not know which accounts an OU has.
func namingAccounts(t *testing.T, moto string) (url string) {
	target, err := neturl.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	accountsOf := func(set neturl.Values, authorization string) []string {
		values := neturl.Values{"Action": {"ListStackInstances"}, "StackSetName": set["StackSetName"], "Version": set["Version"]}
		req, err := http.NewRequestWithContext(t.Context(), "POST", moto, strings.NewReader(values.Encode()))
		if err != nil {
			t.Error(err)
			return nil
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", authorization) // it names the service
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		var accounts []string
		for _, match := range regexp.MustCompile(`<Account>(\d+)</Account>`).FindAllStringSubmatch(string(text), -1) {
			accounts = append(accounts, match[1])
		}
		return accounts
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if values, err := neturl.ParseQuery(string(body)); err == nil && values.Get("Action") == "DeleteStackInstances" {
			for i, account := range accountsOf(values, r.Header.Get("Authorization")) {
				values.Set(fmt.Sprintf("Accounts.member.%d", i+1), account)
			}
			body = []byte(values.Encode())
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
