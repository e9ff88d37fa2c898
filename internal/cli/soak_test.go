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
	"muster/internal/sweep"
)

// BenchmarkSoak sweeps an organization as a process of its own: 17 regions an
// account, 0 to 2 instances in each, 20 ms a call. SOAK_ACCOUNTS is their number,
// 100 without. times-bare is against a bare client that makes the same calls, signed,
// at the same width, and throws the answers away.
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
	for b.Loop() {
		world := awssim.Large(awssim.LargeSpec{Accounts: accounts, Regions: 17, MinInstances: 0, MaxInstances: 2, Seed: 1})
		sim, environ := simulated(b, world, false, awssim.WithLatency(20*time.Millisecond))
		report := filepath.Join(b.TempDir(), "report.json")
		command := exec.Command(binary, "instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "ndjson",
			"--concurrency", fmt.Sprint(width), "--report", report, "--no-cache")
		var stderr bytes.Buffer
		command.Env, command.Stdout, command.Stderr = append(environ, os.Getenv("SOAK_ENV")), io.Discard, &stderr
		start := time.Now()
		if err := command.Run(); err != nil {
			b.Fatalf("%v: %.2000s", err, stderr.String())
		}
		took := time.Since(start)
		checkLedger(b, report, sim, accounts*len(world.Regions))

		calls := len(sim.Calls())
		start = time.Now()
		made := bareCalls(b, sim, world, environ, width)
		bare := time.Since(start)
		if made < calls-accounts/10-1 || made > calls { // but the pages of the list of accounts
			b.Fatalf("the bare client made %d calls, muster %d", made, calls)
		}
		usage := command.ProcessState.SysUsage().(*syscall.Rusage)
		cpu := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		b.ReportMetric(took.Seconds()/bare.Seconds(), "times-bare")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(calls), "calls")
		b.ReportMetric(float64(cpu.Microseconds())/float64(calls), "µs-CPU/call")
		b.ReportMetric(float64(usage.Maxrss)/1024, "MiB-RSS")
	}
}

// checkLedger wants an entry for every place, none of them a gap.
func checkLedger(b *testing.B, report string, sim *awssim.Server, places int) {
	b.Helper()
	data, err := os.ReadFile(report)
	if err != nil {
		b.Fatal(err)
	}
	var entries []sweep.Entry
	if err := json.Unmarshal(data, &entries); err != nil {
		b.Fatal(err)
	}
	records := 0
	for _, e := range entries {
		records += e.Records
		if e.Gap() {
			b.Fatalf("a gap: %+v", e)
		}
	}
	if truth := len(sim.Truth()); len(entries) != places || records != truth {
		b.Fatalf("%d places and %d records, want %d and %d", len(entries), records, places, truth)
	}
}

// bareCalls enters each account and asks all of its regions, width accounts at a
// time, with no more than net/http and the SDK's signer.
func bareCalls(b *testing.B, sim *awssim.Server, world *awssim.World, environ []string, width int) int {
	b.Helper()
	var key aws.Credentials
	for _, line := range strings.Split(readHome(b, environ), "\n") {
		name, value, _ := strings.Cut(line, " = ")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			key.AccessKeyID = value
		case "aws_secret_access_key":
			key.SecretAccessKey = value
		}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: width}
	defer transport.CloseIdleConnections()
	signer := v4.NewSigner()
	call := func(creds aws.Credentials, service, region, form string) []byte {
		req, err := http.NewRequest("POST", sim.URL()+"/", strings.NewReader(form))
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
	var (
		workers sync.WaitGroup
		queue   = make(chan string)
		counts  = make([]int, width)
	)
	for w := range width {
		workers.Go(func() {
			for id := range queue {
				creds := key
				if id != world.Accounts[0].ID {
					var assumed struct {
						Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
						Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
						Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
					}
					role := url.QueryEscape("arn:aws:iam::" + id + ":role/OrganizationAccountAccessRole")
					if err := xml.Unmarshal(call(key, "sts", "us-east-1", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bare&RoleArn="+role), &assumed); err != nil {
						b.Error(err)
					}
					creds = aws.Credentials{AccessKeyID: assumed.Key, SecretAccessKey: assumed.Secret, SessionToken: assumed.Token}
					counts[w]++
				}
				call(creds, "ec2", "us-east-1", "Action=DescribeRegions&Version=2016-11-15&AllRegions=true")
				for _, region := range world.Regions {
					call(creds, "ec2", region, "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000")
				}
				counts[w] += 1 + len(world.Regions)
			}
		})
	}
	for _, a := range world.Accounts {
		queue <- a.ID
	}
	close(queue)
	workers.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// readHome is the credentials file of a home.
func readHome(b *testing.B, environ []string) string {
	for _, pair := range environ {
		if home, ok := strings.CutPrefix(pair, "HOME="); ok {
			for _, name := range []string{"credentials", "config"} {
				if data, err := os.ReadFile(filepath.Join(home, ".aws", name)); err == nil && bytes.Contains(data, []byte("aws_access_key_id")) {
					return string(data)
				}
			}
		}
	}
	b.Fatal("no keys in the home")
	return ""
}
