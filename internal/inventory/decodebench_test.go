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

// bareScan reads a page from memory, as little as a decoder can do that finds the same tags
// in every well-formed document: a > between quotes ends no tag, comments, CDATA sections
// and declarations contain none, and an end tag has the name of the open element. It copies
// the texts of a record's fields to one buffer. It does not check characters and names,
// resolves no entities and makes no record. It returns nil if an end tag does not match.
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
		switch page[0] {
		case '/':
			depth--
			name := open[depth]
			if page = page[1:]; len(page) <= len(name) || string(page[:len(name)]) != string(name) || page[len(name)] != '>' {
				return nil
			}
			page = page[len(name)+1:]
			switch string(name) {
			case "reservationId", "instanceId", "instanceType", "vpcId", "subnetId", "imageId", "keyName", "architecture",
				"privateIpAddress", "ipAddress", "ipv6Address", "availabilityZone", "name", "arn", "launchTime", "groupId", "groupName",
				"key", "value", "networkInterfaceId", "macAddress", "deviceIndex", "publicIp", "primary":
				fields = append(fields, text...)
			}
		case '!', '?':
			page = afterSpecial(page)
		default:
			i = bytes.IndexByte(page, '>')
			end := i
			if blank := bytes.IndexByte(page[:i], ' '); blank >= 0 {
				end, i = blank, endOfAttributes(page)
			}
			if page[i-1] != '/' { // not an empty element
				open[depth] = page[:end]
				depth++
			}
			page = page[i+1:]
		}
	}
}

// endOfAttributes returns the index of the > that ends a tag.
func endOfAttributes(tag []byte) int {
	quote := byte(0)
	for i, c := range tag {
		switch {
		case quote == 0 && c == '>':
			return i
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return len(tag) - 1
}

// afterSpecial returns the rest of a page after a comment, a CDATA section or a declaration.
func afterSpecial(page []byte) []byte {
	end := ">"
	switch {
	case bytes.HasPrefix(page, []byte("!--")):
		end = "-->"
	case bytes.HasPrefix(page, []byte("![CDATA[")):
		end = "]]>"
	case page[0] == '?':
		end = "?>"
	}
	_, rest, _ := bytes.Cut(page, []byte(end))
	return rest
}
