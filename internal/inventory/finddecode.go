package inventory

import (
	"io"
	"net/netip"

	"muster/internal/sweep"
)

// decodeInterfaces reads an answer of DescribeNetworkInterfaces into candidates,
// those that keep wants, and the token of the next page.
func decodeInterfaces(body io.Reader, p sweep.Place, keep func(*candidate) bool) (page []candidate, next string, err error) {
	d := &decoder{scanner: newScanner(body), place: p}
	err = d.document("DescribeNetworkInterfacesResponse", func(t tag) error {
		switch string(t.name) {
		case "networkInterfaceSet":
			return d.items(t, func(t tag) error {
				c, err := d.candidate(t)
				if err == nil && keep(&c) {
					page = append(page, c)
				}
				return err
			})
		case "nextToken":
			return d.string(t, &next)
		}
		return d.skip(t)
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (d *decoder) candidate(t tag) (candidate, error) {
	c := newCandidate(d.place, "network-interface")
	var eni NetworkInterface // its addresses
	var private, association string
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "networkInterfaceId":
			return d.string(t, &c.NetworkInterfaceId)
		case "interfaceType":
			return d.name(t, &c.InterfaceType)
		case "subnetId":
			return d.name(t, &c.SubnetId)
		case "vpcId":
			return d.name(t, &c.VpcId)
		case "description":
			return d.string(t, &c.Description)
		case "status":
			return d.name(t, &c.Status)
		case "ownerId":
			return d.name(t, &c.OwnerId)
		case "requesterId":
			return d.name(t, &c.requester)
		case "requesterManaged":
			return d.bool(t, &c.managed)
		case "macAddress":
			return d.string(t, &c.mac)
		case "privateIpAddress":
			return d.string(t, &private)
		case "groupSet":
			return d.groups(t, &c.SecurityGroups)
		case "attachment":
			return d.field(t, "instanceId", d.string, &c.InstanceId)
		case "tagSet":
			return d.items(t, func(t tag) error { return d.tagInto(t, c.Tags) })
		case "association":
			return d.field(t, "publicIp", d.string, &association)
		case "privateIpAddressesSet":
			return d.items(t, func(t tag) error { return d.address(t, &eni, &c) })
		case "ipv6AddressesSet":
			return d.items(t, func(t tag) error {
				var address string
				err := d.field(t, "ipv6Address", d.string, &address)
				c.IPv6s = append(c.IPv6s, address)
				return err
			})
		case "ipv4PrefixSet":
			return d.items(t, func(t tag) error { return d.prefix(t, "ipv4Prefix", &c) })
		case "ipv6PrefixSet":
			return d.items(t, func(t tag) error { return d.prefix(t, "ipv6Prefix", &c) })
		}
		return d.skip(t)
	})
	primaryFirst(eni.PrivateIPs)
	if len(eni.PrivateIPs) == 0 && private != "" {
		eni.PrivateIPs = []PrivateIP{{PrivateIP: private, PublicIP: association}}
	}
	for _, ip := range eni.PrivateIPs {
		c.PrivateIPs = append(c.PrivateIPs, ip.PrivateIP)
		if ip.PublicIP != "" {
			c.PublicIPs = append(c.PublicIPs, ip.PublicIP)
		}
	}
	if c.OwnerId == "" {
		c.OwnerId = c.AccountId
	}
	c.Id, c.Name = c.NetworkInterfaceId, c.Tags["Name"]
	c.own()
	return c, err
}

func (d *decoder) address(t tag, eni *NetworkInterface, c *candidate) error {
	var ip PrivateIP
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "privateIpAddress":
			return d.string(t, &ip.PrivateIP)
		case "primary":
			return d.bool(t, &ip.Primary)
		case "association":
			return d.each(t, func(t tag) error {
				switch string(t.name) {
				case "publicIp":
					return d.string(t, &ip.PublicIP)
				case "allocationId":
					return d.appended(t, &c.AllocationIds)
				case "associationId":
					return d.appended(t, &c.associations)
				}
				return d.skip(t)
			})
		}
		return d.skip(t)
	})
	eni.PrivateIPs = append(eni.PrivateIPs, ip)
	return err
}

func (d *decoder) appended(t tag, to *[]string) error {
	var text string
	err := d.string(t, &text)
	if text != "" {
		*to = append(*to, text)
	}
	return err
}

func (d *decoder) prefix(t tag, name string, c *candidate) error {
	var text string
	err := d.field(t, name, d.string, &text)
	if prefix, bad := netip.ParsePrefix(text); bad == nil {
		c.prefixes = append(c.prefixes, prefix)
	}
	return err
}
