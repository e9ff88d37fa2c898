package awssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// NetworkInterface is a network interface of another service. Instances have their interfaces in Instance.
type NetworkInterface struct {
	Account string            `json:"account"`
	Region  string            `json:"region"`
	Kind    string            `json:"kind"`            // elb, nlb, nat, vpce, lambda, rds, efs, elasticache, ecs, tgw or unattached
	Owner   string            `json:"owner,omitempty"` // the owner in its description, such as app/shop/50dc6c495c0c9188 or nat-...; default: derived
	DNS     string            `json:"dns,omitempty"`   // a host name that LookupHost resolves; interfaces may share it
	Zone    string            `json:"zone,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	Interface
}

// ElasticIP is an unassociated Elastic IP. Associated ones are addresses of interfaces, with an allocation_id.
type ElasticIP struct {
	Account      string            `json:"account"`
	Region       string            `json:"region"`
	Public       string            `json:"public,omitempty"`
	Carrier      string            `json:"carrier,omitempty"`  // instead of Public, or as well
	Customer     string            `json:"customer,omitempty"` // instead of Public, or as well
	AllocationID string            `json:"allocation_id,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// service describes the interfaces that a service makes, in EC2's words.
type service struct {
	owner       string // the prefix of a derived owner
	description string // with %s for the owner
	interfaces  string // InterfaceType
	requester   string // RequesterId; a number is an account of AWS
	attached    string // InstanceOwnerId of the attachment
	checked     bool   // SourceDestCheck
}

var services = map[string]service{
	"elb":         {"app/lb/", "ELB %s", "interface", "amazon-elb", "amazon-elb", true},
	"nlb":         {"net/lb/", "ELB %s", "network_load_balancer", "amazon-elb", "amazon-aws", false},
	"nat":         {"nat-0", "Interface for NAT Gateway %s", "nat_gateway", "036472198543", "amazon-aws", false},
	"vpce":        {"vpce-0", "VPC Endpoint Interface %s", "vpc_endpoint", "727180483921", "amazon-aws", true},
	"lambda":      {"function-", "AWS Lambda VPC ENI-%s-5a1c9e70-4b8f-4c6e-9d27-3f60b1e8a9d4", "lambda", "AROAI5KWMZ2QX7PLBVNCE:lambda", "amazon-aws", true},
	"rds":         {"", "RDSNetworkInterface", "interface", "amazon-rds", "amazon-rds", true},
	"efs":         {"fs-0", "EFS mount target for %s (fsmt-0b7c4d2e9f1a8563d)", "efs", "408262051798", "amazon-aws", true},
	"elasticache": {"cache-", "ElastiCache %s", "interface", "amazon-elasticache", "amazon-elasticache", true},
	"ecs":         {"", "arn:%s:attachment/8f3d0c55-21b7-4e9a-b6f4-7d1c2a90e3b8", "interface", "578734482556", "327094322433", true},
	"tgw":         {"tgw-attach-0", "Network Interface for Transit Gateway Attachment %s", "transit_gateway", "910342476613", "amazon-aws", true},
	"unattached":  {"", "%s", "interface", "", "", true},
}

// eni is a network interface with every field that EC2 shows, of an instance or of a service.
type eni struct {
	Interface
	account, region, zone string
	instance              string // the id of the instance that it is attached to
	description, kind     string
	operator              string // the service that manages its instance
	requester, attachedTo string // attachedTo is the attachment's InstanceOwnerId, "" without attachment
	sourceDestCheck       bool
	launched              time.Time
	tags                  map[string]string
}

func (e *eni) status() string {
	if e.attachedTo == "" {
		return "available"
	}
	return "in-use"
}

func (e *eni) deviceIndex() int {
	if e.DeviceIndex != nil {
		return *e.DeviceIndex
	}
	return 1
}

func (e *eni) attachment() string {
	switch {
	case e.attachedTo == "":
		return ""
	case e.instance == "":
		return "ela-attach-0" + suffix(e.ID)
	}
	return attachment(&e.Interface)
}

// interfaces returns all interfaces of the place. Interfaces of instances are first.
func (p *place) interfaces() []*eni {
	var all []*eni
	for i := range p.len() {
		in := p.at(i)
		for _, one := range in.Interfaces {
			all = append(all, &eni{Interface: one, account: in.Account, region: in.Region, zone: in.Zone, instance: in.ID, operator: in.Operator,
				kind: "interface", attachedTo: in.Account, sourceDestCheck: true, launched: in.Launched})
		}
	}
	for i, given := range p.account.interfaces[p.region] {
		all = append(all, p.serviceInterface(given, i))
	}
	return all
}

func (p *place) serviceInterface(given *NetworkInterface, number int) *eni {
	kind := services[given.Kind]
	g := derive(p.world.world.Seed+uint64(number), "interface", p.account.ID, p.region)
	// The interface of an instance has all defaults that this one needs.
	host := Instance{Account: p.account.ID, Zone: cmp.Or(given.Zone, p.region+"a"), State: "running", Interfaces: []Interface{given.Interface}}
	p.connect(&host, g, 1<<16+number)
	e := &eni{Interface: host.Interfaces[0], account: p.account.ID, region: p.region, zone: host.Zone, kind: kind.interfaces,
		requester: kind.requester, attachedTo: kind.attached, sourceDestCheck: kind.checked, launched: time.Unix(1735689600, 0).UTC(), tags: given.Tags}
	owner := given.Owner
	if owner == "" && kind.owner != "" {
		owner = kind.owner + g.hex(16)
	}
	if e.description = kind.description; strings.Contains(kind.description, "%s") {
		if given.Kind == "ecs" {
			owner = p.world.name + ":ecs:" + p.region + ":" + p.account.ID
		}
		e.description = fmt.Sprintf(kind.description, owner)
	}
	e.DeviceIndex = given.DeviceIndex
	return e
}

// elasticIP is an Elastic IP and the interface that it is associated with, if any.
type elasticIP struct {
	ElasticIP
	private  string
	attached *eni
}

func (a *ElasticIP) addresses() []string {
	return Address{Public: a.Public, Carrier: a.Carrier, Customer: a.Customer}.associated()
}

func (a *elasticIP) association() string {
	if a.attached == nil {
		return ""
	}
	return association(a.AllocationID)
}

func (p *place) elasticIPs() []*elasticIP {
	var all []*elasticIP
	for _, given := range p.account.addresses[p.region] {
		a := &elasticIP{ElasticIP: *given}
		a.AllocationID = cmp.Or(a.AllocationID, allocation(a.addresses()[0]))
		all = append(all, a)
	}
	for _, e := range p.interfaces() {
		for _, address := range e.Addresses {
			if address.AllocationID != "" {
				all = append(all, &elasticIP{ElasticIP{Public: address.Public, Carrier: address.Carrier, Customer: address.Customer, Region: p.region,
					AllocationID: address.AllocationID}, address.Private, e})
			}
		}
	}
	return all
}

func allocation(public string) string { return "eipalloc-0" + derive(5, public).hex(16) }

func association(allocation string) string { return "eipassoc-0" + suffix(allocation) }

// ipOwner returns the owner of the public address: the account for an Elastic IP, else AWS.
func (a Address) ipOwner(account string) string {
	switch {
	case len(a.associated()) == 0:
		return ""
	case a.AllocationID != "":
		return account
	}
	return addressOwner
}

// LookupHost resolves the host names of the world's load balancers: to their public addresses, or without any to the
// private ones.
func (s *Server) LookupHost(_ context.Context, host string) ([]netip.Addr, error) {
	var public, private []netip.Addr
	host = strings.TrimSuffix(host, ".")
	for _, a := range s.accounts {
		for region, given := range a.interfaces {
			for i, one := range given {
				if one.DNS == "" || !strings.EqualFold(one.DNS, host) {
					continue
				}
				for _, address := range s.place(a, region).serviceInterface(one, i).Addresses {
					if ip, err := netip.ParseAddr(address.Public); err == nil {
						public = append(public, ip)
					} else if ip, err := netip.ParseAddr(address.Private); err == nil {
						private = append(private, ip)
					}
				}
			}
		}
	}
	if len(public) == 0 {
		public = private
	}
	if len(public) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	slices.SortFunc(public, netip.Addr.Compare)
	return public, nil
}

// compileInterfaces checks the interfaces and Elastic IPs that belong to no instance.
func (w *compiledWorld) compileInterfaces() error {
	in := func(ref, name string) (*account, error) {
		a, err := w.account(ref)
		if err == nil && !slices.ContainsFunc(w.regions, func(r region) bool { return r.name == name && a.enabled(r) }) {
			err = fmt.Errorf("the region %q is not enabled in account %s", name, a.ID)
		}
		return a, err
	}
	for i := range w.world.Interfaces {
		given := &w.world.Interfaces[i]
		a, err := in(given.Account, given.Region)
		if _, known := services[given.Kind]; err == nil && !known {
			err = fmt.Errorf("unknown kind %q", given.Kind)
		}
		for _, address := range given.Addresses {
			for _, ip := range []string{address.Private, cmp.Or(address.Public, auto)} {
				if _, bad := netip.ParseAddr(ip); bad != nil && ip != auto {
					err = errors.Join(err, fmt.Errorf("%q is no IP address", ip))
				}
			}
		}
		if err != nil {
			return fmt.Errorf("interfaces[%d]: %w", i, err)
		}
		a.interfaces[given.Region] = append(a.interfaces[given.Region], given)
	}
	for i := range w.world.Addresses {
		given := &w.world.Addresses[i]
		a, err := in(given.Account, given.Region)
		if err == nil && len(given.addresses()) == 0 {
			err = errors.New("no address")
		}
		for _, ip := range given.addresses() {
			if _, bad := netip.ParseAddr(ip); err == nil && bad != nil {
				err = fmt.Errorf("%q is no IP address", ip)
			}
		}
		if err != nil {
			return fmt.Errorf("addresses[%d]: %w", i, err)
		}
		a.addresses[given.Region] = append(a.addresses[given.Region], given)
	}
	return nil
}
