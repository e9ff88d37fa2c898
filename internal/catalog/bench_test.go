package catalog

import (
	"testing"
	"time"
)

// BenchmarkOpen measures how long the largest service takes to read, from the archive's
// list of files on: a run does it once.
// times-unpacked compares with unpacking its text alone.
func BenchmarkOpen(b *testing.B) {
	const tries = 20
	best, unpacked := time.Hour, time.Hour
	for b.Loop() {
		for range tries {
			start := time.Now()
			text, ok := readFrom(listArchive(), "services/ec2")
			unpacked = min(unpacked, time.Since(start))
			if !ok || Parse("ec2", text).Operation("describe-volumes") == nil {
				b.Fatal("ec2 has no describe-volumes")
			}
			best = min(best, time.Since(start))
		}
	}
	ratio := float64(best) / float64(unpacked)
	b.ReportMetric(float64(best.Microseconds())/1000, "ms-at-best")
	b.ReportMetric(ratio, "times-unpacked")
	if ratio > 3 {
		b.Errorf("reading takes %s, and unpacking %s: expected at most 3 times as long", best, unpacked)
	}
}
