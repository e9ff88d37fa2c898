package awssim

import (
	"cmp"
	"slices"
	"strconv"
)

// secondary is an interface in a secondary network, with every field that EC2 shows.
type secondary struct {
	Secondary
	instance *Instance
}

// connectSecondary fills in the fields that the world leaves out, and adds the addresses after those of the network
// interfaces.
func (in *Instance) connectSecondary(g *generator) {
	if len(in.Secondary) == 0 {
		return
	}
	in.Secondary = slices.Clone(in.Secondary)
	for i := range in.Secondary {
		s := &in.Secondary[i]
		s.ID = cmp.Or(s.ID, "sni-0"+g.hex(16))
		if s.DeviceIndex == nil {
			s.DeviceIndex = new(len(in.Interfaces) + i)
		}
	}
	for _, s := range slices.SortedStableFunc(slices.Values(in.Secondary), func(a, b Secondary) int { return *a.DeviceIndex - *b.DeviceIndex }) {
		in.PrivateIPs = append(in.PrivateIPs, s.PrivateIPs...)
	}
}

func (s *Server) describeSecondaryInterfaces(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "SecondaryInterfaceId", "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	wanted, err := compileFilters(r, func(*secondary) map[string]string { return nil }, secondaryFilters)
	if err != nil {
		return nil, err
	}
	size, err := r.pageSize(false, "secondaryInterfaceSet")
	if err != nil {
		return nil, err
	}
	var chosen []*secondary
	p := s.place(r.principal.account, r.region)
	for i := range p.len() {
		in := p.at(i)
		for _, one := range in.Secondary {
			if found := (&secondary{one, &in}); wanted(found) {
				chosen = append(chosen, found)
			}
		}
	}
	part, ok := s.paged(r, s.world.EC2, len(chosen), size, r.form.Get("NextToken"), listKey(r.form))
	if !ok {
		return nil, fail(400, "InvalidNextToken", "The specified NextToken is not valid.")
	}
	x := newXML().open("DescribeSecondaryInterfacesResponse", "xmlns", namespaceEC2).elem("requestId", requestID)
	x.list("secondaryInterfaceSet", part.to-part.from, func(i int) {
		found := chosen[part.from+i]
		x.elem("secondaryInterfaceId", found.ID).elem("ownerId", found.instance.Account).elem("availabilityZone", found.instance.Zone).elem("status", "in-use")
		x.open("attachment").elem("instanceId", found.instance.ID).elem("deviceIndex", strconv.Itoa(*found.DeviceIndex)).elem("status", "attached").close("attachment")
		x.list("privateIpv4AddressSet", len(found.PrivateIPs), func(i int) { x.elem("privateIpAddress", found.PrivateIPs[i]) })
	})
	return xmlAnswer(x.opt("nextToken", part.next).close("DescribeSecondaryInterfacesResponse")), nil
}

// secondaryFilters are documented filters of DescribeSecondaryInterfaces.
var secondaryFilters = map[string]func(*secondary) []string{
	"attachment.instance-id":                    func(s *secondary) []string { return []string{s.instance.ID} },
	"private-ipv4-addresses.private-ip-address": func(s *secondary) []string { return s.PrivateIPs },
	"secondary-interface-id":                    func(s *secondary) []string { return []string{s.ID} },
}

// secondaryOfInstance writes the item in DescribeInstances.
func (x *xmlWriter) secondaryOfInstance(s *Secondary) {
	x.elem("secondaryInterfaceId", s.ID).elem("status", "in-use").elem("interfaceType", "secondary")
	x.open("attachment").elem("deviceIndex", strconv.Itoa(*s.DeviceIndex)).elem("status", "attached").close("attachment")
	x.list("privateIpAddressSet", len(s.PrivateIPs), func(i int) { x.elem("privateIpAddress", s.PrivateIPs[i]) })
}
