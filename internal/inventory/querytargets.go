package inventory

import (
	"net/netip"
	"slices"
	"strings"

	"muster/internal/names"
)

// targetMatcher is the compiled Query.What. A record matches if it matches any target.
type targetMatcher struct {
	none bool // there are no targets: every record matches

	ids       map[string]bool
	addresses map[netip.Addr]bool
	blocks    []netip.Prefix
	names     []*names.Glob // of Name tags
	idGlobs   []*names.Glob
}

func (m *targetMatcher) matches(r *Instance) bool {
	if m.none || m.ids[r.InstanceId] ||
		slices.ContainsFunc(m.names, func(g *names.Glob) bool { return g.Match(r.Name) }) ||
		slices.ContainsFunc(m.idGlobs, func(g *names.Glob) bool { return g.Match(r.InstanceId) }) {
		return true
	}
	if len(m.addresses) == 0 && len(m.blocks) == 0 {
		return false
	}
	matches := func(text string) bool {
		address, ok := parseAddress(text)
		return ok && (m.addresses[address] ||
			slices.ContainsFunc(m.blocks, func(b netip.Prefix) bool { return b.Contains(address) }))
	}
	return slices.ContainsFunc(r.PrivateIPs, matches) || slices.ContainsFunc(r.PublicIPs, matches) || slices.ContainsFunc(r.IPv6s, matches)
}

// targetCompiler sorts targets by kind, and collects the values of the lookups.
type targetCompiler struct {
	targetMatcher
	everything bool // some target has no lookup: all instances must be listed

	idValues, nameValues []string // ids and names, or patterns of EC2 for them
	ipv4, publicIPv4     []string
}

// compileTargets derives the lookups of the targets.
func (m *matcher) compileTargets(q Query) error {
	targets, err := parseTargets(q.What, "an instance id, a name, an IP address or a CIDR block")
	if err != nil {
		return err
	}
	c := targetCompiler{targetMatcher: targetMatcher{
		none: len(targets) == 0, ids: map[string]bool{}, addresses: map[netip.Addr]bool{},
	}}
	for _, t := range targets {
		if err := c.add(t); err != nil {
			return err
		}
	}
	m.targets = c.targetMatcher
	if c.everything || max(len(c.idValues), len(c.nameValues), len(c.ipv4)) > maxFilterValues {
		return nil
	}
	lookups := append([]lookup{{inInstances, "instance-id", c.idValues}, {inInstances, nameFilter, c.nameValues}},
		instanceLookups(c.ipv4, c.publicIPv4)...)
	m.lookups = slices.DeleteFunc(lookups, func(l lookup) bool { return len(l.values) == 0 })
	m.secondary = c.ipv4
	return nil
}

func (c *targetCompiler) add(t target) error {
	text := t.normalized
	if address, ok := parseAddress(text); ok {
		c.addAddress(address)
		return nil
	}
	if block, ok := parseBlock(text); ok {
		c.blocks = append(c.blocks, block)
		c.everything = true
		return nil
	}
	if looksLikeAddress(text) {
		return addressError(text)
	}
	if id := idPattern().FindStringSubmatch(text); id != nil && id[1] == "i" {
		c.ids[text] = true
		c.idValues = append(c.idValues, text)
		if !endsInDate(text) {
			return nil
		}
	} else if id != nil && len(id[2]) == 17 { // 8 digits may be the date in a name
		if filter := instanceFilters[id[1]]; filter != "" {
			return queryError("%q is not the id of an instance; --filter Name=%s,Values=%s finds instances by it", text, filter, text)
		}
		if isIDPrefix(id[1]) {
			return queryError("%q is not the id of an instance; expected an id of i-, a name, an IP address or a CIDR block", text)
		}
	}
	return c.addName(t.text)
}

func (c *targetCompiler) addAddress(address netip.Addr) {
	c.addresses[address] = true
	if address.Is6() { // EC2 compares text, and an address has several spellings
		c.everything = true
		return
	}
	c.ipv4 = append(c.ipv4, address.String())
	if !isPrivate(netip.PrefixFrom(address, 32)) {
		c.publicIPv4 = append(c.publicIPv4, address.String())
	}
}

// addName adds a name or a glob of names, which may also be a glob of ids.
func (c *targetCompiler) addName(text string) error {
	g, err := names.CompileGlob(text)
	if err != nil {
		return queryError("%q: not a pattern: %v", text, err)
	}
	c.names = append(c.names, g)
	c.nameValues = append(c.nameValues, ec2Pattern(text))
	if strings.HasPrefix(text, "i-") && !c.ids[text] {
		c.idGlobs = append(c.idGlobs, g)
		c.idValues = append(c.idValues, ec2Pattern(text))
	}
	return nil
}
