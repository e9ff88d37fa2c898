package awssim

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var interfaceID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^eni-([0-9a-f]{8}|[0-9a-f]{17})$`) })

func (s *Server) describeNetworkInterfaces(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "NetworkInterfaceId", "MaxResults", "NextToken", "IncludeManagedResources"); err != nil {
		return nil, err
	}
	wanted, err := compileFilters(r, interfaceTags, networkInterfaceFilters)
	if err != nil {
		return nil, err
	}
	ids := list(r.form, "NetworkInterfaceId")
	for _, id := range ids {
		if !interfaceID().MatchString(id) {
			return nil, fail(400, "InvalidNetworkInterfaceId.Malformed", "Invalid id: %q", id)
		}
	}
	size, err := r.pageSize(len(ids) > 0, "networkInterfaceSet")
	if err != nil {
		return nil, err
	}
	var chosen []*eni
	missing := slices.Clone(ids)
	for _, e := range s.place(r.principal.account, r.region).interfaces() {
		if len(ids) > 0 && !slices.Contains(ids, e.ID) || r.hides(e.operator) {
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == e.ID })
		if wanted(e) {
			chosen = append(chosen, e)
		}
	}
	if len(missing) > 0 {
		return nil, fail(400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", strings.Join(missing, ", "))
	}
	how := s.world.EC2
	if len(ids) > 0 {
		how, size = Paging{}, max(len(chosen), 1)
	}
	part, ok := s.paged(r, how, len(chosen), size, r.form.Get("NextToken"), listKey(r.form))
	if !ok {
		return nil, fail(400, "InvalidNextToken", "The specified NextToken is not valid.")
	}
	x := newXML().open("DescribeNetworkInterfacesResponse", "xmlns", namespaceEC2).elem("requestId", requestID)
	x.list("networkInterfaceSet", part.to-part.from, func(i int) { x.eni(chosen[part.from+i]) })
	return xmlAnswer(x.opt("nextToken", part.next).close("DescribeNetworkInterfacesResponse")), nil
}

func (s *Server) describeAddresses(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "PublicIp", "AllocationId"); err != nil {
		return nil, err
	}
	wanted, err := compileFilters(r, func(a *elasticIP) map[string]string { return a.Tags }, addressFilters)
	if err != nil {
		return nil, err
	}
	all := s.place(r.principal.account, r.region).elasticIPs()
	ids, ips := list(r.form, "AllocationId"), list(r.form, "PublicIp")
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(a *elasticIP) bool { return a.AllocationID == id }) {
			return nil, fail(400, "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
		}
	}
	for _, ip := range ips {
		if !slices.ContainsFunc(all, func(a *elasticIP) bool { return a.Public == ip }) {
			return nil, fail(400, "InvalidAddress.NotFound", "Address '%s' not found.", ip)
		}
	}
	chosen := slices.DeleteFunc(all, func(a *elasticIP) bool {
		return len(ids) > 0 && !slices.Contains(ids, a.AllocationID) || len(ips) > 0 && !slices.Contains(ips, a.Public) || !wanted(a)
	})
	x := newXML().open("DescribeAddressesResponse", "xmlns", namespaceEC2).elem("requestId", requestID)
	x.list("addressesSet", len(chosen), func(i int) { x.elasticIP(chosen[i], r) })
	return xmlAnswer(x.close("DescribeAddressesResponse")), nil
}

// hides reports whether an answer leaves out the resources that a service manages.
func (r *request) hides(operator string) bool {
	return operator != "" && r.principal.account.HideManaged && r.form.Get("IncludeManagedResources") != "true"
}

func interfaceTags(e *eni) map[string]string { return e.tags }

func one(read func(*eni) string) func(*eni) []string {
	return func(e *eni) []string { return []string{read(e)} }
}

// networkInterfaceFilters are the documented filters of DescribeNetworkInterfaces.
var networkInterfaceFilters = map[string]func(*eni) []string{
	"addresses.association.owner-id":   func(e *eni) []string { return ipOwners(&e.Interface, e.account) },
	"addresses.association.public-ip":  func(e *eni) []string { return addresses(&e.Interface, true) },
	"addresses.primary":                func(e *eni) []string { return []string{"true", "false"}[:min(2, len(e.Addresses))] },
	"addresses.private-ip-address":     func(e *eni) []string { return addresses(&e.Interface, false) },
	"association.allocation-id":        one(func(e *eni) string { return first(&e.Interface).AllocationID }),
	"association.association-id":       one(func(e *eni) string { return firstOf(e.associations()) }),
	"association.ip-owner-id":          one(func(e *eni) string { return first(&e.Interface).ipOwner(e.account) }),
	"association.public-dns-name":      one(func(e *eni) string { return publicDNS(e.region, first(&e.Interface).Public) }),
	"association.public-ip":            one(func(e *eni) string { return first(&e.Interface).Public }),
	"attachment.attach-time":           one(func(e *eni) string { return stamp(e.launched) }),
	"attachment.attachment-id":         one((*eni).attachment),
	"attachment.delete-on-termination": one(func(e *eni) string { return strconv.FormatBool(e.instance != "") }),
	"attachment.device-index":          one(func(e *eni) string { return strconv.Itoa(e.deviceIndex()) }),
	"attachment.instance-id":           one(func(e *eni) string { return e.instance }),
	"attachment.instance-owner-id":     one(func(e *eni) string { return e.attachedTo }),
	"attachment.status":                one(func(e *eni) string { return map[bool]string{true: "attached"}[e.attachedTo != ""] }),
	"availability-zone":                one(func(e *eni) string { return e.zone }),
	"availability-zone-id":             func(*eni) []string { return nil },
	"description":                      one(func(e *eni) string { return e.description }),
	"group-id":                         func(e *eni) []string { return groupIDs(e.Groups) },
	"interface-type":                   one(func(e *eni) string { return e.kind }),
	"ipv6-addresses.ipv6-address":      func(e *eni) []string { return e.IPv6s },
	"mac-address":                      one(func(e *eni) string { return e.MAC }),
	"network-interface-id":             one(func(e *eni) string { return e.ID }),
	"operator.managed":                 one(func(e *eni) string { return strconv.FormatBool(e.operator != "") }),
	"operator.principal":               one(func(e *eni) string { return e.operator }),
	"owner-id":                         one(func(e *eni) string { return e.account }),
	"private-dns-name":                 one(func(e *eni) string { return privateDNS(e.region, first(&e.Interface).Private) }),
	"private-ip-address":               one(func(e *eni) string { return first(&e.Interface).Private }),
	"requester-id":                     one(func(e *eni) string { return e.requester }),
	"requester-managed":                one(func(e *eni) string { return strconv.FormatBool(e.requester != "") }),
	"source-dest-check":                one(func(e *eni) string { return strconv.FormatBool(e.sourceDestCheck) }),
	"status":                           one((*eni).status),
	"subnet-id":                        one(func(e *eni) string { return e.Subnet }),
	"vpc-id":                           one(func(e *eni) string { return e.VPC }),
}

func (e *eni) associations() []string {
	if id := first(&e.Interface).AllocationID; id != "" {
		return []string{association(id)}
	}
	return nil
}

// addressFilters are the documented filters of DescribeAddresses.
var addressFilters = map[string]func(*elasticIP) []string{
	"allocation-id":              func(a *elasticIP) []string { return []string{a.AllocationID} },
	"association-id":             func(a *elasticIP) []string { return []string{a.association()} },
	"network-border-group":       func(a *elasticIP) []string { return []string{a.Region} },
	"private-ip-address":         func(a *elasticIP) []string { return []string{a.private} },
	"public-ip":                  func(a *elasticIP) []string { return []string{a.Public} },
	"instance-id":                ofInterface(func(e *eni) string { return e.instance }),
	"network-interface-id":       ofInterface(func(e *eni) string { return e.ID }),
	"network-interface-owner-id": ofInterface(func(e *eni) string { return e.account }),
}

func ofInterface(read func(*eni) string) func(*elasticIP) []string {
	return func(a *elasticIP) []string {
		if a.attached == nil {
			return nil
		}
		return []string{read(a.attached)}
	}
}

// list writes a list of n items. Without items it writes <name/>, as AWS does.
func (x *xmlWriter) list(name string, n int, item func(int)) {
	if n == 0 {
		x.elem(name, "")
		return
	}
	x.open(name)
	for i := range n {
		x.open("item")
		item(i)
		x.close("item")
	}
	x.close(name)
}

func (x *xmlWriter) tags(tags map[string]string) *xmlWriter {
	keys := slices.Sorted(maps.Keys(tags))
	x.list("tagSet", len(keys), func(i int) { x.elem("key", keys[i]).elem("value", tags[keys[i]]) })
	return x
}

func (x *xmlWriter) eni(e *eni) {
	main := first(&e.Interface)
	x.elem("networkInterfaceId", e.ID).elem("subnetId", e.Subnet).elem("vpcId", e.VPC).elem("availabilityZone", e.zone)
	x.elem("description", e.description).elem("ownerId", e.account).opt("requesterId", e.requester)
	x.elem("requesterManaged", strconv.FormatBool(e.requester != "")).elem("status", e.status()).elem("macAddress", e.MAC)
	x.opt("privateIpAddress", main.Private).opt("privateDnsName", privateDNS(e.region, main.Private))
	x.elem("sourceDestCheck", strconv.FormatBool(e.sourceDestCheck))
	x.groups(e.Groups)
	if e.attachedTo != "" {
		x.open("attachment").elem("attachmentId", e.attachment()).opt("instanceId", e.instance).elem("instanceOwnerId", e.attachedTo)
		x.elem("deviceIndex", strconv.Itoa(e.deviceIndex())).elem("status", "attached").elem("attachTime", stamp(e.launched))
		x.elem("deleteOnTermination", strconv.FormatBool(e.instance != "")).close("attachment")
	}
	x.eniAssociation(e, main)
	x.tags(e.tags)
	x.list("privateIpAddressesSet", len(e.Addresses), func(i int) {
		address := e.Addresses[i]
		x.elem("privateIpAddress", address.Private).elem("privateDnsName", privateDNS(e.region, address.Private)).elem("primary", strconv.FormatBool(i == 0))
		x.eniAssociation(e, address)
	})
	x.list("ipv6AddressesSet", len(e.IPv6s), func(i int) { x.elem("ipv6Address", e.IPv6s[i]).elem("isPrimaryIpv6", "false") })
	x.prefixes(&e.Interface)
	x.elem("interfaceType", e.kind).operator(e.operator)
}

func (x *xmlWriter) prefixes(eni *Interface) {
	for i, name := range []string{"ipv4Prefix", "ipv6Prefix"} {
		if list := prefixes(eni, i == 1); len(list) > 0 {
			x.list(name+"Set", len(list), func(i int) { x.elem(name, list[i]) })
		}
	}
}

func (x *xmlWriter) eniAssociation(e *eni, address Address) {
	if len(address.associated()) == 0 {
		return
	}
	x.open("association").opt("publicIp", address.Public).elem("publicDnsName", publicDNS(e.region, address.Public)).elem("ipOwnerId", address.ipOwner(e.account))
	x.opt("carrierIp", address.Carrier).opt("customerOwnedIp", address.Customer)
	if address.AllocationID != "" {
		x.elem("allocationId", address.AllocationID).elem("associationId", association(address.AllocationID))
	}
	x.close("association")
}

func (x *xmlWriter) elasticIP(a *elasticIP, r *request) {
	x.opt("publicIp", a.Public).opt("carrierIp", a.Carrier).opt("customerOwnedIp", a.Customer).elem("allocationId", a.AllocationID).elem("domain", "vpc")
	if e := a.attached; e != nil {
		x.opt("instanceId", e.instance).elem("associationId", a.association()).elem("networkInterfaceId", e.ID)
		x.elem("networkInterfaceOwnerId", e.account).elem("privateIpAddress", a.private)
	}
	x.tags(a.Tags)
	x.elem("publicIpv4Pool", "amazon").elem("networkBorderGroup", r.region)
}
