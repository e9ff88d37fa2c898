package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// stsServer answers every call as GetCallerIdentity, and counts the calls of children.
func stsServer(t *testing.T) (url string, calls *atomic.Int64) {
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.UserAgent(), "muster/") {
			calls.Add(1)
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>100000000001</Account><Arn>arn:aws:iam::100000000001:user/x</Arn><UserId>AIDA</UserId></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

// TestExecEndpoint: a child uses the same endpoint as muster for the account, and no
// setting of the default profile. The children are the AWS CLI and boto3.
func TestExecEndpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	if exec.Command("python3", "-c", "import boto3").Run() != nil {
		t.Skip("boto3 is not installed")
	}
	children := map[string][]string{
		"":         {"aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text"},
		"--serve ": {"python3", "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"},
	}
	const keys = "aws_access_key_id = AKIA\naws_secret_access_key = x\n"
	for _, test := range []struct {
		name, config string // {right} and {wrong} are servers
		environ      []string
		args         string
	}{
		{name: "the profile's own", args: "--profile prod",
			config: "[default]\nendpoint_url = {wrong}\n[profile prod]\nendpoint_url = {right}\n" + keys},
		{name: "a services section", args: "--profile prod",
			config: "[default]\nendpoint_url = {wrong}\nservices = wrong\n[profile prod]\nservices = right\nendpoint_url = {wrong}\n" + keys +
				"[services right]\nsts =\n  endpoint_url = {right}\n[services wrong]\nsts =\n  endpoint_url = {wrong}\n"},
		{name: "the flag", args: "--profile prod --endpoint-url {right}", environ: []string{"AWS_ENDPOINT_URL_STS={wrong}", "AWS_ENDPOINT_URL={wrong}", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
			config: "[default]\nservices = wrong\n[profile prod]\nendpoint_url = {wrong}\n" + keys + "[services wrong]\nsts =\n  endpoint_url = {wrong}\n"},
		{name: "the environment", args: "--profile prod", environ: []string{"AWS_ENDPOINT_URL_STS={right}"},
			config: "[default]\nignore_configured_endpoint_urls = true\n[profile prod]\nendpoint_url = {wrong}\n" + keys},
		{name: "fips of the default profile", args: "--profile prod",
			config: "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\nca_bundle = /nowhere\n[profile prod]\nendpoint_url = {right}\n" + keys},
		{name: "keys in the environment", args: "", environ: []string{"AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x"},
			config: "[default]\nendpoint_url = {right}\n"},
		{name: "a default profile with keys", args: "--profile prod",
			config: "[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = x\nendpoint_url = {wrong}\n[profile prod]\nendpoint_url = {right}\n" + keys},
	} {
		for serve, command := range children {
			t.Run(test.name+" "+serve+command[0], func(t *testing.T) {
				t.Parallel()
				right, reached := stsServer(t)
				wrong, astray := stsServer(t)
				fill := strings.NewReplacer("{right}", right, "{wrong}", wrong).Replace
				home := t.TempDir()
				if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(fill(test.config)), 0o600); err != nil {
					t.Fatal(err)
				}
				environ := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_REGION=us-east-1", "TMPDIR=" + t.TempDir()}
				for _, pair := range test.environ {
					environ = append(environ, fill(pair))
				}
				args := append(strings.Fields("exec --yes "+serve+fill(test.args)+" --"), command...)
				var stdout, stderr bytes.Buffer
				code := Main(t.Context(), args, &App{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ})
				if code != 0 || strings.TrimSpace(stdout.String()) != "100000000001" {
					t.Errorf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
				}
				if reached.Load() == 0 || astray.Load() > 0 {
					t.Errorf("%d calls to the right server, %d to the wrong one", reached.Load(), astray.Load())
				}
			})
		}
	}
}
