package inventory

import (
	"context"
	"net/netip"
	"slices"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// Address is the record of one address of a network interface, or of an Elastic IP without
// one. Its field names are the keys of every output format.
type Address struct {
	AccountId   string
	AccountName string
	Region      string
	Address     string
	Type        string // private, public, ipv6, or prefix if it is a block that is delegated to the interface

	PrivateIP    string // of a public address: the private one behind it
	PublicIP     string // of a private address: the public one in front of it
	AllocationId string // of an Elastic IP

	Name               string // as in Finding
	OwnerType          string
	Owner              string
	InstanceId         string
	NetworkInterfaceId string
	InterfaceType      string
	VpcId              string
	SubnetId           string
	SecurityGroups     []SecurityGroup
	Description        string
	Status             string
	OwnerId            string
	Tags               map[string]string

	Profile string
	Role    string
}

// AddressFinder lists the addresses of all interfaces and Elastic IPs, or those of targets.
type AddressFinder struct {
	*Finder
	types []string
}

// NewAddressFinder compiles targets, as NewFinder does; none means all addresses. types
// restricts the records to these values of Address.Type; none means all.
func NewAddressFinder(api *awsapi.API, what, types []string) (*AddressFinder, error) {
	if len(what) == 0 {
		what = []string{"*"}
	}
	f, err := NewFinder(api, what)
	return &AddressFinder{f, types}, err
}

// Visit emits the addresses of a region. Of an interface that a target finds by an
// address or a block, it emits only the addresses that the target names.
func (f *AddressFinder) Visit(ctx context.Context, p sweep.Place, emit func([]Address)) error {
	return f.visitInterfaces(ctx, p, func(found []candidate) {
		var all []Address
		for i := range found {
			for _, a := range found[i].addresses() {
				if (len(f.types) == 0 || slices.Contains(f.types, a.Type)) && f.names(&found[i], a.Address) {
					all = append(all, a)
				}
			}
		}
		emit(all)
	})
}

// names reports whether a target that the candidate matches is about an address of it.
func (f *AddressFinder) names(c *candidate, address string) bool {
	return slices.ContainsFunc(f.terms, func(t *term) bool {
		return slices.Contains(c.Matched, t.text) && (t.contains == nil || isIn(address, t.contains))
	})
}

// isIn reports whether an address, or an address of a block, is wanted.
func isIn(text string, wanted func(netip.Prefix) bool) bool {
	if block, err := netip.ParsePrefix(text); err == nil {
		return wanted(block)
	}
	address, err := netip.ParseAddr(text)
	return err == nil && wanted(netip.PrefixFrom(address, address.BitLen()))
}

// addresses returns a record for each address of a candidate.
func (c *candidate) addresses() (all []Address) {
	shared := Address{
		AccountId: c.AccountId, AccountName: c.AccountName, Region: c.Region,
		Name: c.Name, OwnerType: c.OwnerType, Owner: c.Owner, InstanceId: c.InstanceId, NetworkInterfaceId: c.NetworkInterfaceId,
		InterfaceType: c.InterfaceType, VpcId: c.VpcId, SubnetId: c.SubnetId, SecurityGroups: c.SecurityGroups,
		Description: c.Description, Status: c.Status, OwnerId: c.OwnerId, Tags: c.Tags, Profile: c.Profile, Role: c.Role,
	}
	add := func(text, kind string, set func(*Address)) {
		a := shared
		a.Address, a.Type = text, kind
		set(&a)
		all = append(all, a)
	}
	plain := func(*Address) {}
	if c.Kind == kindInterface || c.Kind == kindInstance {
		for _, text := range c.PrivateIPs {
			add(text, "private", func(a *Address) {
				if i := slices.IndexFunc(c.ips, func(ip PrivateIP) bool { return ip.PrivateIP == text }); i >= 0 {
					a.PublicIP = c.ips[i].PublicIP
				}
			})
		}
	}
	for _, text := range c.PublicIPs {
		add(text, "public", func(a *Address) {
			if i := slices.IndexFunc(c.ips, func(ip PrivateIP) bool { return ip.PublicIP == text }); i >= 0 {
				a.PrivateIP = c.ips[i].PrivateIP
			}
			a.AllocationId = c.allocations[text]
		})
	}
	for _, text := range c.IPv6s {
		add(text, "ipv6", plain)
	}
	for _, block := range c.prefixes {
		add(block.String(), "prefix", plain)
	}
	return all
}
