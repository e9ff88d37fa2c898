//go:build unix

package inventory

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// BenchmarkDecode compares the decoder with a bare scan, and with one that reads a tree
// with encoding/xml, on the same page of 1,000 instances in memory, by their CPU time. The
// first two are the least of their tries.
func BenchmarkDecode(b *testing.B) {
	const instances = 1000
	body := realisticPage(b, instances)
	b.Logf("%d bytes an instance", len(body)/instances)
	best := func(times int, decode func()) time.Duration {
		least := time.Hour
		for range times {
			start := cpuTime(b)
			decode()
			least = min(least, cpuTime(b)-start)
		}
		return least
	}
	var decoders decoders
	decode := func() {
		found, _, err := decoders.instances(bytes.NewReader(body), here, func(*Instance) bool { return true }, func() {})
		if err != nil || len(found) == 0 {
			b.Fatalf("%d pieces, %v", len(found), err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decode()
	runtime.ReadMemStats(&after)
	var fields []byte
	ours, bare, slow := time.Hour, time.Hour, time.Hour
	for b.Loop() {
		bare = min(bare, best(10, func() {
			if fields = bareScan(body, fields[:0]); len(fields) == 0 {
				b.Fatal("the bare scan found no fields")
			}
		}))
		ours = min(ours, best(10, decode))
		slow = min(slow, best(1, func() {
			if page, _, err := oracle(string(body)); err != nil || len(page) != instances {
				b.Fatalf("%d instances, %v", len(page), err)
			}
		}))
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000/instances, "us/instance")
	b.ReportMetric(float64(bare.Nanoseconds())/1000/instances, "us/bare")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/instances, "B/instance")
	b.ReportMetric(float64(ours)/float64(bare), "times-bare")
	b.ReportMetric(float64(slow)/float64(ours), "times-faster")
	if ours > 5*bare/2 || slow < 10*ours {
		b.Errorf("%s a page, a bare scan %s, encoding/xml %s: expected at most 2.5 times the scan, and a tenth of encoding/xml", ours, bare, slow)
	}
}
