package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
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
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"muster/internal/awssim"
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
		if err := command.Run(); err != nil {
			b.Fatalf("%v: %.2000s", err, stderr.String())
		}
		took += time.Since(start)
		calls = org.calls.Load()
		org.checkLedger(b, report)

		org.calls.Store(0)
		start = time.Now()
		org.bareCalls(b, server.URL, width)
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

// BenchmarkCold is 100 accounts x 17 regions at 80 ms a call, over TLS, by a process
// that has no connection to begin with: to one endpoint, and to AWS's own host names
// through a proxy. times-bound is against what no client can beat: a chain of calls
// of which each needs the one before (a page of accounts, AssumeRole,
// DescribeRegions, DescribeInstances), and the calls that do not fit into the width
// beside it.
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
	for name, where := range map[string]string{"endpoint": "AWS_ENDPOINT_URL=" + server.URL, "hosts": "HTTPS_PROXY=" + proxy.URL()} {
		b.Run(name, func(b *testing.B) {
			var took, bound time.Duration
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
			}
			b.ReportMetric(took.Seconds()/bound.Seconds(), "times-bound")
			b.ReportMetric(took.Seconds()*1000/float64(b.N), "ms")
		})
	}
}

// bareCalls enters each account and asks all of its regions, width accounts at a
// time, with no more than net/http and the SDK's signer.
func (o *organization) bareCalls(b *testing.B, endpoint string, width int) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: width}
	defer transport.CloseIdleConnections()
	signer := v4.NewSigner()
	call := func(creds aws.Credentials, service, region, form string) []byte {
		req, err := http.NewRequest("POST", endpoint+"/", strings.NewReader(form))
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
	base := aws.Credentials{AccessKeyID: orgKey(0), SecretAccessKey: "x"}
	for range width {
		workers.Go(func() {
			for i := range queue {
				var assumed struct {
					Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
					Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
					Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
				}
				role := url.QueryEscape("arn:aws:iam::" + orgAccount(i) + ":role/Reader")
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
