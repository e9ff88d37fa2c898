package inventory

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// TestFindAsks: what each thing that is looked for makes of the requests to EC2.
func TestFindAsks(t *testing.T) {
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
		s := &search{Finder: f, server: &server{}, place: sweep.Place{Region: "eu-west-1"}}
		for _, term := range f.terms {
			if term.region == "" || term.region == s.place.Region {
				s.terms = append(s.terms, term)
			}
		}
		var parts []string
		for _, of := range []source{ofInterfaces, ofAddresses, ofInstances, ofSecondary} {
			lines := pushed(s.requests(of))
			switch {
			case len(lines) == 0:
				lines = []string{"-"}
			case lines[0] == "":
				lines = []string{"all"}
			}
			parts = append(parts, strings.Join(lines, "; "))
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
		{"-", `"-": nothing is read from stdin; to look for what a file lists, use xargs`},
		{"10.20.1.*", `"10.20.1.*" is neither an IP address nor a CIDR block; did you mean 10.20.1.0/24?`},
		{"10.20.*.*", `"10.20.*.*" is neither an IP address nor a CIDR block; did you mean 10.20.0.0/16?`},
		{"i-0123456789abcdef", `"i-0123456789abcdef" is no id: behind i- there are 17 hexadecimal digits, not 16`},
		{"ENI-0123456789abcdef01", `"ENI-0123456789abcdef01" is no id: behind eni- there are 17 hexadecimal digits, not 18`},
		{"vol-0123456789abcdef0", `"vol-0123456789abcdef0": find knows network interfaces and Elastic IPs, no vol-; 'instances --filter Name=block-device-mapping.volume-id,Values=vol-0123456789abcdef0' finds instances by it`},
		{"igw-0123456789abcdef0", `"igw-0123456789abcdef0": find knows network interfaces and Elastic IPs, no igw-; expected an id of eni-, i-, eipalloc-, nat-, vpce-, sg-, subnet- or vpc-`},
		{"web[", `"web[": not a pattern: [ without a ] that closes it at character 5`},
	} {
		_, err := NewFinder(nil, []string{c[0]})
		if c[1] == "" && err != nil || c[1] != "" && (err == nil || err.Error() != c[1]) {
			t.Errorf("%q: %v, want %s", c[0], err, c[1])
		}
	}
}

