package inventory

import (
	"io"
	"net/netip"
	"unsafe"

	"muster/internal/sweep"
)

// decodeInterfaces reads an answer of DescribeNetworkInterfaces into candidates,
// those that keep wants, and the token of the next page.
func decodeInterfaces(body io.Reader, p sweep.Place, keep func(*candidate) bool) (page []candidate, next string, err error) {
	d := &decoder{texts: newTexts(), place: p}
	d.reset(body)
	d.document("DescribeNetworkInterfacesResponse", "networkInterfaceSet", func() {
		switch string(d.name) {
		case "networkInterfaceSet":
			for d.item() {
				made := d.texts.made
				if c := d.candidate(); d.err == nil && keep(&c) {
					page = append(page, c)
					made = d.texts.made + candidateSize
				}
				d.texts.made = made
			}
		case "nextToken":
			next = string(d.value())
		default:
			d.skip()
		}
	})
	if d.err != io.EOF {
		return nil, "", d.err
	}
	return page, next, nil
}

const candidateSize = int(unsafe.Sizeof(candidate{}))

func (d *decoder) candidate() candidate {
	c := newCandidate(d.place, "network-interface")
	var ips []PrivateIP
	var private, ipv6 string // of the interface itself
	var associated association
	associate := func(a *association) {
		c.AllocationIds = union(c.AllocationIds, nonEmpty(a.allocation))
		c.associations = union(c.associations, nonEmpty(a.id))
	}
	for d.child() {
		switch string(d.name) {
		case "networkInterfaceId":
			c.NetworkInterfaceId = d.single()
		case "interfaceType":
			c.InterfaceType = d.recurring()
		case "subnetId":
			c.SubnetId = d.recurring()
		case "vpcId":
			c.VpcId = d.recurring()
		case "description":
			c.Description = d.single()
		case "status":
			c.Status = d.recurring()
		case "ownerId":
			c.OwnerId = d.recurring()
		case "requesterId":
			c.requester = d.recurring()
		case "requesterManaged":
			c.managed = d.bool()
		case "macAddress":
			c.mac = d.single()
		case "privateIpAddress":
			private = d.recurring() // the set has it again
		case "groupSet":
			d.groups(&c.SecurityGroups)
		case "attachment":
			d.attachment(&c)
		case "tagSet":
			for d.item() {
				d.tag()
			}
		case "association":
			d.association(&associated)
		case "privateIpAddressesSet":
			for d.item() {
				a := d.privateIP(&ips)
				associate(&a)
			}
		case "ipv6Address":
			ipv6 = d.recurring() // likewise
		case "ipv6AddressesSet":
			for d.item() {
				var address string
				d.field("ipv6Address", &address)
				c.IPv6s = append(c.IPv6s, address)
			}
		case "ipv4PrefixSet":
			for d.item() {
				d.prefix("ipv4Prefix", &c)
			}
		case "ipv6PrefixSet":
			for d.item() {
				d.prefix("ipv6Prefix", &c)
			}
		default:
			d.skip()
		}
	}
	if d.err == nil && c.NetworkInterfaceId == "" {
		d.failf("a network interface without an id")
	}
	for _, t := range d.tags {
		c.Tags[t.key] = t.value
	}
	d.tags = d.tags[:0]
	primaryFirst(ips)
	associate(&associated)
	for _, ip := range withPrimary(ips, private, &associated) {
		c.PrivateIPs = append(c.PrivateIPs, ip.PrivateIP)
		c.PublicIPs = append(c.PublicIPs, ip.PublicIP)
	}
	c.PrivateIPs, c.PublicIPs, c.IPv6s = eachOnce(c.PrivateIPs), eachOnce(c.PublicIPs), eachOnce(append(c.IPv6s, ipv6))
	if c.OwnerId == "" {
		c.OwnerId = c.AccountId
	}
	c.Id, c.Name = c.NetworkInterfaceId, c.Tags["Name"]
	c.own()
	return c
}

func (d *decoder) attachment(c *candidate) {
	for d.child() {
		switch string(d.name) {
		case "instanceId":
			c.InstanceId = d.single()
		case "deviceIndex":
			c.deviceIndex = d.number("deviceIndex")
		default:
			d.skip()
		}
	}
}

func (d *decoder) prefix(name string, c *candidate) {
	var text string
	d.field(name, &text)
	if prefix, err := netip.ParsePrefix(text); err == nil {
		c.prefixes = append(c.prefixes, prefix)
	}
}
