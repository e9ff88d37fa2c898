package inventory

import (
	"strings"
	"testing"
)

// TestTermRequests: the filters of the calls for each target of find.
func TestTermRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		want string // of interfaces | Elastic IPs | instances | secondary interfaces
	}{
		{"10.0.0.7", "addresses.private-ip-address=10.0.0.7 | all | network-interface.addresses.association.customer-owned-ip=10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.0/28 | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{"100.64.3.40", "addresses.private-ip-address=100.64.3.40 | all | network-interface.addresses.association.customer-owned-ip=100.64.3.40; network-interface.ipv4-prefixes.ipv4-prefix=100.64.3.32/28 | private-ipv4-addresses.private-ip-address=100.64.3.40"},
		{"::ffff:10.0.0.7", "addresses.private-ip-address=10.0.0.7 | all | network-interface.addresses.association.customer-owned-ip=10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.0/28 | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{"52.59.78.34", "addresses.association.public-ip=52.59.78.34; addresses.private-ip-address=52.59.78.34 | all | network-interface.addresses.association.carrier-ip=52.59.78.34; network-interface.addresses.association.customer-owned-ip=52.59.78.34 | private-ipv4-addresses.private-ip-address=52.59.78.34"},
		{"52.59.78.34 3.0.0.1", "addresses.association.public-ip=3.0.0.1,52.59.78.34; addresses.private-ip-address=3.0.0.1,52.59.78.34 | all | network-interface.addresses.association.carrier-ip=3.0.0.1,52.59.78.34; network-interface.addresses.association.customer-owned-ip=3.0.0.1,52.59.78.34 | private-ipv4-addresses.private-ip-address=3.0.0.1,52.59.78.34"},
		{"2a05:d018:76c:b685:ac5e:1:0:11", "ipv6-addresses.ipv6-address=*2a05:*d018:*76c:*b685:*ac5e:*1:*11 | - | network-interface.ipv6-prefixes.ipv6-prefix=*2a05:*d018:*76c:*b685:*ac5e:* | -"},
		{"2406:da1c::", "ipv6-addresses.ipv6-address=*2406:*da1c:* | - | network-interface.ipv6-prefixes.ipv6-prefix=*2406:*da1c:* | -"},
		{"::1", "ipv6-addresses.ipv6-address=*1 | - | network-interface.ipv6-prefixes.ipv6-prefix=* | -"},
		{"2001:db8::/33", "ipv6-addresses.ipv6-address=*2001:*db8:* | - | network-interface.ipv6-prefixes.ipv6-prefix=*2001:*db8:* | -"},
		{"10.20.0.0/15", "addresses.private-ip-address=10.20.*,10.21.* | all | network-interface.addresses.association.customer-owned-ip=10.20.*,10.21.*; network-interface.ipv4-prefixes.ipv4-prefix=10.20.*,10.21.* | private-ipv4-addresses.private-ip-address=10.20.*,10.21.*"},
		{"10.0.0.6/31", "addresses.private-ip-address=10.0.0.6,10.0.0.7 | all | network-interface.addresses.association.customer-owned-ip=10.0.0.6,10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.* | private-ipv4-addresses.private-ip-address=10.0.0.6,10.0.0.7"},
		{"0.0.0.0/0", "addresses.association.public-ip=*; addresses.private-ip-address=* | all | network-interface.addresses.association.carrier-ip=*; network-interface.addresses.association.customer-owned-ip=* | private-ipv4-addresses.private-ip-address=*"},
		{"54.171.20.0/24", "addresses.association.public-ip=54.171.20.*; addresses.private-ip-address=54.171.20.* | all | network-interface.addresses.association.carrier-ip=54.171.20.*; network-interface.addresses.association.customer-owned-ip=54.171.20.* | private-ipv4-addresses.private-ip-address=54.171.20.*"},
		{"06:a0:f0:d9:2F:56", "mac-address=06:a0:f0:d9:2f:56 | - | - | -"},
		{"eni-0a1b2c3d i-0123456789abcdef0", "attachment.instance-id=i-0123456789abcdef0; network-interface-id=eni-0a1b2c3d | - | - | -"},
		{"nat-0a1b2c3d vpce-0a1b2c3d", "description=*nat-0a1b2c3d*,*vpce-0a1b2c3d* | - | - | -"},
		{"eipalloc-0a1b2c3d", "- | allocation-id=eipalloc-0a1b2c3d | - | -"},
		{"sg-0a1b2c3d", "group-id=sg-0a1b2c3d | - | - | -"},
		{"web*", "description=*web**; tag:Name=web* | tag:Name=web* | tag:Name=web* | -"},
		{"*", "all | all | all | -"},
		{"nat-gateway", "description=*nat-gateway*; tag:Name=nat-gateway | tag:Name=nat-gateway | tag:Name=nat-gateway | -"},
		{"10.0.0.7 *", "all | all | all | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{"ec2-3-0-0-1.eu-west-1.compute.amazonaws.com", "addresses.association.public-ip=3.0.0.1 | public-ip=3.0.0.1 | - | -"},
		{"ec2-3-0-0-1.compute-1.amazonaws.com", "nothing"},
		{"ip-10-0-0-1.eu-west-1.compute.internal.", "addresses.private-ip-address=10.0.0.1 | - | - | -"},
		{"ip-10-0-0-1.corp.example", "addresses.private-ip-address=10.0.0.1 | - | - | -"},
		{"ip-10-0-0-1.ec2.internal", "nothing"},
		{"i-0123456789abcdef0.eu-west-1.compute.internal", "attachment.instance-id=i-0123456789abcdef0 | - | - | -"},
		{"internal-shop-web-184530.eu-west-1.elb.amazonaws.com", "description=ELB app/shop-web/*,ELB net/shop-web/*,ELB shop-web | - | - | -"},
		{"shop-0123456789abcdef.elb.eu-west-1.amazonaws.com", "description=ELB app/shop/*,ELB net/shop/*,ELB shop | - | - | -"},
		{"fe80::1%eth0", "ipv6-addresses.ipv6-address=*fe80:*1 | - | network-interface.ipv6-prefixes.ipv6-prefix=*fe80:* | -"},
		{"[2406:DA1C::5]", "ipv6-addresses.ipv6-address=*2406:*da1c:*5 | - | network-interface.ipv6-prefixes.ipv6-prefix=*2406:*da1c:* | -"},
		{"[2406:da1c::5]:443", "ipv6-addresses.ipv6-address=*2406:*da1c:*5 | - | network-interface.ipv6-prefixes.ipv6-prefix=*2406:*da1c:* | -"},
		{"10.0.0.7:8080", "addresses.private-ip-address=10.0.0.7 | all | network-interface.addresses.association.customer-owned-ip=10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.0/28 | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{"http://10.0.0.7:8080/health?x=1", "addresses.private-ip-address=10.0.0.7 | all | network-interface.addresses.association.customer-owned-ip=10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.0/28 | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{"06-A0-F0-D9-2F-56", "mac-address=06:a0:f0:d9:2f:56 | - | - | -"},
		{"I-0123456789ABCDEF0", "attachment.instance-id=i-0123456789abcdef0 | - | - | -"},
		{"arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0", "attachment.instance-id=i-0123456789abcdef0 | - | - | -"},
		{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc", "description=*app/shop/50dc*; tag:Name=app/shop/50dc | tag:Name=app/shop/50dc | tag:Name=app/shop/50dc | -"},
		{"arn:aws:lambda:eu-west-1:123456789012:function:shop-orders", "description=*shop-orders*; tag:Name=shop-orders | tag:Name=shop-orders | tag:Name=shop-orders | -"},
		{"web:80", "description=*web:80*; tag:Name=web:80 | tag:Name=web:80 | tag:Name=web:80 | -"},
		{"shop-0123456789abcdef.elb.eu-west-2.amazonaws.com", "nothing"},
		{"eni-0a1b2c3d,10.0.0.7.", "addresses.private-ip-address=10.0.0.7; network-interface-id=eni-0a1b2c3d | all | network-interface.addresses.association.customer-owned-ip=10.0.0.7; network-interface.ipv4-prefixes.ipv4-prefix=10.0.0.0/28 | private-ipv4-addresses.private-ip-address=10.0.0.7"},
		{`"mac-address".`, "description=*\"mac-address\".*; tag:Name=\"mac-address\". | tag:Name=\"mac-address\". | tag:Name=\"mac-address\". | -"},
		{`"eni-0a1b2c3d"`, "network-interface-id=eni-0a1b2c3d | - | - | -"},
		{"web,10.0.0.7", "description=*web,10.0.0.7*; tag:Name=web,10.0.0.7 | tag:Name=web,10.0.0.7 | tag:Name=web,10.0.0.7 | -"},
		{"Backup-20260102", "description=*Backup-20260102*; tag:Name=Backup-20260102 | tag:Name=Backup-20260102 | tag:Name=Backup-20260102 | -"},
		{"Vol-20260102", "description=*Vol-20260102*; tag:Name=Vol-20260102 | tag:Name=Vol-20260102 | tag:Name=Vol-20260102 | -"},
		{"SG-20260102", "description=*SG-20260102*; group-id=sg-20260102; tag:Name=SG-20260102 | tag:Name=SG-20260102 | tag:Name=SG-20260102 | -"},
		{"vol-20260102", "description=*vol-20260102*; tag:Name=vol-20260102 | tag:Name=vol-20260102 | tag:Name=vol-20260102 | -"},
	} {
		f, err := NewFinder(nil, strings.Fields(c.what))
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		s := &search{Finder: f, server: &server{}}
		for _, term := range f.terms {
			if term.region == "" || term.region == "eu-west-1" {
				s.terms = append(s.terms, term)
			}
		}
		var parts []string
		for _, source := range []source{inInterfaces, inAddresses, inInstances, inSecondary} {
			requests := lines(s.requests(source))
			switch {
			case len(requests) == 0:
				requests = []string{"-"}
			case requests[0] == "":
				requests = []string{"all"}
			}
			parts = append(parts, strings.Join(requests, "; "))
		}
		got := strings.Join(parts, " | ")
		if got == "- | - | - | -" {
			got = "nothing"
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
	for _, c := range [][2]string{
		{"10.0.0", ""}, {"10.0.0.256", `"10.0.0.256" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"10.0.0.0/33", `"10.0.0.0/33" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"1:2:3", `"1:2:3" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"", "an empty name; expected an IP address, a CIDR block, a DNS name, an id or a name"},
		{" \n", "an empty name; expected an IP address, a CIDR block, a DNS name, an id or a name"},
		{" 10.0.0.7\n10.0.0.8\r\n", ""}, {"10.0.0.7; 10.0.0.256", `"10.0.0.256" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{"-", `"-": targets are not read from stdin; use xargs to look for the lines of a file`},
		{"10.20.1.*", `"10.20.1.*" is neither an IP address nor a CIDR block; did you mean 10.20.1.0/24?`},
		{"10.20.*.*", `"10.20.*.*" is neither an IP address nor a CIDR block; did you mean 10.20.0.0/16?`},
		{"i-0123456789abcdef", `"i-0123456789abcdef" is not an id: expected 17 hexadecimal digits after i-, not 16`},
		{"ENI-0123456789abcdef01", `"ENI-0123456789abcdef01" is not an id: expected 17 hexadecimal digits after eni-, not 18`},
		{"vol-0123456789abcdef0", `"vol-0123456789abcdef0": find searches network interfaces and Elastic IPs, not vol-; 'instances --filter Name=block-device-mapping.volume-id,Values=vol-0123456789abcdef0' finds instances by it`},
		{"igw-0123456789abcdef0", `"igw-0123456789abcdef0": find searches network interfaces and Elastic IPs, not igw-; expected an id of eni-, i-, eipalloc-, nat-, vpce-, sg-, subnet- or vpc-`},
		{"web[", `"web[": not a pattern: [ without a ] that closes it at character 5`},
	} {
		_, err := NewFinder(nil, []string{c[0]})
		if c[1] == "" && err != nil || c[1] != "" && (err == nil || err.Error() != c[1]) {
			t.Errorf("%q: %v, want %s", c[0], err, c[1])
		}
	}
}
