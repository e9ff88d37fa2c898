package inventory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"muster/internal/names"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// term is one thing that is looked for.
type term struct {
	text   string // as it was given
	region string // the only one where it can be; "": any
	asks   []ask  // what find it, together
	match  func(*candidate) bool
	host   string // a host name whose addresses are meant, too
}

// ask is a filter of a call. EC2 finds at least what the term means; each record
// is then checked here.
type ask struct {
	of     source
	filter string // "": everything is asked for
	values []string
}

// source is a call that tells who owns things.
type source int

const (
	ofInterfaces source = iota // DescribeNetworkInterfaces
	ofAddresses                // DescribeAddresses, for Elastic IPs that no interface has
	ofInstances                // DescribeInstances, for names and addresses that EC2 does not tell of interfaces
	ofSecondary                // DescribeSecondaryInterfaces, for the instances that have an address there
)

const (
	nameFilter    = "tag:Name"
	privateFilter = "addresses.private-ip-address"
	publicFilter  = "addresses.association.public-ip"
	ipv6Filter    = "ipv6-addresses.ipv6-address"

	// Only DescribeInstances has a filter for these. An Elastic IP that has such an
	// address can be asked for by nothing: all of them have to be looked at.
	carrierFilter   = "network-interface.addresses.association.carrier-ip"
	customerFilter  = "network-interface.addresses.association.customer-owned-ip"
	secondaryFilter = "private-ipv4-addresses.private-ip-address"

	// Delegated prefixes, as those of Kubernetes' pods, are a filter of
	// DescribeInstances alone.
	prefixFilter     = "network-interface.ipv4-prefixes.ipv4-prefix"
	ipv6PrefixFilter = "network-interface.ipv6-prefixes.ipv6-prefix"
)

// idKinds are the kinds of ids, and the filters that find them.
var idKinds = map[string]ask{
	"eni":        {ofInterfaces, "network-interface-id", nil},
	"i":          {ofInterfaces, "attachment.instance-id", nil},
	"sg":         {ofInterfaces, "group-id", nil},
	"subnet":     {ofInterfaces, "subnet-id", nil},
	"vpc":        {ofInterfaces, "vpc-id", nil},
	"vpce":       {ofInterfaces, "description", nil},
	"nat":        {ofInterfaces, "description", nil},
	"tgw-attach": {ofInterfaces, "description", nil},
	"fs":         {ofInterfaces, "description", nil},
	"fsmt":       {ofInterfaces, "description", nil},
	"eipalloc":   {ofAddresses, "allocation-id", nil},
	"eipassoc":   {ofAddresses, "association-id", nil},
}

