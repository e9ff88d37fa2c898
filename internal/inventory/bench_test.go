package inventory

import (
	"fmt"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/awssim"
)

// BenchmarkWidth is what the default of --concurrency was chosen by: 100
// accounts x 17 regions at 80 ms a call, from a cold start. times-faster is
// against the same calls one after another.
func BenchmarkWidth(b *testing.B) {
	const latency = 80 * time.Millisecond
	for _, width := range []int{64, 128, 256, 384, 512} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			var total time.Duration
			calls := 0
			for b.Loop() {
				world := awssim.Large(awssim.LargeSpec{Accounts: 100, Regions: 17, MinInstances: 0, MaxInstances: 2, Seed: 1})
				sim, r := newResolver(b, world, width, awssim.WithLatency(latency))
				start := time.Now()
				_, ledger := sweepAll(b, r, account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}, Query{}, width)
				total += time.Since(start)
				if gaps := ledger.Gaps(); len(gaps) > 0 {
					b.Fatalf("%d gaps, first %+v", len(gaps), gaps[0])
				}
				calls += len(sim.Calls())
				sim.Close()
			}
			b.ReportMetric(float64(calls)*latency.Seconds()/total.Seconds(), "times-faster")
			b.ReportMetric(float64(calls)/float64(b.N), "calls")
		})
	}
}