// findAll sweeps everything that a selection means.
func findAll(t testing.TB, r *auth.Resolver, s account.Selection, f *Finder) ([]Finding, *sweep.Ledger) {
	t.Helper()
	accounts, err := account.Find(r, s)
	if err != nil {
		t.Fatal(err)
	}
	var got []Finding
	ctx := context.Background()
	ledger, err := sweep.Plan[Finding]{
		Accounts: accounts.Accounts, Regions: allRegions(t, r.API).Of, Visit: f.Visit, Width: 16,
	}.Run(ctx, func(page []Finding) error { got = append(got, page...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Finding) int {
		return strings.Compare(a.AccountId+a.Region+a.Id, b.AccountId+b.Region+b.Id)
	})
	return got, ledger
}

func newFinder(t testing.TB, r *auth.Resolver, what ...string) *Finder {
	t.Helper()
	f, err := NewFinder(r.API, what)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFindTruth: whatever is asked for is found wherever it is, and nothing else,
// whichever way EC2 is asked.
func TestFindTruth(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 5, Regions: 3, MaxInstances: 14, Seed: 4})
	w.EC2 = awssim.Paging{PageSize: 5, EmptyPages: true}
	w.Roles[0].Except = nil
	sim, r := newResolver(t, w, 16)
	everyone := account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}
	truth := sim.Truth()
	at := func(i int) awssim.Instance {
		for ; truth[i].State != "running"; i++ {
		}
		return truth[i]
	}
	for _, what := range [][]string{
		{at(3).PublicIPs[0]},
		{at(5).PrivateIPs[1], at(20).IPv6s[0], at(31).PublicIPs[0]},
		{at(40).ID},
		{at(9).Interfaces[0].ID, at(10).Name},
		{at(17).Interfaces[0].MAC},
		{"10.0.0.0/25"},
		{"2600:1f18::/32"},
		{"node-1*"},
		{"*"},
	} {
		prefixes := []netip.Prefix{}
		for _, text := range what {
			if p, err := netip.ParsePrefix(text); err == nil {
				prefixes = append(prefixes, p)
			}
		}
		var want []string
		for _, in := range truth {
			for _, eni := range in.Interfaces {
				is := func(text string) bool {
					a, err := netip.ParseAddr(text)
					return slices.Contains(what, text) || err == nil && slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
				}
				if slices.ContainsFunc(slices.Concat(in.PrivateIPs, in.PublicIPs, in.IPv6s, []string{in.ID, eni.ID, eni.MAC, in.Name}), is) ||
					what[0] == "*" || what[0] == "node-1*" && strings.HasPrefix(in.Name, "node-1") {
					want = append(want, strings.Join([]string{in.Account, in.Region, eni.ID, in.ID, in.Name, fmt.Sprint(in.PrivateIPs, in.PublicIPs, in.IPv6s)}, " "))
				}
			}
		}
		slices.Sort(want)
		found, ledger := findAll(t, r, everyone, newFinder(t, r, what...))
		var got []string
		for _, f := range found {
			got = append(got, strings.Join([]string{f.AccountId, f.Region, f.Id, f.Owner, f.Name, fmt.Sprint(f.PrivateIPs, f.PublicIPs, f.IPv6s)}, " "))
		}
		slices.Sort(got)
		if len(want) == 0 || !slices.Equal(got, want) || len(ledger.Gaps()) > 0 {
			t.Errorf("%s: %d gaps\n got %s\nwant %s", what, len(ledger.Gaps()), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
	sound(t, sim)
}

// TestFindCalls: each region is asked once a filter, however many things are
// looked for, and the names of instances only where some are found.
func TestFindCalls(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 4, Regions: 5, MinInstances: 30, Seed: 11})
	w.Roles[0].Except = nil
	sim, r := newResolver(t, w, 16)
	everyone := account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}
	const places = 4 * 5
	truth := sim.Truth()
	running := func(from int) awssim.Instance {
		return truth[from+slices.IndexFunc(truth[from:], func(in awssim.Instance) bool { return in.State == "running" })]
	}
	for _, c := range []struct {
		what []string
		want map[string]int
	}{
		{[]string{"192.0.2.1", "192.0.2.2", "198.51.100.7"}, map[string]int{"DescribeNetworkInterfaces": 4 * places, "DescribeAddresses": places, "DescribeInstances": 4 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{"192.168.1.1", "172.16.3.4"}, map[string]int{"DescribeNetworkInterfaces": 2 * places, "DescribeAddresses": places, "DescribeInstances": 3 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{running(9).PublicIPs[0], running(200).PublicIPs[0]}, map[string]int{"DescribeNetworkInterfaces": 4*places + 2, "DescribeAddresses": places, "DescribeInstances": 4 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{"eni-00000000", running(9).Interfaces[0].ID}, map[string]int{"DescribeNetworkInterfaces": places, "DescribeInstances": 1}},
		{[]string{"i-00000000.il-central-1.compute.internal"}, map[string]int{}},
		{[]string{"i-00000000.ec2.internal"}, map[string]int{"DescribeNetworkInterfaces": 4}},
	} {
		before := len(sim.Calls())
		findAll(t, r, everyone, newFinder(t, r, c.what...))
		got := map[string]int{}
		for _, call := range sim.Calls()[before:] {
			if call.Service == "ec2" && call.Operation != "DescribeRegions" {
				got[call.Operation]++
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	sound(t, sim)
}

// TestDecodeInterfaces: what the SDK reads from the same answer.
func TestDecodeInterfaces(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, awssim.DefaultWorld(), 4)
	accounts, err := account.Find(r, account.Selection{Profiles: []string{"production"}})
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range accounts.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		id, err := a.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := sweep.Place{Account: a, Identity: id, Region: "eu-west-1"}
		out, err := r.API.EC2(id.Target).DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{}, signed(id, p.Region))
		if err != nil || len(out.NetworkInterfaces) != 9 {
			t.Fatalf("%d interfaces, %v", len(out.NetworkInterfaces), err)
		}
		var want []Finding
		for _, e := range out.NetworkInterfaces {
			c := newCandidate(p, "network-interface")
			c.Id, c.NetworkInterfaceId = *e.NetworkInterfaceId, *e.NetworkInterfaceId
			c.InterfaceType, c.Status, c.Description, c.OwnerId = string(e.InterfaceType), string(e.Status), *e.Description, *e.OwnerId
			c.SubnetId, c.VpcId, c.requester, c.managed = *e.SubnetId, *e.VpcId, aws.ToString(e.RequesterId), *e.RequesterManaged
			c.InstanceId = aws.ToString(e.Attachment.InstanceId)
			for _, ip := range e.PrivateIpAddresses {
				c.PrivateIPs = append(c.PrivateIPs, *ip.PrivateIpAddress)
				if ip.Association != nil {
					c.PublicIPs = append(c.PublicIPs, *ip.Association.PublicIp)
					if ip.Association.AllocationId != nil {
						c.AllocationIds = append(c.AllocationIds, *ip.Association.AllocationId)
					}
				}
			}
			for _, ip := range e.Ipv6Addresses {
				c.IPv6s = append(c.IPv6s, *ip.Ipv6Address)
			}
			for _, g := range e.Groups {
				c.SecurityGroups = append(c.SecurityGroups, SecurityGroup{*g.GroupId, *g.GroupName})
			}
			c.findOwner()
			c.Matched = []string{"*"}
			if i := slices.IndexFunc([]string{"i-05d3e8f1ab24c7690", "i-05d3e8f1ab24c7691", "i-0f6617c0d9ab3e254"}, func(id string) bool { return id == c.InstanceId }); i >= 0 {
				c.Name = []string{"shop web 1", "shop web 2", "shop db"}[i]
			}
			want = append(want, c.Finding)
		}
		var got []Finding
		if err := newFinder(t, r, "*").Visit(t.Context(), p, func(page []Finding) { got = append(got, page...) }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	for _, body := range []string{"", "<html/>", "<DescribeNetworkInterfacesResponse>", "<DescribeNetworkInterfacesResponse/><x/>",
		"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item></networkInterfaceSet></item></DescribeNetworkInterfacesResponse>"} {
		if page, _, err := decodeInterfaces(&fewBytes{strings.NewReader(body)}, here, func(*candidate) bool { return true }); err == nil {
			t.Errorf("%s: %+v", body, page)
		}
	}
}

// A prefix that is delegated to an interface is the interface's, as are the
// addresses of the pods that have it.
func TestFindDelegated(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, world(t, `{"regions": ["us-east-1"], "accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}],
		"home": {"profile": "u", "region": "us-east-1"},
		"instances": [{"account": "one", "region": "us-east-1", "name": "node", "interfaces": [
			{"addresses": [{"private": "10.0.1.5"}]},
			{"id": "eni-0000000a", "addresses": [{"private": "10.0.1.6"}], "prefixes": ["10.0.3.16/28", "2600:1f18:1:2:3::/80"]}]}]}`), 4)
	for what, want := range map[string]int{
		"10.0.3.20": 1, "10.0.3.32": 0, "2600:1f18:1:2:3:4:5:6": 1, "2600:1f18:1:2:4::": 0, "10.0.3.0/24": 1, "10.0.3.24/30": 1, "2600:1f18:1::/48": 1,
	} {
		got, _ := findAll(t, r, ownAccount, newFinder(t, r, what))
		if len(got) != want || want == 1 && (got[0].Id != "eni-0000000a" || got[0].Name != "node") {
			t.Errorf("%s: %+v", what, got)
		}
	}
	sound(t, sim)
}

// An account may hide what services manage from those that do not ask for it.
func TestFindManaged(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, world(t, `{"regions": ["us-east-1"], "accounts": [{"id": "000000000001", "name": "one", "hide_managed": true}], "users": [{"account": "one", "name": "u"}],
		"home": {"profile": "u", "region": "us-east-1"},
		"instances": [{"account": "one", "region": "us-east-1", "name": "auto mode", "private_ips": ["10.0.1.5"], "operator": "eks.amazonaws.com"}]}`), 4)
	for _, what := range []string{"10.0.1.5", "auto*"} {
		if got, _ := findAll(t, r, ownAccount, newFinder(t, r, what)); len(got) != 1 || got[0].Name != "auto mode" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	sound(t, sim)

	// A server that does not know of it is asked without.
	asked := 0
	api, p := served(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Form.Has("IncludeManagedResources") {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `<Response><Errors><Error><Code>UnknownParameter</Code><Message>The parameter IncludeManagedResources is not recognized</Message></Error></Errors></Response>`)
			return
		}
		io.WriteString(w, `<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-0000000a</networkInterfaceId></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`)
	})
	f, err := NewFinder(api, []string{"eni-0000000a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []Finding
		if err := f.Visit(t.Context(), p, func(page []Finding) { got = append(got, page...) }); err != nil || len(got) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if asked != 4 { // what one place does not know another may
		t.Errorf("asked %d times, want 4", asked)
	}
}

// TestResolve: host names are addresses where they resolve, and names where not.
func TestResolve(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, awssim.DefaultWorld(), 8)
	everyone := account.Selection{Organization: true, Roles: []string{"EC2ReadAccess"}}
	const balancer = "shop-1845302976.eu-west-1.elb.amazonaws.com"
	failing := func(_ context.Context, host string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: host}
	}
	for _, c := range []struct {
		what   string
		lookup func(context.Context, string) ([]netip.Addr, error)
		note   string
		want   string
	}{
		{balancer, sim.LookupHost, balancer + " is 54.171.20.40, 54.171.20.41", "eni-0a41c7e2d95b3f860 eni-0b93d5f4170e6c2a8"},
		{balancer, failing, balancer + " does not resolve (no such host); it is looked for by the load balancer's name in it", "eni-0a41c7e2d95b3f860 eni-0b93d5f4170e6c2a8"},
		{"db.example.com", func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("::ffff:10.20.2.40")}, nil
		}, "db.example.com is 10.20.2.40", "eni-0d1b64e8f7c3a5902"},
		{"db.example.com", failing, "db.example.com does not resolve (no such host); it is looked for as a name alone", ""},
	} {
		f := newFinder(t, r, c.what)
		notes := f.Resolve(t.Context(), c.lookup)
		got, _ := findAll(t, r, everyone, f)
		var ids []string
		for _, f := range got {
			ids = append(ids, f.Id)
		}
		if !slices.Equal(notes, []string{c.note}) || strings.Join(ids, " ") != c.want {
			t.Errorf("%s: %q\n%s, want %s", c.what, notes, ids, c.want)
		}
	}
	for _, what := range []string{"web", "*.example.com", "10.0.0.1", "ip-10-0-0-1.ec2.internal", "my shop.web"} {
		if notes := newFinder(t, r, what).Resolve(t.Context(), failing); len(notes) > 0 {
			t.Errorf("%s: %q", what, notes)
		}
	}
	sound(t, sim)
}

func world(t testing.TB, text string) *awssim.World {
	t.Helper()
	w, err := awssim.ParseWorld([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}
