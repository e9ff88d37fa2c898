package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// TestSSOLimit: the accounts of a session with a limit cost few more calls than they have
// credentials. The next run begins at the rate that the first one has measured, except with
// --no-cache.
func TestSSOLimit(t *testing.T) {
	t.Parallel()
	const accounts, burst, rate = 120, 20, 25
	world := awssim.Large(awssim.LargeSpec{Accounts: accounts, Regions: 1, MinInstances: 1, Seed: 1})
	world.Faults = []awssim.Fault{{Kind: awssim.FaultLimiter, Service: "sso", Operation: "GetRoleCredentials", Shared: true, Burst: burst, Rate: rate}}
	sim, environ := simulated(t, world, false, awssim.WithLatency(20*time.Millisecond))
	throttled := func(flags ...string) (n, between int) { // and the other calls between the first and the last of them
		before := len(sim.Calls())
		got := muster(t, environ, append([]string{"instances", "--sso-session", "large", "--region", "us-east-1", "-o", "name"}, flags...)...)
		if n := strings.Count(got.stdout, "\n"); got.code != exitOK || n != accounts {
			t.Fatalf("exit code %d, %d instances: %s", got.code, n, got.stderr)
		}
		allowed := 0 // since the first
		for _, call := range sim.Calls()[before:] {
			switch {
			case call.Operation != "GetRoleCredentials":
			case call.Code != "":
				n, between = n+1, allowed
			case n > 0:
				allowed++
			}
		}
		return n, between
	}
	home := strings.TrimPrefix(environ[0], "HOME=")
	rates := func() (lines []string) {
		files, _ := filepath.Glob(filepath.Join(home, ".cache", "muster", "*.tsv"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, "GetRoleCredentials") {
					lines = append(lines, line)
				}
			}
		}
		return lines
	}
	unsaved, _ := throttled("--no-cache")
	if lines := rates(); len(lines) > 0 {
		t.Errorf("--no-cache saved %q", lines)
	}
	first, between := throttled()
	saved := rates()
	if len(saved) == 0 && between < accounts/2 {
		return // the machine is soon slower than the limit: there is no rate to measure
	}
	if len(saved) != 1 {
		t.Fatalf("saved %q", saved)
	}
	if err := os.RemoveAll(filepath.Join(home, ".aws", "cli", "cache")); err != nil { // the credentials have expired
		t.Fatal(err)
	}
	time.Sleep(burst * time.Second / rate) // AWS's bucket is full again
	second, _ := throttled()
	t.Logf("throttled: %d, %d, and with the rate %d", unsaved, first, second)
	const inFlight = 16 + burst // when the bucket runs empty
	if max(unsaved, first) > inFlight+accounts/10 || second > accounts/10 {
		t.Errorf("%d, %d and then %d calls were throttled for %d accounts", unsaved, first, second, accounts)
	}
}

// BenchmarkSSOLimit opens the 400 accounts of a session whose GetRoleCredentials allows
// 20 calls per second. times-need compares with the time that the limit alone needs.
// %-throttled is the share of throttled calls after the first second.
func BenchmarkSSOLimit(b *testing.B) {
	const accounts, rate = 400, 20
	for b.Loop() {
		world := awssim.Large(awssim.LargeSpec{Accounts: accounts, Regions: 1, MinInstances: 1, Seed: 1})
		world.Faults = []awssim.Fault{{Kind: awssim.FaultLimiter, Service: "sso", Operation: "GetRoleCredentials", Shared: true, Burst: rate, Rate: rate}}
		sim, environ := simulated(b, world, false, awssim.WithLatency(50*time.Millisecond))
		start := time.Now()
		got := muster(b, environ, "instances", "--sso-session", "large", "--region", "us-east-1", "-o", "name")
		took := time.Since(start)
		if n := strings.Count(got.stdout, "\n"); got.code != exitOK || n != accounts {
			b.Fatalf("exit code %d, %d instances: %s", got.code, n, got.stderr)
		}
		var first time.Time
		late, refused := 0, 0
		for _, call := range sim.Calls() {
			if call.Operation != "GetRoleCredentials" {
				continue
			}
			if first.IsZero() {
				first = call.Time
			}
			if call.Time.Sub(first) > time.Second {
				late++
				if call.Code != "" {
					refused++
				}
			}
		}
		atMost(b, took.Seconds()/(accounts/rate), 1.5, "times-need")
		atMost(b, 100*float64(refused)/float64(late), 25, "%-throttled")
	}
}

