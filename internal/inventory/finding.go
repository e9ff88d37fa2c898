package inventory

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/sweep"
)

// Finding is the record of a network interface, or of an Elastic IP that none
// has, and of what it belongs to. Its field names are the keys of every output
// format.
type Finding struct {
	AccountId   string
	AccountName string
	Region      string
	Kind        string // network-interface, elastic-ip, or instance where no interface of it is shown
	Id          string // eni-..., eipalloc-..., i-...
	Name        string // the Name tag of the instance, else of the interface or the Elastic IP

	OwnerType string // instance, application-lb, nat-gateway, ..., or unattached
	Owner     string // its id or name, where EC2 tells: i-..., app/NAME/ID, nat-..., a function's name

	InstanceId         string
	NetworkInterfaceId string
	InterfaceType      string // EC2's own word
	PrivateIPs         []string
	PublicIPs          []string
	IPv6s              []string
	AllocationIds      []string // of the public addresses that are Elastic IPs

	VpcId          string
	SubnetId       string
	SecurityGroups []SecurityGroup
	Description    string
	Status         string // in-use, available, ...
	OwnerId        string // the account that owns it: another one in a subnet that is shared

	Matched []string // what was asked for, as it was given
	Tags    map[string]string

	Profile string // how the account was reached
	Role    string
}

// candidate is a finding with what else EC2 tells of it.
type candidate struct {
	Finding
	requester    string // who made the interface: amazon-elb, ...
	managed      bool   // by AWS
	mac          string
	deviceIndex  int            // where it is attached
	associations []string       // of Elastic IPs
	prefixes     []netip.Prefix // delegated to the interface: all of their addresses are its
}

func newCandidate(p sweep.Place, kind string) candidate {
	return candidate{Finding: Finding{
		AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region, Kind: kind,
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{}, AllocationIds: []string{}, SecurityGroups: []SecurityGroup{},
		Matched: []string{}, Tags: map[string]string{}, OwnerId: p.Account.ID,
		Profile: p.Identity.Profile, Role: p.Identity.Role,
	}}
}

// has says whether an address in one of the lists is meant.
func (c *candidate) has(lists [][]string, meant func(netip.Addr) bool) bool {
	for _, list := range lists {
		if slices.ContainsFunc(list, func(text string) bool {
			address, err := netip.ParseAddr(text)
			return err == nil && meant(address)
		}) {
			return true
		}
	}
	return false
}

// described are the descriptions by which services mark their interfaces; the
// first group is the owner. Nothing else in EC2's answer names it.
var described = sync.OnceValue(func() []struct {
	pattern   *regexp.Regexp
	ownerType string
} {
	type row = struct {
		pattern   *regexp.Regexp
		ownerType string
	}
	var rows []row
	for _, r := range [][2]string{
		{`^ELB (app/.+)$`, "application-lb"},
		{`^ELB (net/.+)$`, "network-lb"},
		{`^ELB (gwy/.+)$`, "gateway-lb"},
		{`^ELB (.+)$`, "classic-lb"},
		{`^Interface for NAT Gateway (nat-\w+)`, "nat-gateway"},
		{`^VPC Endpoint Interface (vpce-\w+)`, "vpc-endpoint"},
		{`^AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$`, "lambda-function"},
		{`^AWS Lambda VPC ENI()`, "lambda-function"},
		{`^RDSNetworkInterface()`, "rds"},
		{`^EFS mount target for (fs-\w+)`, "efs"},
		{`^ElastiCache (.+)$`, "elasticache"},
		{`^ES (.+)$`, "opensearch"},
		{`^RedshiftNetworkInterface()`, "redshift"},
		{`^DMSNetworkInterface()`, "dms"},
		{`^Network Interface for Transit Gateway Attachment (tgw-attach-\w+)`, "transit-gateway"},
		{`^arn:[\w-]+:ecs:.+:attachment/(.+)$`, "ecs-task"},
		{`^Amazon EKS (.+)$`, "eks-cluster"},
		{`^AWS created network interface for directory (d-\w+)`, "directory"},
		{`^Route 53 Resolver: (rslvr-(?:in|out)-\w+)`, "resolver-endpoint"},
	} {
		rows = append(rows, row{regexp.MustCompile(r[0]), r[1]})
	}
	return rows
})

// own derives what the interface belongs to: the instance that it is attached to,
// or the service that made it.
func (c *candidate) findOwner() {
	if c.InstanceId != "" {
		c.OwnerType, c.Owner = "instance", c.InstanceId
		return
	}
	if c.managed || c.Status != "available" { // what users write there means nothing
		for _, row := range described() {
			if match := row.pattern.FindStringSubmatch(c.Description); match != nil {
				c.OwnerType, c.Owner = row.ownerType, match[1]
				return
			}
		}
	}
	service, amazon := strings.CutPrefix(c.requester, "amazon-")
	switch {
	case !slices.Contains([]string{"", "interface", "efa", "efa-only"}, c.InterfaceType):
		c.OwnerType = strings.ReplaceAll(c.InterfaceType, "_", "-")
	case amazon:
		c.OwnerType = service
	case c.Status == "available":
		c.OwnerType = "unattached"
	default:
		c.OwnerType = "service"
	}
}

// ownerName is the name within an owner that has more than that: NAME of
// app/NAME/ID.
func (c *candidate) ownerName() string {
	if parts := strings.Split(c.Owner, "/"); len(parts) == 3 {
		return parts[1]
	}
	return c.Owner
}
