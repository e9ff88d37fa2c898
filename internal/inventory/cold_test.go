package inventory

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// overTLS makes a resolver's calls go to AWS's own host names, through the
// simulated organization's proxy.
func overTLS(t testing.TB, sim *awssim.Server, r *auth.Resolver, width int) {
	t.Helper()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, sim.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := sim.ProxyURL()
	r.API = awsapi.New(awsapi.Settings{Concurrency: width, CABundle: bundle, Lookup: func(name string) (string, bool) {
		return proxy, name == "HTTPS_PROXY"
	}})
}

// BenchmarkCold is 100 accounts x 17 regions at 80 ms a call, over TLS and without
// a connection to begin with. times-bound is against what no client can beat: the
// longest chain of calls of which each needs the one before (the list of accounts,
// AssumeRole, DescribeRegions, DescribeInstances), and the calls that do not fit
// into the width beside it.
func BenchmarkCold(b *testing.B) {
	const latency, width, chain = 80 * time.Millisecond, 256, 4
	var total, bound time.Duration
	for b.Loop() {
		world := awssim.Large(awssim.LargeSpec{Accounts: 100, Regions: 17, MinInstances: 0, MaxInstances: 2, Seed: 1})
		sim, r := newResolver(b, world, width, awssim.WithLatency(latency))
		overTLS(b, sim, r, width)
		start := time.Now()
		_, ledger := sweepAll(b, r, account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}, Query{}, width)
		total += time.Since(start)
		if gaps := ledger.Gaps(); len(gaps) > 0 {
			b.Fatalf("%d gaps, first %+v", len(gaps), gaps[0])
		}
		bound += chain*latency + latency*time.Duration(len(sim.Calls()))/width
		b.Logf("%s, %d calls", time.Since(start), len(sim.Calls()))
		sim.Close()
	}
	b.ReportMetric(total.Seconds()/bound.Seconds(), "times-bound")
	b.ReportMetric(total.Seconds()*1000/float64(b.N), "ms")
}