var (
	hostName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\.?$`)
	})
	// The names that EC2 gives to addresses and instances, in whatever domain.
	ec2Name = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(ec2|ip)-(\d+)-(\d+)-(\d+)-(\d+)(?:\.(.+?))?\.?$`)
	})
	resourceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(i-[0-9a-f]{8,17})\.(.+?)\.?$`) })
	ec2Domain    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:([a-z]{2}(?:-[a-z]+)+-\d+)\.compute\.(?:internal|amazonaws\.com(?:\.cn)?)|(ec2\.internal|compute-1\.amazonaws\.com))$`)
	})
	// Load balancers' host names hold their names.
	balancerName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:internal-)?(.+)-(?:(\d+)\.([a-z0-9-]+)\.elb|([0-9a-f]{16})\.elb\.([a-z0-9-]+))\.amazonaws\.com(?:\.cn)?\.?$`)
	})
)

// parseTerm makes out what is meant by something that is bare.
func parseTerm(text string) (*term, error) {
	if address, ok := parseAddress(text); ok {
		return &term{text: text, asks: addressAsks(address), match: matchAddress(address)}, nil
	}
	if block, ok := parseBlock(text); ok {
		return &term{text: text, asks: blockAsks(block), match: func(c *candidate) bool {
			return c.has([][]string{c.PrivateIPs, c.PublicIPs, c.IPv6s}, block.Contains) || slices.ContainsFunc(c.prefixes, block.Overlaps)
		}}, nil
	}
	if isMAC(text) {
		mac, _ := net.ParseMAC(text)
		return &term{text: text, asks: []ask{{ofInterfaces, "mac-address", []string{mac.String()}}}, match: func(c *candidate) bool {
			return strings.EqualFold(c.mac, mac.String())
		}}, nil
	}
	if match := anID().FindStringSubmatch(text); match != nil {
		by, known := idKinds[match[1]]
		switch filter := otherKinds[match[1]]; {
		case known:
			return idTerm(text, text, by), nil
		case len(match[2]) == 8: // or a name that ends in a date
		case filter != "":
			return nil, queryError("%q: find knows network interfaces and Elastic IPs, no %s-; 'instances --filter Name=%s,Values=%s' finds instances by it", text, match[1], filter, text)
		case slices.Contains(unknownKinds, match[1]):
			return nil, queryError("%q: find knows network interfaces and Elastic IPs, no %s-; expected an id of eni-, i-, eipalloc-, nat-, vpce-, sg-, subnet- or vpc-", text, match[1])
		}
	}
	if t := ec2Term(text); t != nil {
		return t, nil
	}
	return nameTerm(text)
}

func matchAddress(addresses ...netip.Addr) func(*candidate) bool {
	return func(c *candidate) bool {
		return c.has([][]string{c.PrivateIPs, c.PublicIPs, c.IPv6s}, func(a netip.Addr) bool { return slices.Contains(addresses, a) }) ||
			slices.ContainsFunc(c.prefixes, func(p netip.Prefix) bool { return slices.ContainsFunc(addresses, p.Contains) })
	}
}

func idTerm(text, id string, by ask) *term {
	by.values = []string{id}
	if by.filter == "description" {
		by.values = []string{"*" + id + "*"}
	}
	return &term{text: text, asks: []ask{by}, match: func(c *candidate) bool {
		return slices.Contains([]string{c.NetworkInterfaceId, c.InstanceId, c.SubnetId, c.VpcId, c.Owner}, id) ||
			slices.Contains(c.AllocationIds, id) || slices.Contains(c.associations, id) ||
			slices.ContainsFunc(c.SecurityGroups, func(g SecurityGroup) bool { return g.GroupId == id }) ||
			by.filter == "description" && strings.Contains(c.Description, id)
	}}
}

// ec2Term reads the address, or the instance, and the region off a host name that
// EC2 has made; nil if it is none.
func ec2Term(text string) *term {
	region := func(domain string) string {
		match := ec2Domain().FindStringSubmatch(strings.ToLower(domain))
		switch {
		case match == nil:
			return ""
		case match[2] != "":
			return "us-east-1"
		}
		return match[1]
	}
	if match := resourceName().FindStringSubmatch(strings.ToLower(text)); match != nil && region(match[2]) != "" {
		t := idTerm(text, match[1], idKinds["i"])
		t.region = region(match[2])
		return t
	}
	match := ec2Name().FindStringSubmatch(strings.ToLower(text))
	if match == nil {
		return nil
	}
	address, err := netip.ParseAddr(strings.Join(match[2:6], "."))
	if err != nil {
		return nil
	}
	t := &term{text: text, region: region(match[6])}
	if match[1] == "ip" { // of the private address
		t.asks = []ask{{ofInterfaces, privateFilter, []string{address.String()}}}
		t.match = func(c *candidate) bool { return slices.Contains(c.PrivateIPs, address.String()) }
		return t
	}
	t.asks = []ask{{ofInterfaces, publicFilter, []string{address.String()}}, {ofAddresses, "public-ip", []string{address.String()}}}
	t.match = func(c *candidate) bool { return slices.Contains(c.PublicIPs, address.String()) }
	return t
}

// nameTerm looks for Name tags, owners and descriptions; and for the addresses of
// what may be a host name.
func nameTerm(text string) (*term, error) {
	g, err := names.CompileGlob(text)
	if err != nil {
		return nil, queryError("%q: not a pattern: %v", text, err)
	}
	t := &term{text: text}
	if hostName().MatchString(text) {
		t.host = text
	}
	if match := balancerName().FindStringSubmatch(strings.ToLower(text)); match != nil {
		name, id := match[1], match[4]
		t.region = match[3] + match[5]
		t.asks = []ask{{ofInterfaces, "description", []string{"ELB app/" + name + "/*", "ELB " + name, "ELB net/" + name + "/*"}}}
		t.match = func(c *candidate) bool {
			return strings.HasSuffix(c.OwnerType, "-lb") && strings.EqualFold(c.ownerName(), name) && (id == "" || strings.HasSuffix(c.Owner, "/"+id))
		}
		return t, nil
	}
	pattern := ec2Pattern(text)
	t.asks = []ask{
		{ofInterfaces, nameFilter, []string{pattern}}, {ofInterfaces, "description", []string{"*" + pattern + "*"}},
		{ofAddresses, nameFilter, []string{pattern}}, {ofInstances, nameFilter, []string{pattern}},
	}
	if g.Match("") { // also what has no name
		t.asks = []ask{{of: ofInterfaces}, {of: ofAddresses}, {of: ofInstances}}
	}
	t.match = func(c *candidate) bool {
		return slices.ContainsFunc([]string{c.Name, c.Tags["Name"], c.Owner, c.ownerName(), c.Description}, g.Match)
	}
	return t, nil
}

// orName also finds what is so named.
func (t *term) orName(text string) (*term, error) {
	name, err := nameTerm(text)
	if err != nil {
		return nil, err
	}
	byID := t.match
	t.asks = append(t.asks, name.asks...)
	t.match = func(c *candidate) bool { return byID(c) || name.match(c) }
	return t, nil
}

// resolve adds the addresses of a host name. The note tells what has come of it.
func (t *term) resolve(ctx context.Context, lookup func(context.Context, string) ([]netip.Addr, error)) (note string) {
	addresses, err := lookup(ctx, strings.TrimSuffix(t.host, "."))
	balancer := balancerName().MatchString(strings.ToLower(t.host))
	if err != nil || len(addresses) == 0 {
		why := "no address"
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
			why = dns.Err
		} else if err != nil {
			why = err.Error()
		}
		as := "as a name alone"
		if balancer {
			as = "by the load balancer's name in it"
		}
		return fmt.Sprintf("%s does not resolve (%s); it is looked for %s", t.host, why, as)
	}
	var texts []string
	var asks []ask
	for i, address := range addresses {
		addresses[i] = address.Unmap().WithZone("")
		texts = append(texts, addresses[i].String())
		asks = append(asks, addressAsks(addresses[i])...)
	}
	byAddress, byName := matchAddress(addresses...), t.match
	if balancer { // its name is not its own: that of another account may have it
		t.asks, t.match = asks, byAddress
	} else {
		t.asks = append(t.asks, asks...)
		t.match = func(c *candidate) bool { return byAddress(c) || byName(c) }
	}
	return fmt.Sprintf("%s is %s", t.host, strings.Join(texts, ", "))
}

// private are the blocks that no Elastic IP is of.
var private = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}

// addressAsks find whoever has an address. EC2 delegates prefixes of 28 bits, and of
// 80 in IPv6.
func addressAsks(a netip.Addr) []ask {
	if a.Is6() {
		return []ask{{ofInterfaces, ipv6Filter, []string{ipv6Pattern(a, 8)}}, {ofInstances, ipv6PrefixFilter, []string{ipv6Pattern(a, 5)}}}
	}
	delegated := netip.PrefixFrom(a, 28).Masked().String()
	return ipv4Asks([]string{a.String()}, []string{delegated}, within(netip.PrefixFrom(a, 32), private...))
}

// blockAsks narrow a block to whole octets or groups, which EC2's wildcards can
// tell.
func blockAsks(b netip.Prefix) []ask {
	if b.Addr().Is6() {
		pattern := ipv6Pattern(b.Addr(), b.Bits()/16)
		return []ask{{ofInterfaces, ipv6Filter, []string{pattern}}, {ofInstances, ipv6PrefixFilter, []string{ipv6Pattern(b.Addr(), min(b.Bits(), 80)/16)}}}
	}
	delegated := octetPatterns(netip.PrefixFrom(b.Addr(), min(b.Bits(), 24)).Masked())
	return ipv4Asks(octetPatterns(b), delegated, within(b, private...))
}

// ipv4Asks find whoever has an address that matches one of the patterns, or the
// delegated prefix that it is in. A VPC may have public ranges, too.
func ipv4Asks(patterns, delegated []string, isPrivate bool) []ask {
	asks := []ask{
		{ofInterfaces, privateFilter, patterns},
		{ofInterfaces, "private-ip-address", patterns},
		{ofInstances, customerFilter, patterns},
		{ofInstances, "private-ip-address", patterns},
		{ofSecondary, secondaryFilter, patterns},
		{of: ofAddresses},
	}
	if isPrivate {
		return append(asks, ask{ofInstances, prefixFilter, delegated})
	}
	return append(asks,
		ask{ofInterfaces, publicFilter, patterns}, ask{ofInterfaces, "association.public-ip", patterns},
		ask{ofInstances, carrierFilter, patterns}, ask{ofInstances, "ip-address", patterns})
}

func within(b netip.Prefix, blocks ...string) bool {
	return slices.ContainsFunc(blocks, func(text string) bool {
		p := netip.MustParsePrefix(text)
		return p.Bits() <= b.Bits() && p.Contains(b.Addr())
	})
}

// octetPatterns are the patterns, up to 128, that cover a block.
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

// ipv6Pattern matches an address, or its first groups, in all of its spellings:
// EC2 compares text, and of leading zeros and runs of zero groups there are several.
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
