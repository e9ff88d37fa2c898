package inventory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// TestOneParser: instances and find accept the same addresses and blocks, in any spelling,
// and reject others with the same messages.
func TestOneParser(t *testing.T) {
	t.Parallel()
	const v6, v4 = "2406:da1c:4c1:5e00::82", "10.20.1.5"
	for _, c := range []struct {
		what string
		want string // the address that it matches, or the error
	}{
		{"2406:da1c:4c1:5e00::82%eth0", v6},
		{"2406:da1c:4c1:5e00::82%25eth0", v6},
		{"2406:DA1C:04C1:5E00:0:0:0:0082", v6},
		{"[2406:da1c:4c1:5e00::82]", v6},
		{"[2406:da1c:4c1:5e00::82%12]", v6},
		{"[2406:da1c:4c1:5e00::82]:443", v6},
		{"https://[2406:da1c:4c1:5e00::82]:8443/", v6},
		{"2406:da1c:4c1:5e00::/64", v6},
		{"2406:da1c:4c1:5e00::%eth0/64", v6},
		{"[2406:da1c:4c1:5e00::]/64", v6},
		{"[2406:da1c:4c1:5e00::/64]", v6},
		{"2406:DA1C::/24", v6},
		{"::ffff:10.20.1.5", v4},
		{"::FFFF:0a14:0105", v4},
		{"0:0:0:0:0:ffff:10.20.1.5", v4},
		{"[::ffff:10.20.1.5]:22", v4},
		{"::ffff:10.20.1.5%eth0", v4},
		{"::ffff:10.20.1.0/120", v4},
		{"::ffff:10.20.1.5/128", v4},
		{"::ffff:0:0/96", v4},
		{"[::ffff:10.20.1.0]/120", v4},
		{"10.20.1.5", v4},
		{"10.20.1.77/24", v4},
		{"[10.20.1.5]", v4},
		{"10.20.1.5:22", v4},
		{"10.20.1.5/32", v4},
		{"010.020.001.005", `"010.020.001.005" is neither an IP address nor a CIDR block: some programs read 010 as an octal number; did you mean 10.20.1.5?`},
		{"10.20.01.0/24", `"10.20.01.0/24" is neither an IP address nor a CIDR block: some programs read 01 as an octal number; did you mean 10.20.1.0/24?`},
		{"::ffff:10.20.01.5", `"::ffff:10.20.01.5" is neither an IP address nor a CIDR block: some programs read 01 as an octal number; did you mean ::ffff:10.20.1.5?`},
		{"10.20.1.5:99999", `"10.20.1.5:99999" is neither an IP address nor a CIDR block; leave the port out: 10.20.1.5`},
		{"10.20.1.0/24:80", `"10.20.1.0/24:80" is neither an IP address nor a CIDR block; leave the port out: 10.20.1.0/24`},
		{"[2406:da1c::5]:99999", `"[2406:da1c::5]:99999" is neither an IP address nor a CIDR block; leave the port out: 2406:da1c::5`},
		{"10.20.1.5%eth0", `"10.20.1.5%eth0" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"10.20.1.256", `"10.20.1.256" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"10.20.1.0/33", `"10.20.1.0/33" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"::ffff:10.20.1.0/129", `"::ffff:10.20.1.0/129" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"2406:da1c:::5", `"2406:da1c:::5" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"1:2:3", `"1:2:3" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
	} {
		m, err := Query{What: []string{c.what}}.compile()
		f, findErr := NewFinder(nil, []string{c.what})
		if err != nil || findErr != nil {
			for _, err := range []error{err, findErr} {
				var mistake *QueryError
				if !errors.As(err, &mistake) || mistake.Msg != c.want {
					t.Errorf("%s:\n got %v\nwant %s", c.what, err, c.want)
				}
			}
			continue
		}
		for _, address := range []string{v4, v6} {
			r := &Instance{PrivateIPs: []string{address}}
			found := &candidate{Finding: Finding{PrivateIPs: r.PrivateIPs}}
			if got, want := [2]bool{m.matches(r), f.terms[0].match(found)}, address == c.want; got != [2]bool{want, want} {
				t.Errorf("%s matches %s: %t (instances, find), want %t", c.what, address, got, want)
			}
		}
	}
}

// TestSpellings: all spellings of an address parse to the same address.
func TestSpellings(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(19, 1))
	for range 5_000 {
		var bytes [16]byte
		for i := range bytes {
			bytes[i] = byte(r.Uint32() >> (r.IntN(3) * 8) & 0xff * uint32(r.IntN(2)))
		}
		address := netip.AddrFrom16(bytes)
		if r.IntN(3) == 0 {
			address = netip.AddrFrom4([4]byte(bytes[:4]))
		}
		text := address.String()
		if address.Is4() && r.IntN(2) == 0 {
			text = []string{"::ffff:", "0:0:0:0:0:FFFF:", "::0:ffff:"}[r.IntN(3)] + text
		} else if address.Is6() && r.IntN(2) == 0 {
			text = address.StringExpanded()
		}
		if r.IntN(2) == 0 {
			text = strings.ToUpper(text)
		}
		if strings.Contains(text, ":") && r.IntN(3) == 0 {
			text += []string{"%eth0", "%1", "%en-0.5"}[r.IntN(3)]
		}
		if r.IntN(3) == 0 {
			text = "[" + text + "]"
		}
		if got, ok := parseAddress(normalize(text)); !ok || got != address.Unmap() {
			t.Fatalf("%s: %s, want %s", text, got, address)
		}
		bits := r.IntN(address.BitLen() + 1)
		want := netip.PrefixFrom(address, bits).Masked()
		text = fmt.Sprintf("%s/%d", address, bits)
		if address.Is4() && r.IntN(2) == 0 {
			text = fmt.Sprintf("::ffff:%s/%d", address, bits+96)
		}
		if got, ok := parseBlock(text); !ok || address.Is4() && got != want || address.Is6() && !address.Is4In6() && got != want {
			t.Fatalf("%s: %s, want %s", text, got, want)
		}
	}
}
