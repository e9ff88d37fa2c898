package inventory

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// ownerPattern recognizes the interfaces of a service by their description. Nothing else
// in EC2's answer names the owner. The first group of the pattern is the owner.
type ownerPattern struct {
	description *regexp.Regexp
	ownerType   string
}

var ownerPatterns = sync.OnceValue(func() (patterns []ownerPattern) {
	for _, p := range [][2]string{
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
		patterns = append(patterns, ownerPattern{regexp.MustCompile(p[0]), p[1]})
	}
	return patterns
})

// setOwner derives the owner of an interface: the instance that it is attached to, or the
// service that created it.
func (c *candidate) setOwner() {
	if c.InstanceId != "" {
		c.OwnerType, c.Owner = "instance", c.InstanceId
		return
	}
	if c.managed || c.Status != "available" { // otherwise a user may have written the description
		for _, p := range ownerPatterns() {
			if match := p.description.FindStringSubmatch(c.Description); match != nil {
				c.OwnerType, c.Owner = p.ownerType, match[1]
				return
			}
		}
	}
	service, byAmazon := strings.CutPrefix(c.requester, "amazon-")
	switch {
	case !slices.Contains([]string{"", "interface", "efa", "efa-only"}, c.InterfaceType):
		c.OwnerType = strings.ReplaceAll(c.InterfaceType, "_", "-")
	case byAmazon:
		c.OwnerType = service
	case c.Status == "available":
		c.OwnerType = "unattached"
	default:
		c.OwnerType = "service"
	}
}

// ownerName returns the name of an owner: NAME if Owner is app/NAME/ID.
func (c *candidate) ownerName() string {
	if parts := strings.Split(c.Owner, "/"); len(parts) == 3 {
		return parts[1]
	}
	return c.Owner
}
