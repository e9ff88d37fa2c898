package inventory

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// octetPatterns returns the patterns, at most 128, that cover an IPv4 block.
func octetPatterns(b netip.Prefix) []string {
	octets := (b.Bits() + 7) / 8
	first := binary.BigEndian.Uint32(b.Addr().AsSlice())
	var patterns []string
	for i := range uint32(1) << (8*octets - b.Bits()) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], first+i<<(32-8*octets))
		parts := strings.Split(netip.AddrFrom4(n).String(), ".")[:octets]
		if octets < 4 {
			parts = append(parts, "*")
		}
		patterns = append(patterns, strings.Join(parts, "."))
	}
	return patterns
}

// ipv6Pattern returns a pattern for an address, or for its first groups, that matches
// every spelling. EC2 compares text, and leading zeros and runs of zero groups can be
// written in several ways.
func ipv6Pattern(a netip.Addr, groups int) string {
	bytes := a.As16()
	var b strings.Builder
	zeros := groups < 8
	for i := range groups {
		group := binary.BigEndian.Uint16(bytes[2*i:])
		if zeros = group == 0; !zeros {
			if b.Len() > 0 {
				b.WriteByte(':')
			}
			fmt.Fprintf(&b, "*%x", group)
		}
	}
	if b.Len() == 0 {
		return "*"
	}
	if zeros || groups < 8 {
		b.WriteString(":*")
	}
	return b.String()
}

// ec2Literal escapes the characters that are wildcards in EC2's filters.
func ec2Literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(text)
}

// ec2Pattern returns a wildcard of EC2 that matches everything that a glob matches, and
// perhaps more: EC2 knows only * and ?.
func ec2Pattern(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '\\':
			if i++; i < len(glob) {
				b.WriteString(ec2Literal(glob[i : i+1]))
			}
		case '[', '{': // one may contain the other's closing bracket
			b.WriteByte('*')
			i += max(0, strings.LastIndexAny(glob[i:], "]}"))
		case '?':
			b.WriteByte('*') // ? is one character in a glob, but one byte in EC2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
