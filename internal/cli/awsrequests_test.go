package cli

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/catalog"
)

// caller is a profile of an account of its own.
type caller struct {
	region          string
	fips, dualStack bool
}

// Each service is called by the first of callers, by another one, and by one of variants,
// in turn.
var (
	callers  = []caller{{region: "eu-west-1"}, {region: "cn-north-1"}, {region: "us-gov-west-1"}, {region: "eusc-de-east-1"}}
	variants = []caller{
		{region: "us-west-2", fips: true}, {region: "eu-west-1", dualStack: true}, {"us-east-1", true, true}, {region: "us-east-1"},
		{region: "us-gov-east-1", fips: true}, {region: "cn-northwest-1", dualStack: true}, {region: "us-iso-east-1"},
	}
)

// accessKey and profile name what the caller i of callers and variants has.
func accessKey(i int) string { return fmt.Sprintf("AKIA%012d", i) }
func profile(i int) string   { return fmt.Sprintf("p%d", i) }

// TestHostsAreBotocores sends one read of every service from every caller to the hosts of
// AWS, and compares the whole requests with botocore's.
func TestHostsAreBotocores(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	theirs := startBotocore(t)
	log := &requestLog{regions: map[string]string{}}
	proxy := awssim.NewProxy(log)
	t.Cleanup(func() { proxy.Close() })
	home := t.TempDir()
	bundle := filepath.Join(home, "ca.pem")
	config := filepath.Join(home, "config")
	var profiles strings.Builder
	all := slices.Concat(callers, variants)
	for i, c := range all {
		log.regions[accessKey(i)] = c.region
		fmt.Fprintf(&profiles, "[profile %s]\nregion = %s\naws_access_key_id = %s\naws_secret_access_key = x\nuse_fips_endpoint = %t\nuse_dualstack_endpoint = %t\n",
			profile(i), c.region, accessKey(i), c.fips, c.dualStack)
	}
	for path, content := range map[string]string{bundle: string(proxy.CAPEM()), config: profiles.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{"HOME=" + home, "AWS_CONFIG_FILE=" + config, "HTTPS_PROXY=" + proxy.URL(), "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true"}
	services, compared := 0, 0
	for op := range readsWithoutInput(1) {
		called := []int{0, 1 + services%(len(callers)-1), len(callers) + services%len(variants)}
		services++
		log.start(op)
		args := []string{"aws", op.Service.Name, op.CLIName, "-o", "ndjson", "--ca-bundle", bundle}
		for _, i := range called {
			args = append(args, "--profile", profile(i))
		}
		got := muster(t, environ, args...)
		for _, i := range called {
			c := all[i]
			region := c.region
			if op.Service.Once && !op.Service.Offered(region) {
				region = catalog.PartitionOf(region).Global()
			}
			want := theirs.request(t, botocoreCase{Service: op.Service.Dir, Operation: op.Name, Region: region, FIPS: c.fips, DualStack: c.dualStack})
			sent := log.of(accessKey(i))
			if op.Service.Name == "chime" && c.fips {
				continue // botocore signs for the region of another host than the one that it calls
			}
			name := fmt.Sprintf("%s %s %+v", op.Service.Name, op.CLIName, c)
			if compareSent(t, name, got, sent, want, op.Service.Offered(region)) {
				compared++
			}
		}
	}
	t.Logf("%d requests", compared)
	if compared < 700 {
		t.Errorf("only %d requests compared", compared)
	}
}

// TestReadsAreBotocores sends reads of every service to one server, and compares the whole
// requests with botocore's.
func TestReadsAreBotocores(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	theirs := startBotocore(t)
	log := &requestLog{}
	server := httptest.NewServer(log)
	t.Cleanup(server.Close)
	environ := []string{"HOME=" + t.TempDir(), "AWS_ACCESS_KEY_ID=AKIA123456789012", "AWS_SECRET_ACCESS_KEY=x", "AWS_MAX_ATTEMPTS=1"}
	compared := 0
	for op := range readsWithoutInput(2) {
		if op.Service.Name == "importexport" {
			continue // botocore takes its signing name from another file where the URL is custom
		}
		log.start(op)
		got := muster(t, environ, "aws", op.Service.Name, op.CLIName, "--endpoint-url", server.URL, "--region", "eu-west-1", "-o", "ndjson")
		want := theirs.request(t, botocoreCase{Service: op.Service.Dir, Operation: op.Name, Region: "eu-west-1", URL: server.URL})
		if host := strings.TrimPrefix(server.URL, "http://"); strings.Contains(want.URL, host) {
			_, path, _ := strings.Cut(want.URL, host) // botocore puts the operation's prefix before it
			want.URL = server.URL + path
		}
		sent := log.of("AKIA123456789012")
		name := op.Service.Name + " " + op.CLIName
		if compareSent(t, name, got, sent, want, op.Service.Offered("eu-west-1")) {
			compared++
		}
	}
	t.Logf("%d requests", compared)
	if compared < 500 {
		t.Errorf("only %d requests compared", compared)
	}
}

// compareSent compares the request of a run, which may have sent none where the service is
// not offered, with botocore's. It reports whether there were two to compare.
func compareSent(t *testing.T, name string, got result, sent, want *sentRequest, offered bool) bool {
	t.Helper()
	switch {
	case sent == nil && want.Error == "" && offered:
		t.Errorf("%s: muster sends nothing, botocore %s: exit code %d: %s", name, want.URL, got.code, got.stderr)
	case sent != nil && want.Error != "":
		t.Errorf("%s: muster sends %s, botocore: %s", name, sent.URL, want.Error)
	case sent != nil:
		compareRequests(t, name, sent, want)
		return true
	}
	return false
}

// botocoreCase is a line for testdata/requests.py.
type botocoreCase struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Region    string `json:"region"`
	FIPS      bool   `json:"fips"`
	DualStack bool   `json:"dualStack"`
	URL       string `json:"url"`
}

// botocoreRequests is a running testdata/requests.py.
type botocoreRequests struct {
	cases   *json.Encoder
	answers *json.Decoder
}

func (b *botocoreRequests) request(t *testing.T, c botocoreCase) *sentRequest {
	t.Helper()
	if err := b.cases.Encode(c); err != nil {
		t.Fatal(err)
	}
	got := &sentRequest{}
	if err := b.answers.Decode(got); err != nil {
		t.Fatalf("botocore, %+v: %v", c, err)
	}
	return got
}
