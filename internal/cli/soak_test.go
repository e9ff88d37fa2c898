package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
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
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"muster/internal/awssim"
)

// BenchmarkSoak sweeps an organization in a process of its own: 17 regions per account,
// 0 to 2 instances of 9 KB in each, 20 ms per call. SOAK_ACCOUNTS is the number of
// accounts, by default 100. times-bare compares with a bare client that makes the same
// signed calls at the same width and discards the answers.
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
	server := httptest.NewServer(org)
	b.Cleanup(server.Close)
	var took, bare, cpu time.Duration
	memory, calls := 0.0, int64(0)
	for b.Loop() {
		report := filepath.Join(b.TempDir(), "report.json")
		command := exec.Command(binary, "instances", "--org", "--role", "Reader", "-o", "ndjson",
			"--concurrency", fmt.Sprint(width), "--report", report, "--no-cache")
		var stderr bytes.Buffer
		command.Env, command.Stdout, command.Stderr = append(org.environ, "AWS_ENDPOINT_URL="+server.URL), io.Discard, &stderr
		org.calls.Store(0)
		start := time.Now()
		most, err := runMeasured(command)
		if err != nil {
			b.Fatalf("%v: %.2000s", err, stderr.String())
		}
		took += time.Since(start)
		calls = org.calls.Load()
		org.checkLedger(b, report)

		org.calls.Store(0)
		start = time.Now()
		newBareClient(b, server.URL, nil, width).sweep(org)
		bare += time.Since(start)
		if made := org.calls.Load(); made != calls-int64(org.pages()) {
			b.Fatalf("the bare client made %d calls, muster %d, %d of them for the list of accounts", made, calls, org.pages())
		}
		cpu += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		memory = max(memory, most)
	}
	atMost(b, took.Seconds()/bare.Seconds(), 5, "times-bare")
	b.ReportMetric(took.Seconds()/float64(b.N), "s")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(float64(cpu.Microseconds())/float64(calls)/float64(b.N), "us-CPU/call")
	atMost(b, memory, 500, "MiB")
}

// BenchmarkCold sweeps 100 accounts x 17 regions at 80 ms per call, over TLS, in a
// process without open connections: with one endpoint, and with AWS's own host names
// through a proxy. times-bound compares with a bound for any client: a chain of calls
// that need each other (a page of accounts, AssumeRole, DescribeRegions,
// DescribeInstances), and the calls beyond the width. times-bare compares with a bare
// client that makes the same calls to one endpoint in the same order.
func BenchmarkCold(b *testing.B) {
	const latency, width, chain = 80 * time.Millisecond, 256, 4
	binary, err := built()
	if err != nil {
		b.Fatal(err)
	}
	org := serveOrganization(b, 100, latency)
	proxy := awssim.NewProxy(org)
	b.Cleanup(func() { proxy.Close() })
	certificate, err := proxy.Certificate("127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewUnstartedServer(org)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	server.StartTLS()
	b.Cleanup(server.Close)
	bundle := filepath.Join(b.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, proxy.CAPEM(), 0o600); err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(proxy.CAPEM())
	for name, where := range map[string]string{"endpoint": "AWS_ENDPOINT_URL=" + server.URL, "hosts": "HTTPS_PROXY=" + proxy.URL()} {
		b.Run(name, func(b *testing.B) {
			var took, bare, bound time.Duration
			for b.Loop() {
				report := filepath.Join(b.TempDir(), "report.json")
				command := exec.Command(binary, "instances", "--org", "--role", "Reader", "-o", "ndjson",
					"--concurrency", fmt.Sprint(width), "--report", report, "--no-cache")
				command.Env = append(org.environ, where, "AWS_CA_BUNDLE="+bundle)
				org.calls.Store(0)
				start := time.Now()
				if out, err := command.CombinedOutput(); err != nil {
					b.Fatalf("%v: %.2000s", err, out)
				}
				took += time.Since(start)
				bound += chain*latency + latency*time.Duration(org.calls.Load())/width
				org.checkLedger(b, report)

				start = time.Now()
				newBareClient(b, server.URL, roots, width).sweepAtOnce(org)
				bare += time.Since(start)
			}
			atMost(b, took.Seconds()/bound.Seconds(), 8, "times-bound")
			b.ReportMetric(took.Seconds()/bare.Seconds(), "times-bare")
			b.ReportMetric(took.Seconds()*1000/float64(b.N), "ms")
		})
	}
}

// bareClient makes calls with net/http and the SDK's signer only, at most width at one
// time, and discards the answers.
type bareClient struct {
	b         *testing.B
	endpoint  string
	transport *http.Transport
	signer    *v4.Signer
	slots     chan struct{}
}

func newBareClient(b *testing.B, endpoint string, roots *x509.CertPool, width int) *bareClient {
	return &bareClient{
		b: b, endpoint: endpoint, signer: v4.NewSigner(), slots: make(chan struct{}, width),
		transport: &http.Transport{
			MaxIdleConnsPerHost: width,
			TLSClientConfig:     &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(width)},
		},
	}
}

func (c *bareClient) call(creds aws.Credentials, service, region, form string) []byte {
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	req, err := http.NewRequest("POST", c.endpoint+"/", strings.NewReader(form))
	if err != nil {
		c.b.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(form))
	if err := c.signer.SignHTTP(context.Background(), creds, req, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
		c.b.Error(err)
		return nil
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		c.b.Error(err)
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.b.Errorf("%s: %v %s", form, err, body)
	}
	return body
}

// enter gets the credentials of an account and lists its regions.
func (c *bareClient) enter(account int) aws.Credentials {
	var assumed struct {
		Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	}
	role := url.QueryEscape("arn:aws:iam::" + orgAccount(account) + ":role/Reader")
	answer := c.call(c.base(), "sts", "us-east-1", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bare&RoleArn="+role)
	if err := xml.Unmarshal(answer, &assumed); err != nil {
		c.b.Error(err)
	}
	creds := aws.Credentials{AccessKeyID: assumed.Key, SecretAccessKey: assumed.Secret, SessionToken: assumed.Token}
	c.call(creds, "ec2", "us-east-1", "Action=DescribeRegions&Version=2016-11-15&AllRegions=true")
	return creds
}

func (c *bareClient) base() aws.Credentials {
	return aws.Credentials{AccessKeyID: orgKey(0), SecretAccessKey: "x"}
}

func (c *bareClient) instances(creds aws.Credentials, region string) {
	c.call(creds, "ec2", region, "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000")
}

// sweep calls all regions of each account in turn, with as many accounts at one time as
// the width allows.
func (c *bareClient) sweep(org *organization) {
	defer c.transport.CloseIdleConnections()
	var workers sync.WaitGroup
	queue := make(chan int)
	for range cap(c.slots) {
		workers.Go(func() {
			for account := range queue {
				creds := c.enter(account)
				for _, region := range fleetRegions {
					c.instances(creds, region)
				}
			}
		})
	}
	for account := range org.accounts {
		queue <- account
	}
	close(queue)
	workers.Wait()
}

// sweepAtOnce makes each call as soon as possible, page by page of the list of accounts.
func (c *bareClient) sweepAtOnce(org *organization) {
	defer c.transport.CloseIdleConnections()
	var calls sync.WaitGroup
	for account := range org.accounts {
		if account%20 == 0 {
			c.call(c.base(), "organizations", "us-east-1", "the list's next page")
		}
		calls.Go(func() {
			creds := c.enter(account)
			for _, region := range fleetRegions {
				calls.Go(func() { c.instances(creds, region) })
			}
		})
	}
	calls.Wait()
}
