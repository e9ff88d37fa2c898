package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/sweep"
)

// organization answers as AWS does, but checks nothing: in a benchmark, the simulated
// organization would need most of the CPU.
type organization struct {
	accounts int
	latency  time.Duration
	environ  []string // of muster, but for how to reach the organization
	calls    atomic.Int64

	regions []byte
	found   [3][]byte // the answer with so many instances
}

// fleetRegions are enabled in every account.
var fleetRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-west-1", "eu-west-2",
	"eu-west-3", "eu-north-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-south-1",
}

func serveOrganization(b testing.TB, accounts int, latency time.Duration) *organization {
	b.Helper()
	o := &organization{accounts: accounts, latency: latency}
	reservation, err := os.ReadFile(filepath.Join("..", "inventory", "testdata", "reservation.xml"))
	if err != nil {
		b.Fatal(err)
	}
	for n := range o.found {
		answer := "<DescribeInstancesResponse><reservationSet>"
		for i := range n {
			answer += strings.NewReplacer("{id}", fmt.Sprintf("%016x", i), "{x}", "0", "{y}", "0", "{z}", "1", "{s}", "0").Replace(string(reservation))
		}
		o.found[n] = []byte(answer + "</reservationSet></DescribeInstancesResponse>")
	}
	o.regions = []byte("<DescribeRegionsResponse><regionInfo>")
	for _, region := range fleetRegions {
		o.regions = fmt.Appendf(o.regions, "<item><regionName>%s</regionName><optInStatus>opt-in-not-required</optInStatus></item>", region)
	}
	o.regions = append(o.regions, "</regionInfo></DescribeRegionsResponse>"...)
	home := b.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		b.Fatal(err)
	}
	keys := fmt.Sprintf("[default]\nregion = us-east-1\naws_access_key_id = %s\naws_secret_access_key = x\n", orgKey(0))
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(keys), 0o600); err != nil {
		b.Fatal(err)
	}
	o.environ = []string{"HOME=" + home, "AWS_EC2_METADATA_DISABLED=true"}
	return o
}

func orgAccount(i int) string { return fmt.Sprintf("%012d", i+1) }
func orgKey(i int) string     { return "ASIA" + orgAccount(i) }

// pages returns the number of pages in the list of accounts, of 20 accounts each.
func (o *organization) pages() int { return (o.accounts + 19) / 20 }

// instances returns the number of instances of an account in a region.
func (o *organization) instances(account int, region string) int { return (account + len(region)) % 3 }

// ServeHTTP identifies the calling account by its access key.
func (o *organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.calls.Add(1)
	text, err := io.ReadAll(r.Body)
	scope := strings.SplitN(r.Header.Get("Authorization"), "/", 4) // ...Credential=KEY/DATE/REGION/...
	if err != nil || len(scope) < 4 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	account, _ := strconv.Atoi(scope[0][len(scope[0])-12:])
	account--
	var out []byte
	switch form := string(text); {
	case r.Header.Get("X-Amz-Target") != "":
		var in struct {
			NextToken int `json:",string"`
		}
		json.Unmarshal(text, &in)
		var page struct {
			Accounts  []map[string]string
			NextToken string `json:",omitempty"`
		}
		for i := in.NextToken; i < min(in.NextToken+20, o.accounts); i++ {
			page.Accounts = append(page.Accounts, map[string]string{"Id": orgAccount(i), "Name": "account " + orgAccount(i), "State": "ACTIVE"})
		}
		if next := in.NextToken + 20; next < o.accounts {
			page.NextToken = strconv.Itoa(next)
		}
		out, _ = json.Marshal(page)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	case strings.Contains(form, "Action=AssumeRole"):
		_, role, _ := strings.Cut(form, url.QueryEscape("arn:aws:iam::"))
		out = fmt.Appendf(nil, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA%.12s</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"+
			"<SessionToken>%s</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>", role, strings.Repeat("t", 700))
	case strings.Contains(form, "Action=DescribeRegions"):
		out = o.regions
	case strings.Contains(form, "Action=DescribeVolumes"):
		items := strings.Repeat("<item><volumeId>vol-1</volumeId><size>8</size><tagSet><item><key>env</key><value>prod</value></item></tagSet></item>", o.instances(account, scope[2]))
		out = []byte("<DescribeVolumesResponse><volumeSet>" + items + "</volumeSet></DescribeVolumesResponse>")
	default:
		out = o.found[o.instances(account, scope[2])]
	}
	time.Sleep(o.latency)
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.Write(out)
}

// checkLedger checks that every place has an entry, with all its records.
func (o *organization) checkLedger(b testing.TB, report string) {
	b.Helper()
	data, err := os.ReadFile(report)
	if err != nil {
		b.Fatal(err)
	}
	var entries []sweep.Entry
	if err := json.Unmarshal(data, &entries); err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		account, err := strconv.Atoi(e.AccountId)
		if err != nil || e.Gap() || e.Records != o.instances(account-1, e.Region) {
			b.Fatalf("%+v", e)
		}
	}
	if want := o.accounts * len(fleetRegions); len(entries) != want {
		b.Fatalf("%d places, want %d", len(entries), want)
	}
}
