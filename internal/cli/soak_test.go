package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"muster/internal/sweep"
)

// BenchmarkSoak sweeps an organization as a process of its own: 17 regions an
// account, 0 to 2 instances of 9 KB in each, 20 ms a call. SOAK_ACCOUNTS is their
// number, 100 without. times-bare is against a bare client that makes the same
// calls, signed, at the same width, and throws the answers away.
func BenchmarkSoak(b *testing.B) {
	accounts := 100
	if n, err := strconv.Atoi(os.Getenv("SOAK_ACCOUNTS")); err == nil {
		accounts = n
	}
	const width = 256
	binary, err := built()
	if err != nil {
		b.Fatal(err)
	}
	org := serveOrganization(b, accounts, 20*time.Millisecond)
	var took, bare, cpu time.Duration
	memory, calls := 0.0, int64(0)
	for b.Loop() {
		report := filepath.Join(b.TempDir(), "report.json")
		command := exec.Command(binary, "instances", "--org", "--role", "Reader", "-o", "ndjson",
			"--concurrency", fmt.Sprint(width), "--report", report, "--no-cache")
		var stderr bytes.Buffer
		command.Env, command.Stdout, command.Stderr = org.environ, io.Discard, &stderr
		org.calls.Store(0)
		start := time.Now()
		if err := command.Run(); err != nil {
			b.Fatalf("%v: %.2000s", err, stderr.String())
		}
		took += time.Since(start)
		calls = org.calls.Load()
		org.checkLedger(b, report)

		org.calls.Store(0)
		start = time.Now()
		org.bareCalls(b, width)
		bare += time.Since(start)
		if made := org.calls.Load(); made != calls-int64(org.pages()) {
			b.Fatalf("the bare client made %d calls, muster %d, %d of them for the list of accounts", made, calls, org.pages())
		}
		cpu += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		memory = max(memory, float64(command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
	}
	b.ReportMetric(took.Seconds()/bare.Seconds(), "times-bare")
	b.ReportMetric(took.Seconds()/float64(b.N), "s")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(float64(cpu.Microseconds())/float64(calls)/float64(b.N), "us-CPU/call")
	b.ReportMetric(memory/1024, "MiB")
}

// organization answers as AWS does, without checking anything: next to it, the
// simulated organization would take most of the machine.
type organization struct {
	accounts int
	latency  time.Duration
	url      string
	environ  []string
	calls    atomic.Int64

	regions []byte
	found   [3][]byte // the answer with so many instances
}

func serveOrganization(b *testing.B, accounts int, latency time.Duration) *organization {
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
	server := httptest.NewServer(o)
	b.Cleanup(server.Close)
	o.url = server.URL
	home := b.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		b.Fatal(err)
	}
	keys := fmt.Sprintf("[default]\nregion = us-east-1\naws_access_key_id = %s\naws_secret_access_key = x\n", soakKey(0))
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(keys), 0o600); err != nil {
		b.Fatal(err)
	}
	o.environ = []string{"HOME=" + home, "AWS_ENDPOINT_URL=" + o.url, "AWS_EC2_METADATA_DISABLED=true"}
	return o
}

func soakAccount(i int) string { return fmt.Sprintf("%012d", i+1) }
func soakKey(i int) string     { return "ASIA" + soakAccount(i) }

// pages is how many the list of accounts has, of 20 each.
func (o *organization) pages() int { return (o.accounts + 19) / 20 }

// instances is how many an account has in a region.
func (o *organization) instances(account int, region string) int { return (account + len(region)) % 3 }

// ServeHTTP tells the account that asks by its access key.
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
			page.Accounts = append(page.Accounts, map[string]string{"Id": soakAccount(i), "Name": "account " + soakAccount(i), "State": "ACTIVE"})
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
	default:
		out = o.found[o.instances(account, scope[2])]
	}
	time.Sleep(o.latency)
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.Write(out)
}

// checkLedger wants an entry for every place, with all of its records.
func (o *organization) checkLedger(b *testing.B, report string) {
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

// bareCalls enters each account and asks all of its regions, width accounts at a
// time, with no more than net/http and the SDK's signer.
func (o *organization) bareCalls(b *testing.B, width int) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: width}
	defer transport.CloseIdleConnections()
	signer := v4.NewSigner()
	call := func(creds aws.Credentials, service, region, form string) []byte {
		req, err := http.NewRequest("POST", o.url+"/", strings.NewReader(form))
		if err != nil {
			b.Error(err)
			return nil
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		sum := sha256.Sum256([]byte(form))
		if err := signer.SignHTTP(context.Background(), creds, req, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
			b.Error(err)
			return nil
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			b.Error(err)
			return nil
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Errorf("%s: %v %s", form, err, body)
		}
		return body
	}
	var workers sync.WaitGroup
	queue := make(chan int)
	base := aws.Credentials{AccessKeyID: soakKey(0), SecretAccessKey: "x"}
	for range width {
		workers.Go(func() {
			for i := range queue {
				var assumed struct {
					Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
					Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
					Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
				}
				role := url.QueryEscape("arn:aws:iam::" + soakAccount(i) + ":role/Reader")
				if err := xml.Unmarshal(call(base, "sts", "us-east-1", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bare&RoleArn="+role), &assumed); err != nil {
					b.Error(err)
				}
				creds := aws.Credentials{AccessKeyID: assumed.Key, SecretAccessKey: assumed.Secret, SessionToken: assumed.Token}
				call(creds, "ec2", "us-east-1", "Action=DescribeRegions&Version=2016-11-15&AllRegions=true")
				for _, region := range fleetRegions {
					call(creds, "ec2", region, "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000")
				}
			}
		})
	}
	for i := range o.accounts {
		queue <- i
	}
	close(queue)
	workers.Wait()
}
