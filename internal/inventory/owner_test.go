package inventory

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestOwners(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ description, kind, requester, status, want string }{
		{"ELB app/shop/50dc6c495c0c9188", "interface", "amazon-elb", "in-use", "application-lb app/shop/50dc6c495c0c9188"},
		{"ELB net/shop/50dc6c495c0c9188", "network_load_balancer", "amazon-elb", "in-use", "network-lb net/shop/50dc6c495c0c9188"},
		{"ELB gwy/fw/1", "gateway_load_balancer", "amazon-elb", "in-use", "gateway-lb gwy/fw/1"},
		{"ELB old", "interface", "amazon-elb", "in-use", "classic-lb old"},
		{"Interface for NAT Gateway nat-0c5e", "nat_gateway", "036472198543", "in-use", "nat-gateway nat-0c5e"},
		{"VPC Endpoint Interface vpce-0e8b", "vpc_endpoint", "727180483921", "in-use", "vpc-endpoint vpce-0e8b"},
		{"VPC Endpoint Interface vpce-0e8b", "gateway_load_balancer_endpoint", "727180483921", "in-use", "vpc-endpoint vpce-0e8b"},
		{"AWS Lambda VPC ENI-shop-orders-30bb1fd5-e726-4d80-9ff2-52fd62cd548c", "lambda", "AROA:x", "in-use", "lambda-function shop-orders"},
		{"AWS Lambda VPC ENI-shop-orders", "lambda", "AROA:x", "in-use", "lambda-function shop-orders"},
		{"AWS Lambda VPC ENI: 30bb1fd5-e726-4d80-9ff2-52fd62cd548c", "interface", "AROA:x", "available", "lambda-function "},
		{"RDSNetworkInterface", "interface", "amazon-rds", "in-use", "rds "},
		{"EFS mount target for fs-0a7d (fsmt-0b)", "efs", "408262051798", "in-use", "efs fs-0a7d"},
		{"ElastiCache gateway-redis-001", "interface", "amazon-elasticache", "in-use", "elasticache gateway-redis-001"},
		{"ES shared-01", "interface", "amazon-elasticsearch", "in-use", "opensearch shared-01"},
		{"Network Interface for Transit Gateway Attachment tgw-attach-01", "transit_gateway", "910342476613", "in-use", "transit-gateway tgw-attach-01"},
		{"arn:aws:ecs:eu-west-1:012345678901:attachment/8f3d", "interface", "578734482556", "in-use", "ecs-task 8f3d"},
		{"Amazon EKS prod", "interface", "998877", "in-use", "eks-cluster prod"},
		{"whatever", "quicksight", "AROA:x", "in-use", "quicksight "},
		{"whatever", "interface", "amazon-workspaces", "in-use", "workspaces "},
		{"whatever", "interface", "998877", "in-use", "service "},
		{"left over", "interface", "", "available", "unattached "},
		{"left over", "efa-only", "", "available", "unattached "},
		{"ELB of mine", "interface", "", "available", "unattached "}, // written by a user
	} {
		e := candidate{Finding: Finding{Description: c.description, InterfaceType: c.kind, Status: c.status}, requester: c.requester, managed: c.requester != ""}
		e.setOwner()
		if got := e.OwnerType + " " + e.Owner; got != c.want {
			t.Errorf("%s: %q, want %q", c.description, got, c.want)
		}
	}
	attached := candidate{Finding: Finding{Description: "aws-K8S-i-0a", InstanceId: "i-0a", Status: "in-use"}}
	if attached.setOwner(); attached.OwnerType+" "+attached.Owner != "instance i-0a" {
		t.Errorf("%+v", attached.Finding)
	}
}

// ec2Matches matches as EC2 does: * stands for any text.
func ec2Matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(text)
}

// spellings returns several spellings of an IPv6 address.
func spellings(a netip.Addr) []string {
	groups := strings.Split(a.StringExpanded(), ":")
	plain := make([]string, len(groups))
	for i, group := range groups {
		plain[i] = strings.TrimLeft(group[:3], "0") + group[3:]
	}
	out := []string{a.String(), a.StringExpanded(), strings.Join(plain, ":")}
	for i := range plain { // :: at every run of zeros
		for j := i + 1; j <= len(plain) && plain[j-1] == "0"; j++ {
			out = append(out, strings.Join(plain[:i], ":")+"::"+strings.Join(plain[j:], ":"))
		}
	}
	return out
}

// TestPatterns: the patterns for an address or a block match every address in it, in every
// spelling.
func TestPatterns(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b [16]byte
		for i := range b {
			if random.IntN(3) > 0 {
				b[i] = byte(random.IntN(256) >> random.IntN(8))
			}
		}
		if i := 2 * random.IntN(8); random.IntN(2) == 0 {
			b[i], b[i+1] = 0, 0
		}
		a := netip.AddrFrom16(b)
		if a.Is4In6() {
			continue
		}
		for _, text := range spellings(a) {
			if parsed, err := netip.ParseAddr(text); err != nil || parsed != a {
				t.Fatalf("%s is not a spelling of %s", text, a)
			}
			for groups := range 9 {
				if pattern := ipv6Pattern(a, groups); !ec2Matches(pattern, text) {
					t.Errorf("%s does not match %s", pattern, text)
				}
			}
		}
		four := netip.AddrFrom4([4]byte(b[:4]))
		for bits := range 33 {
			block := netip.PrefixFrom(four, bits).Masked()
			patterns := octetPatterns(block)
			if len(patterns) > 128 || !slices.ContainsFunc(patterns, func(p string) bool { return ec2Matches(p, four.String()) }) {
				t.Errorf("%s: %d patterns, none for %s", block, len(patterns), four)
			}
		}
	}
}

// TestForeignInterface: an Elastic IP is found even if the account cannot see its interface.
func TestForeignInterface(t *testing.T) {
	t.Parallel()
	api, p := served(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Form.Get("Action") {
		case "DescribeAddresses":
			io.WriteString(w, `<DescribeAddressesResponse><addressesSet><item><publicIp>3.0.0.1</publicIp><allocationId>eipalloc-0000000a</allocationId>
				<networkInterfaceId>eni-0000000a</networkInterfaceId><networkInterfaceOwnerId>012345678902</networkInterfaceOwnerId></item></addressesSet></DescribeAddressesResponse>`)
		case "DescribeNetworkInterfaces":
			io.WriteString(w, `<DescribeNetworkInterfacesResponse><networkInterfaceSet/></DescribeNetworkInterfacesResponse>`)
		case "DescribeInstances":
			page(w, "")
		default:
			io.WriteString(w, `<DescribeSecondaryInterfacesResponse><secondaryInterfaceSet/></DescribeSecondaryInterfacesResponse>`)
		}
	})
	f, err := NewFinder(api, []string{"3.0.0.1", "eipalloc-0000000a"})
	if err != nil {
		t.Fatal(err)
	}
	var got []Finding
	if err := f.Visit(t.Context(), p, func(page []Finding) { got = append(got, page...) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Kind != "elastic-ip" || got[0].Id != "eipalloc-0000000a" || got[0].Owner != "eni-0000000a" ||
		!slices.Equal(got[0].Matched, []string{"3.0.0.1", "eipalloc-0000000a"}) || f.Missing() != nil {
		t.Errorf("%+v, missing %s", got, f.Missing())
	}
}
