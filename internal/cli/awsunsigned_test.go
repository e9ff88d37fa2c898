package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// publicBucket answers as S3 does for a bucket that everybody can read, and EC2 as for a call
// without a signature. It keeps the requests.
type publicBucket struct {
	mu       sync.Mutex
	requests []string
}

func (b *publicBucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	signed := ""
	for name := range r.Header {
		if name == "Authorization" || strings.HasPrefix(name, "X-Amz-") && name != "X-Amz-Checksum-Mode" {
			signed += " " + name
		}
	}
	query := r.URL.Query()
	query.Del("encoding-type") // the AWS CLI asks for it where keys may have any character
	b.mu.Lock()
	b.requests = append(b.requests, r.Method+" "+r.URL.Path+" "+query.Encode()+" "+r.PostForm.Encode()+signed)
	b.mu.Unlock()
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `<Response><Errors><Error><Code>MissingParameter</Code><Message>The request must contain the parameter AWSAccessKeyId</Message></Error></Errors></Response>`)
		return
	}
	io.WriteString(w, `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>open-data</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>`+
		`<Contents><Key>a.csv</Key><Size>7</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`)
}

func (b *publicBucket) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.requests
	b.requests = nil
	return taken
}

// unsignedHome returns a server, and the environment of a user without credentials.
func unsignedHome(t *testing.T) (*publicBucket, []string) {
	t.Helper()
	b := new(publicBucket)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "[profile west]\nregion = eu-west-1\ncredential_process = false\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return b, []string{"HOME=" + home, "AWS_ENDPOINT_URL=" + server.URL, "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "PATH=" + os.Getenv("PATH")}
}

// TestNoSignRequest: one call, without a signature and without credentials, in no account.
func TestNoSignRequest(t *testing.T) {
	t.Parallel()
	b, environ := unsignedHome(t)
	for _, args := range []string{"", " --profile west", " --region eu-west-1", " --debug"} {
		line := "aws s3api list-objects-v2 --bucket open-data --no-sign-request -o csv --columns AccountId,AccountName,Key" + args
		got := muster(t, environ, strings.Fields(line)...)
		if want := "AccountId,AccountName,Key\n,,a.csv\n"; got.code != 0 || got.stdout != want {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", line, got.code, got.stdout, got.stderr)
		}
		if requests := b.take(); !slices.Equal(requests, []string{"GET /open-data list-type=2 "}) {
			t.Errorf("%s: the requests are %q", line, requests)
		}
	}
	got := muster(t, environ, "aws", "ec2", "describe-regions", "--no-sign-request", "--region", "eu-west-3")
	if got.code != exitNothing || !strings.Contains(got.stderr, "MissingParameter") {
		t.Errorf("EC2: exit code %d, stderr %q", got.code, got.stderr)
	}
	if requests := b.take(); len(requests) != 1 || strings.Contains(requests[0], "Auth") {
		t.Errorf("EC2: the requests are %q", requests)
	}
	for _, args := range []string{"--all-profiles", "--organization --role R", "--account 111111111111", "--profile west,east", "--profile w*", "--region eu-*", "--region eu-west-1,eu-west-2", "--exclude-region eu-west-1", "--profile nosuch"} {
		line := "aws ec2 describe-volumes --no-sign-request " + args
		got := muster(t, environ, strings.Fields(line)...)
		if wanted := got.code == exitUsage || args == "--profile nosuch" && got.code == exitNothing; !wanted || got.stdout != "" || len(b.take()) > 0 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", line, got.code, got.stdout, got.stderr)
		}
	}
}

// TestNoSignRequestAsTheCLI: the AWS CLI sends the same requests.
func TestNoSignRequestAsTheCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not on PATH")
	}
	b, environ := unsignedHome(t)
	for _, line := range []string{
		"s3api list-objects-v2 --bucket open-data --no-sign-request --region eu-west-1",
		"s3api list-objects-v2 --bucket open-data --prefix a/ --no-sign-request --region us-east-1 --page-size 7",
		"s3api list-objects-v2 --bucket open-data --no-sign-request --no-paginate --profile west",
		"ec2 describe-regions --no-sign-request --region eu-west-3 --all-regions",
	} {
		words := strings.Fields(line)
		command := exec.Command(cli, words...)
		command.Env = append(environ, "AWS_PAGER=")
		out, _ := command.CombinedOutput()
		want := b.take()
		got := muster(t, environ, append([]string{"aws"}, words...)...)
		requests := b.take()
		if len(want) != 1 || !slices.Equal(requests, want) {
			t.Errorf("%s:\nthe AWS CLI sends %q (%s)\nmuster sends %q (exit code %d, stderr %q)", line, want, out, requests, got.code, got.stderr)
		}
	}
}