// BenchmarkEC2Limit reads 50 pages in each of six regions that allow 5 calls at once and
// 2 per second. times-calls compares with the number of pages, times-need with the time
// that the limit alone needs.
func BenchmarkEC2Limit(b *testing.B) {
	const accounts, regions, pages, burst, rate = 2, 3, 50, 5, 2
	for b.Loop() {
		world := awssim.Large(awssim.LargeSpec{Accounts: accounts, Regions: regions, MinInstances: 10 * pages, MaxInstances: 10 * pages, PageSize: 10, Seed: 1})
		world.Faults = []awssim.Fault{{Kind: awssim.FaultLimiter, Service: "ec2", Burst: burst, Rate: rate}}
		sim, environ := simulated(b, world, false, awssim.WithLatency(50*time.Millisecond))
		start := time.Now()
		got := muster(b, environ, "instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "name")
		took := time.Since(start)
		if n, want := strings.Count(got.stdout, "\n"), len(sim.Truth()); got.code != exitOK || n != want {
			b.Fatalf("exit code %d, %d instances, want %d: %s", got.code, n, want, got.stderr)
		}
		calls := 0
		for _, call := range sim.Calls() {
			if call.Operation == "DescribeInstances" {
				calls++
			}
		}
		atMost(b, float64(calls)/(accounts*regions*pages), 1.5, "times-calls")
		atMost(b, took.Seconds()/(float64(pages-burst)/rate), 1.5, "times-need")
	}
}

// BenchmarkBothLimits sweeps 400 accounts x 17 regions of a session. GetRoleCredentials allows
// 20 calls per second, EC2 two at once in each place, and 10 % of all answers are 503. The
// sweep is complete. times-need compares with the time that the session's limit alone needs,
// times-calls with the calls that are needed if 10 % fail.
func BenchmarkBothLimits(b *testing.B) {
	const accounts, regions, rate, failing = 400, 17, 20, 0.1
	for b.Loop() {
		world := awssim.Large(awssim.LargeSpec{Accounts: accounts, MinInstances: 1, Seed: 1})
		world.Faults = []awssim.Fault{
			{Kind: awssim.FaultError, Status: 503, Code: "ServiceUnavailable", Chance: failing},
			{Kind: awssim.FaultLimiter, Service: "sso", Operation: "GetRoleCredentials", Shared: true, Burst: rate, Rate: rate},
			{Kind: awssim.FaultLimiter, Service: "ec2", Burst: 2, Rate: 2},
		}
		sim, environ := simulated(b, world, false, awssim.WithLatency(20*time.Millisecond))
		start := time.Now()
		got := muster(b, environ, "instances", "--sso-session", "large", "--role", "ReadOnly", "-o", "name")
		took := time.Since(start)
		if n, want := strings.Count(got.stdout, "\n"), len(sim.Truth()); got.code != exitOK || n != want {
			b.Fatalf("exit code %d, %d instances, want %d: %.2000s", got.code, n, want, got.stderr)
		}
		calls := float64(accounts/100) + accounts*(2+regions) // pages, credentials, regions, instances
		atMost(b, took.Seconds()/((accounts-rate)/float64(rate)), 2, "times-need")
		atMost(b, float64(len(sim.Calls()))/(calls/(1-failing)), 1.5, "times-calls")
	}
}
