package inventory

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
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
