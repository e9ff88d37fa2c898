package inventory

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// element is an element of an answer as encoding/xml reads it.
type element struct {
	name, text string
	children   []*element
}

// parse reads a document into a tree.
func parse(body string) (*element, error) {
	root := &element{}
	open := []*element{root}
	for d := xml.NewDecoder(strings.NewReader(body)); ; {
		token, err := d.Token()
		if err == io.EOF {
			if len(root.children) != 1 {
				return nil, errors.New("not one document")
			}
			return root.children[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
}

// all returns the elements at the end of a path.
func (e *element) all(path ...string) []*element {
	found := []*element{e}
	for _, name := range path {
		var next []*element
		for _, e := range found {
			for _, child := range e.children {
				if child.name == name {
					next = append(next, child)
				}
			}
		}
		found = next
	}
	return found
}

// value returns the text at the end of a path.
func (e *element) value(path ...string) string {
	found := e.all(path...)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1].text
}

// oracle reads an answer by way of a tree.
func oracle(body string) (page []Instance, next string, err error) {
	root, err := parse(body)
	if err != nil {
		return nil, "", err
	}
	for _, reservation := range root.all("reservationSet", "item") {
		for _, in := range reservation.all("instancesSet", "item") {
			r, err := in.instance()
			if err != nil {
				return nil, "", err
			}
			r.ReservationId = reservation.value("reservationId")
			page = append(page, r)
		}
	}
	return page, root.value("nextToken"), nil
}

func (e *element) instance() (r Instance, err error) {
	r = newInstance(here)
	r.Tags = map[string]string{}
	for name, field := range map[string]*string{
		"instanceId": &r.InstanceId, "instanceType": &r.InstanceType, "vpcId": &r.VpcId, "subnetId": &r.SubnetId, "imageId": &r.ImageId,
		"keyName": &r.KeyName, "architecture": &r.Architecture, "platform": &r.Platform, "instanceLifecycle": &r.Lifecycle,
	} {
		*field = e.value(name)
	}
	r.AvailabilityZone, r.State, r.IamInstanceProfile = e.value("placement", "availabilityZone"), e.value("instanceState", "name"), e.value("iamInstanceProfile", "arn")
	for _, at := range e.all("launchTime") {
		launched, err := smithytime.ParseDateTime(at.text)
		if err != nil {
			return r, err
		}
		r.LaunchTime = launched.UTC().Format(time.RFC3339)
	}
	for _, tag := range e.all("tagSet", "item") {
		r.Tags[tag.value("key")] = tag.value("value")
	}
	r.Name = r.Tags["Name"]
	r.SecurityGroups = e.groups()
	for _, n := range e.all("networkInterfaceSet", "item") {
		eni, err := n.networkInterface()
		if err != nil {
			return r, err
		}
		r.NetworkInterfaces = append(r.NetworkInterfaces, eni)
	}
	for _, s := range e.all("secondaryInterfaceSet", "item") {
		if _, err := s.index(); err != nil {
			return r, err
		}
	}
	sortInterfaces(r.NetworkInterfaces)
	r.PrivateIPs, r.PublicIPs, r.IPv6s = e.addresses()
	return r, nil
}

func (e *element) networkInterface() (NetworkInterface, error) {
	index, err := e.index()
	eni := NetworkInterface{
		NetworkInterfaceId: e.value("networkInterfaceId"), DeviceIndex: index, SubnetId: e.value("subnetId"), VpcId: e.value("vpcId"),
		MacAddress: e.value("macAddress"), PrivateIPs: []PrivateIP{}, IPv6s: []string{}, SecurityGroups: e.groups(),
	}
	for _, a := range e.all("privateIpAddressesSet", "item") {
		for _, primary := range a.all("primary") {
			if _, parseErr := strconv.ParseBool(primary.text); parseErr != nil {
				return eni, parseErr
			}
		}
		associated := a.association()
		eni.PrivateIPs = associated.appendTo(eni.PrivateIPs, PrivateIP{PrivateIP: a.value("privateIpAddress"), Primary: a.primary()})
	}
	primaryFirst(eni.PrivateIPs)
	associated := e.association()
	eni.PrivateIPs = withPrimary(eni.PrivateIPs, e.value("privateIpAddress"), &associated)
	for _, a := range e.all("ipv6AddressesSet", "item") {
		eni.IPv6s = append(eni.IPv6s, a.value("ipv6Address"))
	}
	return eni, err
}

func (e *element) groups() []SecurityGroup {
	groups := []SecurityGroup{}
	for _, g := range e.all("groupSet", "item") {
		groups = append(groups, SecurityGroup{GroupId: g.value("groupId"), GroupName: g.value("groupName")})
	}
	return groups
}

func (e *element) primary() bool {
	primary, _ := strconv.ParseBool(e.value("primary"))
	return primary
}

func (e *element) index() (int, error) {
	text := e.value("attachment", "deviceIndex")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err
}

func (e *element) association() association {
	return association{
		public: e.value("association", "publicIp"), carrier: e.value("association", "carrierIp"), customerOwned: e.value("association", "customerOwnedIp"),
	}
}

// byIndex returns the interfaces of a list by device index.
func (e *element) byIndex(list string) []*element {
	return slices.SortedStableFunc(slices.Values(e.all(list, "item")), func(a, b *element) int {
		x, _ := a.index()
		y, _ := b.index()
		return x - y
	})
}

// addresses returns all addresses of an instance in the order of the record: interface by
// interface, and at the end the ones that no interface has. In each interface, its own
// address comes first unless another is primary.
func (e *element) addresses() (private, public, ipv6 []string) {
	private, public, ipv6 = []string{}, []string{}, []string{}
	add := func(to *[]string, address string) {
		if address != "" && !slices.Contains(*to, address) {
			*to = append(*to, address)
		}
	}
	for _, n := range e.byIndex("networkInterfaceSet") {
		for _, p := range n.pairs() {
			add(&private, p.private)
			for _, ip := range p.public {
				add(&public, ip)
			}
		}
		for _, a := range n.all("ipv6AddressesSet", "item") {
			add(&ipv6, a.value("ipv6Address"))
		}
	}
	for _, s := range e.byIndex("secondaryInterfaceSet") {
		for _, a := range s.all("privateIpAddressSet", "item") {
			add(&private, a.value("privateIpAddress"))
		}
	}
	add(&private, e.value("privateIpAddress"))
	add(&public, e.value("ipAddress"))
	add(&ipv6, e.value("ipv6Address"))
	return private, public, ipv6
}

// pair is a private address with its public ones.
type pair struct {
	private string
	public  []string
	primary bool
}

// pairs returns the addresses of an interface, with the interface's own.
func (e *element) pairs() (pairs []pair) {
	associated := func(e *element) []string {
		a := e.association()
		return []string{a.public, a.carrier, a.customerOwned}
	}
	for _, primary := range []bool{true, false} {
		for _, a := range e.all("privateIpAddressesSet", "item") {
			if a.primary() == primary {
				pairs = append(pairs, pair{a.value("privateIpAddress"), associated(a), primary})
			}
		}
	}
	itself := pair{e.value("privateIpAddress"), associated(e), true}
	if itself.private == "" && len(pairs) > 0 {
		itself.private = pairs[0].private
	}
	itself.public = slices.DeleteFunc(itself.public, func(ip string) bool { // the ones that a pair has
		return ip == "" || slices.ContainsFunc(pairs, func(p pair) bool { return slices.Contains(p.public, ip) })
	})
	switch at := slices.IndexFunc(pairs, func(p pair) bool { return p.private == itself.private }); {
	case at >= 0:
		for _, ip := range itself.public {
			if strings.Join(pairs[at].public, "") != "" { // after the other entries of the same address
				for at+1 < len(pairs) && pairs[at+1].private == itself.private {
					at++
				}
			}
			pairs[at].public = append(pairs[at].public, ip)
		}
	case len(pairs) > 0 && pairs[0].primary:
		pairs = append(pairs, itself)
	default:
		pairs = append([]pair{itself}, pairs...)
	}
	return pairs
}

// complete reports whether an answer has the elements that EC2 always returns: the list, and
// the ids in it.
func complete(body string) bool {
	root, err := parse(body)
	if err != nil || len(root.all("reservationSet")) == 0 {
		return false
	}
	for _, r := range root.all("reservationSet", "item") {
		if len(r.all("instancesSet")) == 0 || r.value("reservationId") == "" ||
			slices.ContainsFunc(r.all("instancesSet", "item"), func(in *element) bool { return in.value("instanceId") == "" }) {
			return false
		}
	}
	return true
}
