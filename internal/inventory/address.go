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

// parseAddress parses an IP address in any spelling. IPv4 within IPv6 becomes IPv4. The
// zone is dropped, because it has a meaning on one machine only.
func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil && !strings.Contains(address.Zone(), "/")
}

// parseBlock parses a CIDR block in the same way.
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
	const mapped = 96 // bits before an IPv4 address within IPv6
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

func isMAC(text string) bool {
	mac, err := net.ParseMAC(text)
	return err == nil && len(mac) == 6
}

// looksLikeAddress reports whether text is an address or a block, perhaps a mistyped one.
func looksLikeAddress(text string) bool { return addressLike().MatchString(text) }

// addressError returns the error for a text that looks like an address and is not.
func addressError(text string) error {
	msg := fmt.Sprintf("%q is neither an IP address nor a CIDR block", text)
	if octets := zeroPadded().FindString(text); octets != "" {
		plain := zeroPadded().ReplaceAllStringFunc(text, func(n string) string {
			if trimmed := strings.TrimLeft(n, "0"); trimmed != "" {
				return trimmed
			}
			return "0"
		})
		if isAddress(plain) || isBlock(plain) {
			return queryError("%s: some programs read %s as an octal number; did you mean %s?", msg, octets, plain)
		}
	}
	if at := strings.LastIndexByte(text, ':'); at > 0 {
		host := strings.Trim(text[:at], "[]")
		isHost := isBlock(host) || isAddress(host) && !strings.Contains(host, ":") || strings.HasPrefix(text, "[")
		if _, err := strconv.ParseUint(text[at+1:], 10, 64); err == nil && isHost {
			return queryError("%s; leave the port out: %s", msg, host)
		}
	}
	return queryError("%s; expected one like 10.0.0.1 or 10.0.0.0/16", msg)
}

var (
	// zeroPadded matches decimal numbers with leading zeros: octets, and the bits of a block.
	zeroPadded = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b0+[0-9]+\b`) })

	// wildcardAddress matches an IPv4 address whose last octets are *.
	wildcardAddress = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^((?:[0-9]{1,3}\.){2,3})(?:\*\.)*\*$`)
	})
	// addressLike matches four numbers with dots, or hexadecimal numbers with at least two
	// colons; both with or without a zone, a port, or the bits of a block.
	addressLike = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\[?(?:[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?:%[^/\]]*)?\]?(?:/[^:]*)?\]?(?::[0-9]+)?$`)
	})
)
