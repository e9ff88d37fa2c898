package inventory

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/names"
)

// term is one target of find, with the lookups that find it.
type term struct {
	text     string // as the user wrote it
	region   string // the only region where it can be; "": any
	lookups  []lookup
	match    func(*candidate) bool
	contains func(netip.Prefix) bool // of an address or a block: whether an address or a block has a part of it
	host     string                  // if the target is a host name: find also searches its addresses
}

// newTerm compiles a target. The error is a *QueryError.
func newTerm(t target) (*term, error) {
	compiled, err := parseTerm(t.normalized)
	if err == nil && endsInDate(t.normalized) {
		err = compiled.addName(t.text)
	}
	if err != nil {
		return nil, err
	}
	compiled.text = t.text
	return compiled, nil
}

// parseTerm compiles a normalized text.
func parseTerm(text string) (*term, error) {
	if address, ok := parseAddress(text); ok {
		return &term{
			lookups: addressLookups(address), match: matchAddresses(address),
			contains: func(p netip.Prefix) bool { return p.Contains(address) },
		}, nil
	}
	if block, ok := parseBlock(text); ok {
		return blockTerm(block), nil
	}
	if isMAC(text) {
		return macTerm(text), nil
	}
	if match := idPattern().FindStringSubmatch(text); match != nil {
		l, found := idLookups[match[1]]
		switch filter := instanceFilters[match[1]]; {
		case found:
			return idTerm(text, l), nil
		case len(match[2]) == 8: // may be a name that ends in a date
		case filter != "":
			return nil, queryError("%q: find searches network interfaces and Elastic IPs, not %s-; 'instances --filter Name=%s,Values=%s' finds instances by it", text, match[1], filter, text)
		case slices.Contains(unrelatedIDs, match[1]):
			return nil, queryError("%q: find searches network interfaces and Elastic IPs, not %s-; expected an id of eni-, i-, eipalloc-, nat-, vpce-, sg-, subnet- or vpc-", text, match[1])
		}
	}
	if t := ec2HostTerm(text); t != nil {
		return t, nil
	}
	return nameTerm(text)
}

func matchAddresses(addresses ...netip.Addr) func(*candidate) bool {
	return func(c *candidate) bool {
		return c.hasAddress(func(a netip.Addr) bool { return slices.Contains(addresses, a) }) ||
			slices.ContainsFunc(c.prefixes, func(p netip.Prefix) bool { return slices.ContainsFunc(addresses, p.Contains) })
	}
}

func blockTerm(block netip.Prefix) *term {
	return &term{lookups: blockLookups(block), contains: block.Overlaps, match: func(c *candidate) bool {
		return c.hasAddress(block.Contains) || slices.ContainsFunc(c.prefixes, block.Overlaps)
	}}
}

func macTerm(text string) *term {
	address, _ := net.ParseMAC(text)
	mac := address.String()
	return &term{
		lookups: []lookup{{inInterfaces, "mac-address", []string{mac}}},
		match:   func(c *candidate) bool { return strings.EqualFold(c.mac, mac) },
	}
}

func idTerm(id string, l lookup) *term {
	l.values = []string{id}
	if l.filter == descriptionFilter {
		l.values = []string{"*" + id + "*"}
	}
	return &term{lookups: []lookup{l}, match: func(c *candidate) bool {
		return slices.Contains([]string{c.NetworkInterfaceId, c.InstanceId, c.SubnetId, c.VpcId, c.Owner}, id) ||
			slices.Contains(c.AllocationIds, id) || slices.Contains(c.associations, id) ||
			slices.ContainsFunc(c.SecurityGroups, func(g SecurityGroup) bool { return g.GroupId == id }) ||
			l.filter == descriptionFilter && strings.Contains(c.Description, id)
	}}
}

// nameTerm finds a name or a glob in Name tags, owners and descriptions.
func nameTerm(text string) (*term, error) {
	g, err := names.CompileGlob(text)
	if err != nil {
		return nil, queryError("%q: not a pattern: %v", text, err)
	}
	t := &term{}
	if hostName().MatchString(text) {
		t.host = text
	}
	if t.addBalancer(text) {
		return t, nil
	}
	pattern := ec2Pattern(text)
	t.lookups = []lookup{
		{inInterfaces, nameFilter, []string{pattern}}, {inInterfaces, descriptionFilter, []string{"*" + pattern + "*"}},
		{inAddresses, nameFilter, []string{pattern}}, {inInstances, nameFilter, []string{pattern}},
	}
	if g.Match("") { // resources without a name match, too
		t.lookups = []lookup{{source: inInterfaces}, {source: inAddresses}, {source: inInstances}}
	}
	t.match = func(c *candidate) bool {
		return slices.ContainsFunc([]string{c.Name, c.Tags["Name"], c.Owner, c.ownerName(), c.Description}, g.Match)
	}
	return t, nil
}

// addName makes the term also find a name.
func (t *term) addName(text string) error {
	name, err := nameTerm(text)
	if err != nil {
		return err
	}
	byID := t.match
	t.lookups = append(t.lookups, name.lookups...)
	t.match = func(c *candidate) bool { return byID(c) || name.match(c) }
	return nil
}

// hostName matches DNS names of at least two labels.
var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\.?$`)
})
