package inventory

import (
	"net/netip"
	"slices"
)

// lookup is a filter of one of EC2's calls. It finds at least the records that are
// searched for; muster then checks each record itself.
type lookup struct {
	source source
	filter string // "": no filter, everything is listed
	values []string
}

// source is the call that a lookup belongs to.
type source int

const (
	inInterfaces source = iota // DescribeNetworkInterfaces
	inAddresses                // DescribeAddresses, for Elastic IPs without an interface
	inInstances                // DescribeInstances, for instances' names, and addresses without a filter in DescribeNetworkInterfaces
	inSecondary                // DescribeSecondaryInterfaces, for the instances that have the address
)

const (
	nameFilter        = "tag:Name"
	descriptionFilter = "description"
	privateFilter     = "addresses.private-ip-address"
	publicFilter      = "addresses.association.public-ip"
	ipv6Filter        = "ipv6-addresses.ipv6-address"
	secondaryFilter   = "private-ipv4-addresses.private-ip-address"

	// Only DescribeInstances has filters for these two kinds of addresses, and for
	// prefixes that are delegated to an interface, for example for Kubernetes' pods.
	carrierFilter       = "network-interface.addresses.association.carrier-ip"
	customerOwnedFilter = "network-interface.addresses.association.customer-owned-ip"
	prefixFilter        = "network-interface.ipv4-prefixes.ipv4-prefix"
	ipv6PrefixFilter    = "network-interface.ipv6-prefixes.ipv6-prefix"
)

// onlyCustom are the filters that find nothing more in AWS's own EC2, which lists each
// address among the addresses of an interface. A custom endpoint may have an address
// only on the interface itself, or on the instance.
var onlyCustom = map[string]bool{
	"network-interface.private-ip-address":            true,
	"network-interface.association.public-ip":         true,
	"network-interface.association.carrier-ip":        true,
	"network-interface.association.customer-owned-ip": true,
	"private-ip-address":                              true, // of instances and of interfaces
	"ip-address":                                      true,
	"association.public-ip":                           true,
}

// maxFilterValues is the maximum number of values in all filters of a call.
const maxFilterValues = 200

// narrow adds a filter if EC2 allows it: each filter name once, and not too many values
// in all. A filter that is left out makes EC2 return more; the check of each record
// applies in any case.
func narrow(filters []filter, name string, values []string) []filter {
	total := len(values)
	for _, f := range filters {
		if total += len(f.values); f.name == name {
			return filters
		}
	}
	if len(values) == 0 || total > maxFilterValues {
		return filters
	}
	return append(filters, filter{name, values})
}

// instanceLookups find the instances with one of some IPv4 addresses; public are the
// addresses that may be public. A VPC may use public ranges for its private addresses,
// and customer-owned addresses may be of any range.
func instanceLookups(addresses, public []string) []lookup {
	return []lookup{
		{inInstances, "network-interface.addresses.private-ip-address", addresses},
		{inInstances, "network-interface.addresses.association.public-ip", public},
		{inInstances, carrierFilter, public},
		{inInstances, customerOwnedFilter, addresses},
		{inInstances, "network-interface.private-ip-address", addresses},
		{inInstances, "network-interface.association.public-ip", public},
		{inInstances, "network-interface.association.carrier-ip", public},
		{inInstances, "network-interface.association.customer-owned-ip", addresses},
		{inInstances, "private-ip-address", addresses},
		{inInstances, "ip-address", public},
	}
}

// addressLookups find the owners of an address. EC2 delegates IPv4 prefixes of 28 bits,
// and IPv6 prefixes of 80.
func addressLookups(a netip.Addr) []lookup {
	if a.Is6() {
		return []lookup{
			{inInterfaces, ipv6Filter, []string{ipv6Pattern(a, 8)}},
			{inInstances, ipv6PrefixFilter, []string{ipv6Pattern(a, 5)}},
		}
	}
	delegated := netip.PrefixFrom(a, 28).Masked().String()
	return ipv4Lookups([]string{a.String()}, []string{delegated}, isPrivate(netip.PrefixFrom(a, 32)))
}

// blockLookups find the owners of a block's addresses. EC2's wildcards can only express
// whole octets or groups.
func blockLookups(b netip.Prefix) []lookup {
	if b.Addr().Is6() {
		return []lookup{
			{inInterfaces, ipv6Filter, []string{ipv6Pattern(b.Addr(), b.Bits()/16)}},
			{inInstances, ipv6PrefixFilter, []string{ipv6Pattern(b.Addr(), min(b.Bits(), 80)/16)}},
		}
	}
	delegated := octetPatterns(netip.PrefixFrom(b.Addr(), min(b.Bits(), 24)).Masked())
	return ipv4Lookups(octetPatterns(b), delegated, isPrivate(b))
}

// ipv4Lookups find the owners of addresses that match one of the patterns, or that are in
// a delegated prefix. EC2 cannot filter Elastic IPs by every kind of address, so all of
// them are listed.
func ipv4Lookups(patterns, delegated []string, private bool) []lookup {
	lookups := []lookup{
		{inInterfaces, privateFilter, patterns},
		{inInterfaces, "private-ip-address", patterns},
		{inInstances, customerOwnedFilter, patterns},
		{inInstances, "private-ip-address", patterns},
		{inSecondary, secondaryFilter, patterns},
		{source: inAddresses},
	}
	if private {
		return append(lookups, lookup{inInstances, prefixFilter, delegated})
	}
	return append(lookups,
		lookup{inInterfaces, publicFilter, patterns}, lookup{inInterfaces, "association.public-ip", patterns},
		lookup{inInstances, carrierFilter, patterns}, lookup{inInstances, "ip-address", patterns})
}

// privateBlocks contain no public address of AWS.
var privateBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
}

// mayBeSecondary reports whether some of the addresses of filters may be in a secondary
// network, if the server does not know the operation that lists their interfaces. Then only
// a list of all instances can tell, and public addresses are not worth one.
func mayBeSecondary(filters []filter) bool {
	isPublic := func(pattern string) bool {
		a, err := netip.ParseAddr(pattern)
		return err == nil && !isPrivate(netip.PrefixFrom(a, a.BitLen()))
	}
	return len(filters) == 0 || slices.ContainsFunc(filters[0].values, func(v string) bool { return !isPublic(v) })
}

func isPrivate(b netip.Prefix) bool {
	return slices.ContainsFunc(privateBlocks, func(p netip.Prefix) bool { return p.Bits() <= b.Bits() && p.Contains(b.Addr()) })
}
