package inventory

import (
	"cmp"
	"net/netip"
	"slices"

	"muster/internal/sweep"
	"muster/internal/wire"
)

// candidate is a finding that may match, with the properties that only the search needs.
type candidate struct {
	Finding
	requester    string // who created the interface: amazon-elb, ...
	managed      bool   // by AWS
	mac          string
	deviceIndex  int               // of the interface in its instance
	ips          []PrivateIP       // the pairs of private and public addresses
	allocations  map[string]string // of Elastic IPs, by the public address
	associations []string          // ids of the associations of Elastic IPs
	prefixes     []netip.Prefix    // delegated to the interface, which has all of their addresses
}

func newCandidate(p sweep.Place, kind string) candidate {
	return candidate{Finding: Finding{
		AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region, Kind: kind,
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{}, AllocationIds: []string{}, SecurityGroups: []SecurityGroup{},
		Matched: []string{}, Tags: map[string]string{}, OwnerId: p.Account.ID,
		Profile: p.Identity.Profile, Role: p.Identity.Role,
	}}
}

// newElasticIP converts an Elastic IP.
func newElasticIP(p sweep.Place, a wire.Object) candidate {
	c := newCandidate(p, kindElasticIP)
	for _, tag := range a.Objects("Tags") {
		c.Tags[tag.Text("Key")] = tag.Text("Value")
	}
	c.Id, c.Name = cmp.Or(a.Text("AllocationId"), a.Text("PublicIp"), a.Text("CarrierIp")), c.Tags["Name"]
	c.InstanceId, c.NetworkInterfaceId = a.Text("InstanceId"), a.Text("NetworkInterfaceId")
	c.OwnerType, c.Status = "unattached", "available"
	switch {
	case c.InstanceId != "":
		c.OwnerType, c.Owner, c.Status = "instance", c.InstanceId, "in-use"
	case c.NetworkInterfaceId != "":
		c.OwnerType, c.Owner, c.Status = kindInterface, c.NetworkInterfaceId, "in-use"
	}
	for _, kind := range []string{"PublicIp", "CarrierIp", "CustomerOwnedIp"} {
		c.PublicIPs = append(c.PublicIPs, nonEmpty(a.Text(kind))...)
	}
	c.PrivateIPs = append(c.PrivateIPs, nonEmpty(a.Text("PrivateIpAddress"))...)
	c.AllocationIds = append(c.AllocationIds, nonEmpty(a.Text("AllocationId"))...)
	c.associations = nonEmpty(a.Text("AssociationId"))
	for _, public := range c.PublicIPs {
		c.pair(a.Text("PrivateIpAddress"), public, a.Text("AllocationId"))
	}
	return c
}

// outsideAddresses returns an instance with the addresses that none of its interfaces has,
// or nil if there are none.
func outsideAddresses(p sweep.Place, r *Instance) *candidate {
	var private, public, ipv6 []string
	for _, eni := range r.NetworkInterfaces {
		for _, ip := range eni.PrivateIPs {
			private, public = append(private, ip.PrivateIP), append(public, ip.PublicIP)
		}
		ipv6 = append(ipv6, eni.IPv6s...)
	}
	c := newCandidate(p, kindInstance)
	c.PrivateIPs, c.PublicIPs, c.IPv6s = without(r.PrivateIPs, private), without(r.PublicIPs, public), without(r.IPv6s, ipv6)
	if len(c.PrivateIPs)+len(c.PublicIPs)+len(c.IPv6s) == 0 {
		return nil
	}
	c.Id, c.InstanceId, c.Name, c.Tags = r.InstanceId, r.InstanceId, r.Name, r.Tags
	c.VpcId, c.SubnetId, c.SecurityGroups, c.Status = r.VpcId, r.SubnetId, r.SecurityGroups, r.State
	c.setOwner()
	return &c
}

// hasAddress reports whether match is true of any of a candidate's addresses.
func (c *candidate) hasAddress(match func(netip.Addr) bool) bool {
	for _, list := range [][]string{c.PrivateIPs, c.PublicIPs, c.IPv6s} {
		if slices.ContainsFunc(list, func(text string) bool {
			address, err := netip.ParseAddr(text)
			return err == nil && match(address)
		}) {
			return true
		}
	}
	return false
}

// pair notes a public address with its private address and the Elastic IP that it is.
func (c *candidate) pair(private, public, allocation string) {
	if !slices.ContainsFunc(c.ips, func(ip PrivateIP) bool { return ip.PublicIP == public }) {
		c.ips = append(c.ips, PrivateIP{PrivateIP: private, PublicIP: public})
	}
	if allocation != "" {
		if c.allocations == nil {
			c.allocations = map[string]string{}
		}
		c.allocations[public] = allocation
	}
}

// join adds an Elastic IP to the interface or the Elastic IP that has the same interface.
func (c *candidate) join(eip *candidate) {
	c.Matched = union(c.Matched, eip.Matched)
	c.PublicIPs, c.AllocationIds = union(c.PublicIPs, eip.PublicIPs), union(c.AllocationIds, eip.AllocationIds)
	for _, ip := range eip.ips {
		c.pair(ip.PrivateIP, ip.PublicIP, eip.allocations[ip.PublicIP])
	}
}

// union appends to a the texts of b that it lacks.
func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
}

// without returns the texts of list that are not in others.
func without(list, others []string) []string {
	remove := make(map[string]bool, len(others))
	for _, text := range others {
		remove[text] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(text string) bool { return remove[text] })
}

// nonEmpty returns a list of the text, or nil if it is empty.
func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
