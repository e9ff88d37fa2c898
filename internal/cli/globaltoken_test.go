package cli

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awssim"
)

// TestGlobalToken: older tools have put credentials of the global STS endpoint into the
// role cache. muster replaces them when a region rejects them. If it cannot, the other
// regions still use them. The hint explains credentials that the user has set.
func TestGlobalToken(t *testing.T) {
	t.Parallel()
	world := func() *awssim.World {
		return &awssim.World{
			Regions:  []string{"us-east-1", "eu-west-1", "af-south-1", "me-south-1"},
			Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}, {ID: "200000000002", Name: "dev", OptedIn: []string{"af-south-1", "me-south-1"}}},
			Users:    []awssim.User{{Account: "main", Name: "ann", AccessKeyID: "AKIAANNANNANNANNANNA", SecretAccessKey: "ann's-secret"}},
			Roles:    []awssim.Role{{Name: "Ops", Trust: []string{"100000000001"}}},
			Instances: []awssim.Instance{
				{Account: "dev", Region: "us-east-1", ID: "i-0a000000000000001"}, {Account: "dev", Region: "eu-west-1", ID: "i-0a000000000000002"},
				{Account: "dev", Region: "af-south-1", ID: "i-0a000000000000003"}, {Account: "dev", Region: "me-south-1", ID: "i-0a000000000000004"},
			},
			Home: awssim.Home{Profile: "ann", Region: "eu-west-1", Config: "[profile ops]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = ann\n"},
		}
	}
	const all, alwaysOn = "i-0a000000000000001 i-0a000000000000002 i-0a000000000000003 i-0a000000000000004", "i-0a000000000000001 i-0a000000000000002"
	list := []string{"instances", "--profile", "ops", "-o", "name", "--sort-by", "InstanceId"}
	fields := func(r result) string { return strings.Join(strings.Fields(r.stdout), " ") }

	t.Run("cached", func(t *testing.T) {
		t.Parallel()
		sim, environ := simulated(t, world(), true)
		path, old := cacheGlobal(t, sim, environ)
		if got := muster(t, environ, list...); got.code != 0 || got.stderr != "" || fields(got) != all {
			t.Errorf("exit code %d, %s\n%s", got.code, got.stdout, got.stderr)
		}
		if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), old) {
			t.Errorf("the cache still has the old key (%v)", err)
		}
		assumed := 0
		for _, call := range sim.Calls() {
			if call.Operation == "AssumeRole" {
				assumed++
			}
		}
		if assumed != 3 { // those that made the cache, and one more
			t.Errorf("%d roles assumed, want 3", assumed)
		}
	})
	t.Run("irreplaceable", func(t *testing.T) {
		t.Parallel()
		w := world()
		w.Faults = []awssim.Fault{{Service: "sts", Operation: "AssumeRole", After: 2, Shared: true, Kind: awssim.FaultError, Status: 403, Code: "AccessDenied", Message: "not any more"}}
		sim, environ := simulated(t, w, true)
		cacheGlobal(t, sim, environ)
		got := muster(t, environ, list...)
		if got.code != exitPartial || fields(got) != alwaysOn || !strings.Contains(got.stderr, "AuthFailure") || !strings.Contains(got.stderr, "global STS endpoint") {
			t.Errorf("exit code %d, %s\n%s", got.code, got.stdout, got.stderr)
		}
	})
	t.Run("static", func(t *testing.T) {
		t.Parallel()
		sim, environ := simulated(t, world(), true)
		c := globalRole(t, sim)
		environ = append(environ, "AWS_PROFILE=", "AWS_ACCESS_KEY_ID="+*c.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+*c.SecretAccessKey, "AWS_SESSION_TOKEN="+*c.SessionToken)
		got := muster(t, environ, "instances", "-o", "name", "--sort-by", "InstanceId")
		hint := regexp.MustCompile(`(?m)^muster: denied: the session token looks like one of the global STS endpoint \(it begins with FwoG\)`)
		if got.code != exitPartial || fields(got) != alwaysOn || len(hint.FindAllString(got.stderr, -1)) != 1 || strings.Contains(got.stderr, "may not make this call") {
			t.Errorf("exit code %d, %s\n%s", got.code, got.stdout, got.stderr)
		}
	})
}

// stsCredentials are the credentials of an entry in the role cache.
type stsCredentials = struct {
	AccessKeyId, SecretAccessKey, SessionToken *string
	Expiration                                 *time.Time
}

// globalRole returns the credentials that the global STS endpoint issues for the role.
func globalRole(t *testing.T, sim *awssim.Server) stsCredentials {
	t.Helper()
	proxy, err := url.Parse(sim.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(sim.CAPEM())
	client := sts.New(sts.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("https://sts.amazonaws.com"),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAANNANNANNANNANNA", "ann's-secret", ""),
		HTTPClient:  &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}}},
	})
	out, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::200000000002:role/Ops"), RoleSessionName: aws.String("cli")})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*out.Credentials.SessionToken, "FwoG") {
		t.Fatal("not a token of the global endpoint")
	}
	c := out.Credentials
	return stsCredentials{c.AccessKeyId, c.SecretAccessKey, c.SessionToken, c.Expiration}
}

// cacheGlobal writes credentials of the global endpoint to the file of the role cache
// that muster has made, and returns their key.
func cacheGlobal(t *testing.T, sim *awssim.Server, environ []string) (path, key string) {
	t.Helper()
	if got := muster(t, environ, "instances", "--profile", "ops", "--region", "us-east-1"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimPrefix(environ[0], "HOME="), ".aws", "cli", "cache", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v (%v)", files, err)
	}
	c := globalRole(t, sim)
	data, err := json.Marshal(map[string]any{"Credentials": c})
	if err == nil {
		err = os.WriteFile(files[0], data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return files[0], *c.AccessKeyId
}
