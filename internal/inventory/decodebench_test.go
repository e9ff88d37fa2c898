package inventory

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// realisticPage returns an answer with n instances in EC2's layout, 9 KB each.
func realisticPage(t testing.TB, n int) []byte {
	t.Helper()
	reservation, err := os.ReadFile("testdata/reservation.xml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` + "\n    <reservationSet>\n")
	for i := range n {
		strings.NewReplacer(
			"{id}", fmt.Sprintf("%016x", i), "{x}", fmt.Sprint(i>>16), "{y}", fmt.Sprint(i>>8&255), "{z}", fmt.Sprint(i&255), "{s}", fmt.Sprint(i%10),
		).WriteString(&b, string(reservation))
	}
	b.WriteString("    </reservationSet>\n</DescribeInstancesResponse>\n")
	return b.Bytes()
}

// BenchmarkDecode compares the decoder with one that reads a tree with encoding/xml, on the same
// page of 1,000 instances.
func BenchmarkDecode(b *testing.B) {
	const instances = 1000
	body := realisticPage(b, instances)
	b.Logf("%d bytes an instance", len(body)/instances)
	var ours, slow time.Duration
	var decoders decoders
	var before, after runtime.MemStats
	allocated := uint64(0)
	for b.Loop() {
		start := time.Now()
		runtime.ReadMemStats(&before)
		_, _, err := decoders.instances(bytes.NewReader(body), here, func(*Instance) bool { return true }, func() {})
		if err != nil {
			b.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		ours += time.Since(start)
		allocated += after.TotalAlloc - before.TotalAlloc
		start = time.Now()
		if page, _, err := oracle(string(body)); err != nil || len(page) != instances {
			b.Fatalf("%d instances, %v", len(page), err)
		}
		slow += time.Since(start)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000/float64(instances*b.N), "us/instance")
	b.ReportMetric(float64(allocated)/float64(instances*b.N), "B/instance")
	b.ReportMetric(float64(slow)/float64(ours), "times-faster")
	if slow < 5*ours {
		b.Errorf("%s a page, encoding/xml %s: expected to be at least 5 times faster", ours, slow)
	}
}
