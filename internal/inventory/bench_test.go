package inventory

import (
	"fmt"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/awssim"
)

// BenchmarkWidth shows how the default of --concurrency was chosen: 100 accounts x 17
// regions, from a cold start, with calls as fast as those to the next region, across an
// ocean, and to the other side of the world. The widths take turns and the best time of each
// counts, since the machine does other things, too. times-faster compares with the same calls
// one after another; W-vs-best compares width W with the fastest one at that latency.
func BenchmarkWidth(b *testing.B) {
	widths := []int{128, 256, 512, 768}
	for _, latency := range []time.Duration{5 * time.Millisecond, 80 * time.Millisecond, 250 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			best := make([]time.Duration, len(widths))
			calls := 0
			for b.Loop() {
				for i, width := range widths {
					took, n := timeSweep(b, latency, width)
					if calls = n; best[i] == 0 || took < best[i] {
						best[i] = took
					}
				}
			}
			fastest := min(best[0], best[1], best[2], best[3])
			for i, width := range widths {
				b.ReportMetric(best[i].Seconds()/fastest.Seconds(), fmt.Sprintf("%d-vs-best", width))
			}
			faster := float64(calls) * latency.Seconds() / fastest.Seconds()
			b.ReportMetric(faster, "times-faster")
			if limit := min(10, latency.Seconds()*200); faster < limit {
				b.Errorf("%.1f times faster than one call after another: expected at least %.1f", faster, limit)
			}
		})
	}
}

// timeSweep returns how long a sweep takes, and its number of calls.
func timeSweep(b *testing.B, latency time.Duration, width int) (took time.Duration, calls int) {
	world := awssim.Large(awssim.LargeSpec{Accounts: 100, Regions: 17, MinInstances: 0, MaxInstances: 2, Seed: 1})
	sim, r := newResolver(b, world, width, awssim.WithLatency(latency))
	defer sim.Close()
	start := time.Now()
	_, ledger := sweepAll(b, r, account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}, Query{}, width)
	took = time.Since(start)
	if gaps := ledger.Gaps(); len(gaps) > 0 {
		b.Fatalf("%d gaps, first %+v", len(gaps), gaps[0])
	}
	calls = len(sim.Calls())
	if need := 100 * (2 + 17); calls > need*3/2 { // AssumeRole, DescribeRegions, and each region
		b.Errorf("%d calls: expected at most 1.5 times %d", calls, need)
	}
	return took, calls
}
