package catalog

import (
	"testing"
	"time"
)

// BenchmarkOpen measures how long the largest service takes to read: a run does it once.
func BenchmarkOpen(b *testing.B) {
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		text, ok := readFile("services/ec2")
		if !ok || Parse("ec2", text).Operation("describe-volumes") == nil {
			b.Fatal("ec2 has no describe-volumes")
		}
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Microseconds())/1000, "ms-at-best")
	if best > 6*time.Millisecond {
		b.Errorf("%s, expected at most 6ms", best)
	}
}
