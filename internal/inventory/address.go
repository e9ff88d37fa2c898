package inventory

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// parseAddress reads an address in any of its spellings. A zone is dropped, which
// means something on one machine alone, and IPv4 within IPv6 is IPv4.
func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil && !strings.Contains(address.Zone(), "/")
}

// parseBlock does the same for a CIDR block.
func parseBlock(text string) (netip.Prefix, bool) {
	address, bits, ok := strings.Cut(text, "/")
	if !ok {
		return netip.Prefix{}, false
	}
	address, _, _ = strings.Cut(address, "%")
	block, err := netip.ParsePrefix(address + "/" + bits)
	if err != nil {
		return netip.Prefix{}, false
	}
	const mapped = 96 // the bits in front of IPv4 within IPv6
	if block.Addr().Is4In6() && block.Bits() >= mapped {
		block = netip.PrefixFrom(block.Addr().Unmap(), block.Bits()-mapped)
	}
	return block.Masked(), true
}

func isAddress(text string) bool {
	_, ok := parseAddress(text)
	return ok
}

func isBlock(text string) bool {
	_, ok := parseBlock(text)
	return ok
}

// looksLikeAddress is true of addresses, and of what can only be a mistyped one.
func looksLikeAddress(text string) bool { return addressLike().MatchString(text) }

// notAddress says what is wrong with what looks like an address.
func notAddress(text string) error {
	msg := fmt.Sprintf("%q is neither an IP address nor a CIDR block", text)
	if octets := padded().FindString(text); octets != "" {
		plain := padded().ReplaceAllStringFunc(text, func(n string) string {
			trimmed := strings.TrimLeft(n, "0")
			if trimmed == "" {
				trimmed = "0"
			}
			return trimmed
		})
		if isAddress(plain) || isBlock(plain) {
			return queryError("%s: some programs read %s as an octal number; did you mean %s?", msg, octets, plain)
		}
	}
	if at := strings.LastIndexByte(text, ':'); at > 0 {
		host := strings.Trim(text[:at], "[]")
		if _, err := strconv.ParseUint(text[at+1:], 10, 64); err == nil && (isBlock(host) || isAddress(host) && !strings.Contains(host, ":") || strings.HasPrefix(text, "[")) {
			return queryError("%s; leave the port out: %s", msg, host)
		}
	}
	return queryError("%s; expected one like 10.0.0.1 or 10.0.0.0/16", msg)
}

var (
	// padded finds decimal numbers with leading zeros: octets, and the bits of a block.
	padded = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b0+[0-9]+\b`) })

	wildAddress = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^((?:[0-9]{1,3}\.){2,3})(?:\*\.)*\*$`)
	})
	// Dotted numbers, hexadecimal ones with two colons at least, and either with a
	// zone, a port, or bits.
	addressLike = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\[?(?:[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?:%[^/\]]*)?\]?(?:/[^:]*)?\]?(?::[0-9]+)?$`)
	})
)

// isMAC tells the other kind of address with colons.
func isMAC(text string) bool {
	mac, err := net.ParseMAC(text)
	return err == nil && len(mac) == 6
}
