package awssim

import (
	"net/netip"
	"slices"
)

// networkPart is a security group, a VPC or a subnet, which exists because an interface uses it.
type networkPart struct {
	id, name, vpc, zone string
	address             string // of the first interface that uses it
}

// networkParts returns what the interfaces of the caller's account use, without repetitions, by id.
func (s *Server) networkParts(r *request, used func(*eni) []networkPart) []*networkPart {
	byID := map[string]*networkPart{}
	for _, e := range s.place(r.principal.account, r.region).interfaces() {
		for _, part := range used(e) {
			if byID[part.id] == nil {
				part.address = first(&e.Interface).Private
				byID[part.id] = &part
			}
		}
	}
	return byIdentifier(byID)
}

// byIdentifier returns the values in the order of their keys.
func byIdentifier[T any](byID map[string]T) []T {
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	all := make([]T, len(ids))
	for i, id := range ids {
		all[i] = byID[id]
	}
	return all
}

// ec2List says how an operation of EC2 lists things that have an id.
type ec2List[T any] struct {
	ids, set, notFound string // the parameter of ids, the element of the list, and the code for an unknown id
	id                 func(T) string
	filters            map[string]func(T) []string
	show               func(*xmlWriter, T)
}

// answer lists the chosen ones among all. other are the operation's own parameters.
func (l ec2List[T]) answer(s *Server, r *request, all []T, other ...string) (*answer, *apiError) {
	if err := r.checkParameters(append(other, "Filter", l.ids, "MaxResults", "NextToken")...); err != nil {
		return nil, err
	}
	wanted, err := compileFilters(r, func(T) map[string]string { return nil }, l.filters)
	if err != nil {
		return nil, err
	}
	ids := list(r.form, l.ids)
	size, err := r.pageSize(len(ids) > 0, l.ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(one T) bool { return l.id(one) == id }) {
			return nil, fail(400, l.notFound, "The ID '%s' does not exist", id)
		}
	}
	var chosen []T
	for _, one := range all {
		if wanted(one) && (len(ids) == 0 || slices.Contains(ids, l.id(one))) {
			chosen = append(chosen, one)
		}
	}
	part, ok := s.paged(r, s.world.EC2, len(chosen), size, r.form.Get("NextToken"), listKey(r.form))
	if !ok {
		return nil, fail(400, "InvalidNextToken", "The specified NextToken is not valid.")
	}
	x := newXML().open(r.name+"Response", "xmlns", namespaceEC2).elem("requestId", requestID)
	x.list(l.set, part.to-part.from, func(i int) { l.show(x, chosen[part.from+i]) })
	return xmlAnswer(x.opt("nextToken", part.next).close(r.name + "Response")), nil
}

func ofPart(read func(*networkPart) string) func(*networkPart) []string {
	return func(part *networkPart) []string { return []string{read(part)} }
}

func partID(part *networkPart) string   { return part.id }
func partVPC(part *networkPart) string  { return part.vpc }
func partName(part *networkPart) string { return part.name }
func partZone(part *networkPart) string { return part.zone }

func (s *Server) describeSecurityGroups(r *request) (*answer, *apiError) {
	all := s.networkParts(r, func(e *eni) []networkPart {
		var parts []networkPart
		for _, g := range e.Groups {
			parts = append(parts, networkPart{id: g.ID, name: g.Name, vpc: e.VPC})
		}
		return parts
	})
	return ec2List[*networkPart]{ids: "GroupId", set: "securityGroupInfo", notFound: "InvalidGroup.NotFound", id: partID,
		filters: map[string]func(*networkPart) []string{"group-id": ofPart(partID), "group-name": ofPart(partName), "vpc-id": ofPart(partVPC)},
		show: func(x *xmlWriter, part *networkPart) {
			x.elem("ownerId", r.principal.account.ID).elem("groupId", part.id).elem("groupName", part.name).elem("groupDescription", part.name+" group")
			x.elem("ipPermissions", "").open("ipPermissionsEgress").open("item").elem("ipProtocol", "-1").elem("groups", "")
			x.open("ipRanges").open("item").elem("cidrIp", "0.0.0.0/0").close("item").close("ipRanges")
			x.elem("ipv6Ranges", "").elem("prefixListIds", "").close("item").close("ipPermissionsEgress").elem("vpcId", part.vpc)
			x.elem("securityGroupArn", r.arn("ec2", "security-group/"+part.id)).tags(nil)
		}}.answer(s, r, all)
}

func (s *Server) describeVpcs(r *request) (*answer, *apiError) {
	all := s.networkParts(r, func(e *eni) []networkPart { return []networkPart{{id: e.VPC}} })
	return ec2List[*networkPart]{ids: "VpcId", set: "vpcSet", notFound: "InvalidVpcID.NotFound", id: partID,
		filters: map[string]func(*networkPart) []string{"vpc-id": ofPart(partID), "cidr": ofPart((*networkPart).network16)},
		show: func(x *xmlWriter, part *networkPart) {
			standard := "false"
			if part.id == defaultVPC(r.principal.account.ID, r.region) {
				standard = "true"
			}
			x.elem("vpcId", part.id).elem("ownerId", r.principal.account.ID).elem("state", "available").elem("cidrBlock", part.network16())
			x.elem("dhcpOptionsId", "dopt-0"+derive(0, "dhcp", part.id).hex(16)).elem("instanceTenancy", "default").elem("isDefault", standard).tags(nil)
		}}.answer(s, r, all)
}

func (s *Server) describeSubnets(r *request) (*answer, *apiError) {
	all := s.networkParts(r, func(e *eni) []networkPart { return []networkPart{{id: e.Subnet, vpc: e.VPC, zone: e.zone}} })
	return ec2List[*networkPart]{ids: "SubnetId", set: "subnetSet", notFound: "InvalidSubnetID.NotFound", id: partID,
		filters: map[string]func(*networkPart) []string{"subnet-id": ofPart(partID), "vpc-id": ofPart(partVPC), "availability-zone": ofPart(partZone)},
		show: func(x *xmlWriter, part *networkPart) {
			x.elem("subnetId", part.id).elem("subnetArn", r.arn("ec2", "subnet/"+part.id)).elem("state", "available").elem("ownerId", r.principal.account.ID)
			x.elem("vpcId", part.vpc).elem("cidrBlock", part.network(24)).elem("availableIpAddressCount", "250").elem("availabilityZone", part.zone)
			x.elem("defaultForAz", "false").elem("mapPublicIpOnLaunch", "false").tags(nil)
		}}.answer(s, r, all)
}

func (part *networkPart) network16() string { return part.network(16) }

// network returns the network of an address of the part. Parts without an address are in 172.31.0.0.
func (part *networkPart) network(bits int) string {
	address, err := netip.ParseAddr(part.address)
	if err != nil || !address.Is4() {
		address = netip.AddrFrom4([4]byte{172, 31})
	}
	return netip.PrefixFrom(address, bits).Masked().String()
}
