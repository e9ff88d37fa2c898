package inventory

import (
	"fmt"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/awssim"
)

// BenchmarkWidth shows how the default of --concurrency was chosen: 100 accounts x 17
// regions at 80 ms a call, from a cold start. times-faster compares with the same calls one
// after another. The limits are loose, for a machine that does other things, too.
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
			faster := float64(calls) * latency.Seconds() / total.Seconds()
			b.ReportMetric(faster, "times-faster")
			if faster < 10 {
				b.Errorf("%.1f times faster than one call after another: expected at least 10", faster)
			}
			perSweep := float64(calls) / float64(b.N)
			b.ReportMetric(perSweep, "calls")
			if need := 100.0 * (2 + 17); perSweep > 1.5*need { // AssumeRole, DescribeRegions, and each region
				b.Errorf("%.0f calls: expected at most 1.5 times %.0f", perSweep, need)
			}
		})
	}
}
