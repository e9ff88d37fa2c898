package awssim

import (
	"cmp"
	"slices"
)

func (s *Server) describeLoadBalancers(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"LoadBalancerArns": textsParameter, "Names": textsParameter,
		"Marker": textParameter, "PageSize": numberParameter})
	if err != nil {
		return nil, err
	}
	found := r.resources("load-balancer")
	if arns, names := in.texts("LoadBalancerArns"), in.texts("Names"); len(arns) > 0 && len(names) > 0 {
		return nil, r.invalidParameter("Load balancer names and load balancer ARNs cannot be specified at the same time")
	} else if wanted := slices.Concat(arns, names); len(wanted) > 0 {
		found = slices.DeleteFunc(found, func(lb Resource) bool {
			return !slices.Contains(names, lb.Name) && !slices.Contains(arns, r.arn("elasticloadbalancing", "loadbalancer/"+lb.path()))
		})
		if len(found) < len(wanted) {
			return nil, fail(400, "LoadBalancerNotFound", "Load balancers '%v' not found", wanted)
		}
	}
	p, err := s.pageOf(r, in, paging{limit: "PageSize", token: "Marker", least: 1, most: 400, usual: 400}, len(found))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"LoadBalancers", sequenceOf(found[p.from:p.to], r.loadBalancer)}}.with("NextMarker", p.next)), nil
}

// path returns app/NAME/ID or net/NAME/ID, by which EC2 describes the network interfaces of a load balancer.
func (res *Resource) path() string {
	prefix := "app/"
	if res.Type == "network" {
		prefix = "net/"
	}
	return prefix + res.Name + "/" + cmp.Or(res.ID, res.derive(0).hex(16))
}

func (r *request) loadBalancer(lb Resource) any {
	dns := lb.Name + "-" + lb.derive(1).text("0123456789", 10) + "." + r.region + ".elb." + r.server.suffix
	for _, eni := range r.principal.account.interfaces[r.region] {
		if eni.Owner == lb.path() && eni.DNS != "" {
			dns = eni.DNS
		}
	}
	vpc := defaultVPC(lb.Account, lb.Region)
	zone := func(letter string) any {
		return object{{"ZoneName", r.region + letter}, {"SubnetId", defaultSubnet(vpc, r.region+letter)}, {"LoadBalancerAddresses", sequence{}}}
	}
	return object{
		{"LoadBalancerArn", r.arn("elasticloadbalancing", "loadbalancer/"+lb.path())}, {"DNSName", dns},
		{"CanonicalHostedZoneId", "Z" + derive(0, "elb", r.region).base32(13)}, {"CreatedTime", lb.created()},
		{"LoadBalancerName", lb.Name}, {"Scheme", "internet-facing"}, {"VpcId", vpc}, {"State", object{{"Code", lb.State}}}, {"Type", lb.Type},
		{"AvailabilityZones", sequence{values: []any{zone("a"), zone("b")}}},
		{"SecurityGroups", sequence{values: []any{defaultGroup(vpc).ID}}}, {"IpAddressType", "ipv4"},
	}
}
