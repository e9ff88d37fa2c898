package inventory

import (
	"io"
	"net/netip"

	"muster/internal/sweep"
)

// decodeInterfaces decodes an answer of DescribeNetworkInterfaces. It also returns the token
// of the next page.
func decodeInterfaces(body io.Reader, p sweep.Place) (page []candidate, next string, err error) {
	d := newDecoder()
	d.place = p
	d.Reset(body)
	err = d.Document("DescribeNetworkInterfacesResponse", "networkInterfaceSet", func() {
		switch string(d.Name()) {
		case "networkInterfaceSet":
			for d.item() {
				d.strings.Size += candidateSize
				page = append(page, d.candidate())
			}
		case "nextToken":
			next = string(d.Text())
		default:
			d.Skip()
		}
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

// candidate reads an interface.
func (d *decoder) candidate() candidate {
	c := newCandidate(d.place, kindInterface)
	d.tags = d.tags[:0]
	addresses := d.interfaceMembers(&c)
	if c.NetworkInterfaceId == "" {
		d.Failf("a network interface without an id")
	}
	for _, t := range d.tags {
		c.Tags[t.key] = t.value
	}
	c.setAddresses(addresses)
	if c.OwnerId == "" {
		c.OwnerId = c.AccountId
	}
	c.Id, c.Name = c.NetworkInterfaceId, c.Tags["Name"]
	c.setOwner()
	return c
}

// interfaceAddresses are the addresses of an interface as EC2 lists them.
type interfaceAddresses struct {
	ips           []PrivateIP
	associations  []association // of ips
	private, ipv6 string        // of the interface itself, as is the next
	associated    association
}

// interfaceMembers reads the members of an interface, and the tags into d.tags.
func (d *decoder) interfaceMembers(c *candidate) (addresses interfaceAddresses) {
	for d.Child() {
		switch string(d.Name()) {
		case "networkInterfaceId":
			c.NetworkInterfaceId = d.unique()
		case "interfaceType":
			c.InterfaceType = d.common()
		case "subnetId":
			c.SubnetId = d.common()
		case "vpcId":
			c.VpcId = d.common()
		case "description":
			c.Description = d.unique()
		case "status":
			c.Status = d.common()
		case "ownerId":
			c.OwnerId = d.common()
		case "requesterId":
			c.requester = d.common()
		case "requesterManaged":
			c.managed = d.boolean("requesterManaged")
		case "macAddress":
			c.mac = d.unique()
		case "privateIpAddress":
			addresses.private = d.common() // the set repeats it
		case "groupSet":
			d.securityGroups(&c.SecurityGroups)
		case "attachment":
			d.attachment(c)
		case "tagSet":
			for d.item() {
				d.tag()
			}
		case "association":
			d.association(&addresses.associated)
		case "privateIpAddressesSet":
			for d.item() {
				addresses.associations = append(addresses.associations, d.privateIP(&addresses.ips))
			}
		case "ipv6Address":
			addresses.ipv6 = d.common() // the set repeats it
		case "ipv6AddressesSet":
			for d.item() {
				var address string
				d.member("ipv6Address", &address)
				c.IPv6s = append(c.IPv6s, address)
			}
		case "ipv4PrefixSet":
			for d.item() {
				d.prefix("ipv4Prefix", c)
			}
		case "ipv6PrefixSet":
			for d.item() {
				d.prefix("ipv6Prefix", c)
			}
		default:
			d.Skip()
		}
	}
	return addresses
}

// setAddresses sets the lists of addresses, and the Elastic IPs among them.
func (c *candidate) setAddresses(a interfaceAddresses) {
	primaryFirst(a.ips)
	c.ips = withPrimary(a.ips, a.private, &a.associated)
	for _, associated := range append(a.associations, a.associated) {
		c.AllocationIds = union(c.AllocationIds, nonEmpty(associated.allocationID))
		c.associations = union(c.associations, nonEmpty(associated.associationID))
		for _, public := range associated.addresses() {
			c.pair("", public, associated.allocationID)
		}
	}
	for _, ip := range c.ips {
		c.PrivateIPs = append(c.PrivateIPs, ip.PrivateIP)
		c.PublicIPs = append(c.PublicIPs, ip.PublicIP)
	}
	c.PrivateIPs, c.PublicIPs, c.IPv6s = unique(c.PrivateIPs), unique(c.PublicIPs), unique(append(c.IPv6s, a.ipv6))
}

func (d *decoder) attachment(c *candidate) {
	for d.Child() {
		switch string(d.Name()) {
		case "instanceId":
			c.InstanceId = d.unique()
		case "deviceIndex":
			c.deviceIndex = d.integer("deviceIndex")
		default:
			d.Skip()
		}
	}
}

// prefix reads a prefix that is delegated to an interface.
func (d *decoder) prefix(name string, c *candidate) {
	var text string
	d.member(name, &text)
	if prefix, err := netip.ParsePrefix(text); err == nil {
		c.prefixes = append(c.prefixes, prefix)
	}
}
