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

// bareScan reads a page from memory, as little as a decoder can do: it finds each tag,
// keeps the names of the open elements, and copies the texts of a record's fields to one
// buffer. It checks nothing and makes no record.
func bareScan(page, fields []byte) []byte {
	var open [32][]byte
	depth := 0
	for {
		i := bytes.IndexByte(page, '<')
		if i < 0 {
			return fields
		}
		text := page[:i]
		page = page[i+1:]
		i = bytes.IndexByte(page, '>')
		tag := page[:i]
		page = page[i+1:]
		switch {
		case tag[0] == '?', tag[i-1] == '/': // a declaration, an empty element
		case tag[0] != '/':
			open[depth] = tag
			depth++
		default:
			depth--
			switch string(open[depth]) {
			case "reservationId", "instanceId", "instanceType", "vpcId", "subnetId", "imageId", "keyName", "architecture",
				"privateIpAddress", "ipAddress", "ipv6Address", "availabilityZone", "name", "arn", "launchTime", "groupId", "groupName",
				"key", "value", "networkInterfaceId", "macAddress", "deviceIndex", "publicIp", "primary":
				fields = append(fields, text...)
			}
		}
	}
}

// BenchmarkDecode compares the decoder with a bare scan, and with one that reads a tree
// with encoding/xml, on the same page of 1,000 instances in memory. The first two are the
// fastest of their tries.
func BenchmarkDecode(b *testing.B) {
	const instances = 1000
	body := realisticPage(b, instances)
	b.Logf("%d bytes an instance", len(body)/instances)
	best := func(times int, decode func()) time.Duration {
		least := time.Hour
		for range times {
			start := time.Now()
			decode()
			least = min(least, time.Since(start))
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
		bare = min(bare, best(10, func() { fields = bareScan(body, fields[:0]) }))
		ours = min(ours, best(10, decode))
		slow = min(slow, best(1, func() {
			if page, _, err := oracle(string(body)); err != nil || len(page) != instances {
				b.Fatalf("%d instances, %v", len(page), err)
			}
		}))
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000/instances, "us/instance")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/instances, "B/instance")
	b.ReportMetric(float64(ours)/float64(bare), "times-bare")
	b.ReportMetric(float64(slow)/float64(ours), "times-faster")
	if ours > 3*bare || slow < 5*ours {
		b.Errorf("%s a page, a bare scan %s, encoding/xml %s: expected at most 3 times the scan, and a fifth of encoding/xml", ours, bare, slow)
	}
}
