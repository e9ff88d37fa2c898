package inventory

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// ec2HostTerm compiles a host name that EC2 has given to an address or an instance. The
// name contains the address or the instance's id, and often the region. It returns nil
// for other names.
func ec2HostTerm(text string) *term {
	text = strings.ToLower(text)
	if match := resourceName().FindStringSubmatch(text); match != nil {
		if region := regionOfDomain(match[2]); region != "" {
			t := idTerm(match[1], idLookups["i"])
			t.region = region
			return t
		}
	}
	match := ec2Name().FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	address, err := netip.ParseAddr(strings.Join(match[2:6], "."))
	if err != nil {
		return nil
	}
	ip := address.String()
	t := &term{region: regionOfDomain(match[6])}
	if match[1] == "ip" { // names of private addresses begin with ip-, of public ones with ec2-
		t.lookups = []lookup{{inInterfaces, privateFilter, []string{ip}}}
		t.match = func(c *candidate) bool { return slices.Contains(c.PrivateIPs, ip) }
		return t
	}
	t.lookups = []lookup{{inInterfaces, publicFilter, []string{ip}}, {inAddresses, "public-ip", []string{ip}}}
	t.match = func(c *candidate) bool { return slices.Contains(c.PublicIPs, ip) }
	return t
}

// regionOfDomain returns the region of one of EC2's own domains, or "".
func regionOfDomain(domain string) string {
	match := ec2Domain().FindStringSubmatch(domain)
	switch {
	case match == nil:
		return ""
	case match[2] != "":
		return "us-east-1"
	}
	return match[1]
}

// addBalancer makes the term find the load balancer whose name and region a host name
// contains. It returns false for other names.
func (t *term) addBalancer(text string) bool {
	match := balancerName().FindStringSubmatch(strings.ToLower(text))
	if match == nil {
		return false
	}
	name, id := match[1], match[4]
	t.region = match[3] + match[5]
	t.lookups = []lookup{{inInterfaces, descriptionFilter, []string{"ELB app/" + name + "/*", "ELB " + name, "ELB net/" + name + "/*"}}}
	t.match = func(c *candidate) bool {
		return strings.HasSuffix(c.OwnerType, "-lb") && strings.EqualFold(c.ownerName(), name) && (id == "" || strings.HasSuffix(c.Owner, "/"+id))
	}
	return true
}

// resolve adds the addresses of the term's host name, and returns a note for the user.
func (t *term) resolve(ctx context.Context, lookup func(context.Context, string) ([]netip.Addr, error)) (note string) {
	addresses, err := lookup(ctx, strings.TrimSuffix(t.host, "."))
	isBalancer := balancerName().MatchString(strings.ToLower(t.host))
	if err != nil || len(addresses) == 0 {
		searched := "as a name only"
		if isBalancer {
			searched = "by the load balancer's name in it"
		}
		return fmt.Sprintf("%s does not resolve (%s); searching for it %s", t.host, reason(err), searched)
	}
	var texts []string
	byName := *t
	t.lookups = nil
	for i, address := range addresses {
		addresses[i] = address.Unmap().WithZone("")
		texts = append(texts, addresses[i].String())
		t.lookups = append(t.lookups, addressLookups(addresses[i])...)
	}
	t.match = matchAddresses(addresses...)
	if !isBalancer { // whose name may belong to a load balancer of another account, too
		byAddress := t.match
		t.lookups = append(byName.lookups, t.lookups...)
		t.match = func(c *candidate) bool { return byAddress(c) || byName.match(c) }
	}
	return fmt.Sprintf("%s is %s", t.host, strings.Join(texts, ", "))
}

// reason returns the short reason of a failed DNS lookup.
func reason(err error) string {
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		return dns.Err
	}
	if err != nil {
		return err.Error()
	}
	return "no address"
}

var (
	// ec2Name matches the names of addresses, in any domain.
	ec2Name = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(ec2|ip)-(\d+)-(\d+)-(\d+)-(\d+)(?:\.(.+?))?\.?$`)
	})
	// resourceName matches the names of instances.
	resourceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(i-[0-9a-f]{8,17})\.(.+?)\.?$`) })
	ec2Domain    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:([a-z]{2}(?:-[a-z]+)+-\d+)\.compute\.(?:internal|amazonaws\.com(?:\.cn)?)|(ec2\.internal|compute-1\.amazonaws\.com))$`)
	})
	// balancerName matches the names of load balancers, which contain their own name.
	balancerName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:internal-)?(.+)-(?:(\d+)\.([a-z0-9-]+)\.elb|([0-9a-f]{16})\.elb\.([a-z0-9-]+))\.amazonaws\.com(?:\.cn)?\.?$`)
	})
)
