package inventory

import (
	"cmp"
	"context"
	"io"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// Finder looks in network interfaces and Elastic IPs for who owns things.
type Finder struct {
	api   *awsapi.API
	terms []*term

	mu    sync.Mutex
	found map[string]bool // what has been found, as it was given
}

// NewFinder makes out what is looked for: IP and MAC addresses, CIDR blocks, DNS
// names, ids, names. The error is a *QueryError.
func NewFinder(api *awsapi.API, what []string) (*Finder, error) {
	f := &Finder{api: api, found: map[string]bool{}}
	things, err := readThings(what, "an IP address, a CIDR block, a DNS name, an id or a name")
	if err != nil {
		return nil, err
	}
	for _, thing := range things {
		if slices.ContainsFunc(f.terms, func(t *term) bool { return t.text == thing.text }) {
			continue
		}
		t, err := parseTerm(thing.bare)
		if err == nil && isDated(thing.bare) {
			t, err = t.orName(thing.text)
		}
		if err != nil {
			return nil, err
		}
		t.text = thing.text
		f.terms = append(f.terms, t)
	}
	return f, nil
}

// lookupPatience is how long host names may take to resolve.
const lookupPatience = 5 * time.Second

// Resolve asks for the addresses of what may be host names, and tells what has
// come of it. One that does not resolve is looked for by its name.
func (f *Finder) Resolve(ctx context.Context, lookup func(context.Context, string) ([]netip.Addr, error)) (notes []string) {
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	told := make([]string, len(f.terms))
	var asking sync.WaitGroup
	for i, t := range f.terms {
		if t.host != "" {
			asking.Go(func() { told[i] = t.resolve(ctx, lookup) })
		}
	}
	asking.Wait()
	return slices.DeleteFunc(told, func(note string) bool { return note == "" })
}

// Missing is what has been found nowhere.
func (f *Finder) Missing() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var missing []string
	for _, t := range f.terms {
		if !f.found[t.text] {
			missing = append(missing, t.text)
		}
	}
	return missing
}

// Visit hands on what is found in one region, in no more calls than it takes: one
// for each filter that the things asked for need.
func (f *Finder) Visit(ctx context.Context, p sweep.Place, emit func([]Finding)) error {
	s := &search{
		Finder: f, place: p, server: newServer(f.api, p), emit: emit, seen: map[string]bool{}, names: map[string]string{}, asked: map[string]bool{},
		held: map[string]*candidate{}, apart: map[string]*candidate{}, primary: map[string]bool{},
	}
	for _, t := range f.terms {
		if t.region == "" || t.region == p.Region {
			s.terms = append(s.terms, t)
		}
	}
	// One call that is refused does not keep the others from finding something.
	var failed error
	for _, step := range []func(context.Context) error{s.instances, s.addresses, s.interfaces, s.others} {
		failed = cmp.Or(failed, step(ctx))
	}
	return cmp.Or(failed, s.unnamed)
}

// search is a visit under way.
type search struct {
	*Finder
	place  sweep.Place
	server *server
	terms  []*term // that can be in the region
	emit   func([]Finding)

	names map[string]string     // of instances, by id
	asked map[string]bool       // instances whose names need not be asked for
	held  map[string]*candidate // Elastic IPs that are meant, by the interface that has them
	apart map[string]*candidate // instances with addresses that none of their interfaces has
	seen  map[string]bool       // interfaces and Elastic IPs handed on

	primary map[string]bool // instances whose primary interface is among them

	allInterfaces bool // those that are meant cannot be told by their instances

	unnamed error // why some instances' names are not known
}

// requests are the filters of the calls to a source: a call for each filter with
// the values of all terms, or, where a term knows none, one for everything.
func (s *search) requests(of source) [][]types.Filter {
	if of == ofInterfaces && s.allInterfaces {
		return [][]types.Filter{nil}
	}
	values := map[string][]string{}
	for _, t := range s.terms {
		for _, a := range t.asks {
			if a.of == of && (s.server.imitation || !forImitations[a.filter]) {
				values[a.filter] = append(values[a.filter], a.values...)
			}
		}
	}
	var requests [][]types.Filter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := values[name]
		slices.Sort(list)
		list = slices.Compact(list)
		if name == "" || len(list) > maxFilterValues {
			return [][]types.Filter{nil}
		}
		requests = append(requests, []types.Filter{{Name: aws.String(name), Values: list}})
	}
	return requests
}

// pages makes a call page by page.
func (s *search) pages(ctx context.Context, operation string, filters []types.Filter, call func(filters []types.Filter, token *string) (next string, err error)) error {
	return s.server.ask(ctx, operation, filters, nil, func(filters []types.Filter) error {
		return awsapi.ForEachPage(operation, func(token *string) (*string, error) {
			var next string
			err := s.place.Identity.Do(ctx, func() (err error) {
				next, err = call(filters, token)
				return err
			})
			return &next, err
		})
	})
}

// instances finds instances by what DescribeNetworkInterfaces has no filter for,
// and has it asked for theirs.
func (s *search) instances(ctx context.Context) error {
	for _, filters := range s.requests(ofInstances) {
		err := s.nameInstances(ctx, filters, nil)
		if err != nil && filters != nil && *filters[0].Name != nameFilter && awsapi.Explain(err).Denied() {
			s.allInterfaces = true // their addresses are there, too
			continue
		}
		if err != nil {
			return err
		}
	}
	for _, filters := range s.requests(ofSecondary) {
		if err := s.secondary(ctx, filters); err != nil {
			return err
		}
	}
	if len(s.names) > 0 {
		s.terms = append(s.terms, &term{
			asks:  []ask{{ofInterfaces, "attachment.instance-id", slices.Collect(maps.Keys(s.names))}},
			match: func(*candidate) bool { return false },
		})
	}
	return nil
}

// secondary finds the instances that have an address in a secondary network.
func (s *search) secondary(ctx context.Context, filters []types.Filter) error {
	owners, err := secondaryOwners(ctx, s.api, s.place, filters)
	switch {
	case err != nil && s.server.lacks(err) && ctx.Err() == nil:
		err = s.nameInstances(ctx, nil, func(id string) bool { return s.apart[id] != nil && s.means(s.apart[id]) })
		if err != nil && awsapi.Explain(err).Denied() {
			return nil // nothing that the caller may see
		}
		return err
	case err != nil:
		return err
	}
	for batch := range slices.Chunk(owners, maxFilterValues) {
		if err := s.nameInstances(ctx, []types.Filter{{Name: aws.String("instance-id"), Values: batch}}, nil); err != nil {
			return err
		}
	}
	return nil
}

// nameInstances learns the names of the instances that filters find, and the
// addresses that their interfaces lack. Only those that are wanted are noted; nil:
// all.
func (s *search) nameInstances(ctx context.Context, filters []types.Filter, wanted func(id string) bool) error {
	var answers decoders
	return s.pages(ctx, "DescribeInstances", filters, func(filters []types.Filter, token *string) (next string, err error) {
		var found records
		read := func(body io.Reader) (err error) {
			found, next, err = answers.instances(body, s.place, func(*Instance) bool { return true }, func() {})
			return err
		}
		in := &ec2.DescribeInstancesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.server.managed()}
		_, err = s.api.EC2(s.place.Identity.Target).DescribeInstances(ctx, in, signed(s.place.Identity, s.place.Region), readBy(awsapi.PageLimit, read, &ec2.DescribeInstancesOutput{}))
		for _, page := range found {
			for i := range page {
				r := &page[i]
				if c := s.outside(r); c != nil {
					s.apart[r.InstanceId] = c
				}
				if wanted == nil || wanted(r.InstanceId) {
					s.names[r.InstanceId] = r.Name
					s.asked[r.InstanceId] = true
				}
			}
		}
		return next, err
	})
}

// outside is an instance with the addresses that none of its interfaces has; nil
// if there are none.
func (s *search) outside(r *Instance) *candidate {
	var private, public, ipv6 []string
	for _, eni := range r.NetworkInterfaces {
		for _, ip := range eni.PrivateIPs {
			private, public = append(private, ip.PrivateIP), append(public, ip.PublicIP)
		}
		ipv6 = append(ipv6, eni.IPv6s...)
	}
	c := newCandidate(s.place, "instance")
	c.PrivateIPs, c.PublicIPs, c.IPv6s = without(r.PrivateIPs, private), without(r.PublicIPs, public), without(r.IPv6s, ipv6)
	if len(c.PrivateIPs)+len(c.PublicIPs)+len(c.IPv6s) == 0 {
		return nil
	}
	c.Id, c.InstanceId, c.Name, c.Tags = r.InstanceId, r.InstanceId, r.Name, r.Tags
	c.VpcId, c.SubnetId, c.SecurityGroups, c.Status = r.VpcId, r.SubnetId, r.SecurityGroups, r.State
	c.findOwner()
	return &c
}

// without returns what is in the one list and not in the other.
func without(list, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, text := range others {
		known[text] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(text string) bool { return known[text] })
}

// addresses finds Elastic IPs. Those that an interface has are held back until
// that is found.
func (s *search) addresses(ctx context.Context) error {
	for _, filters := range s.requests(ofAddresses) {
		err := s.pages(ctx, "DescribeAddresses", filters, func(filters []types.Filter, _ *string) (string, error) {
			out, err := s.api.EC2(s.place.Identity.Target).DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters}, signed(s.place.Identity, s.place.Region))
			if err != nil {
				return "", err
			}
			var free []candidate
			for _, a := range out.Addresses {
				c := s.elasticIP(&a)
				switch {
				case !s.matches(&c):
				case c.NetworkInterfaceId != "":
					if earlier := s.held[c.NetworkInterfaceId]; earlier != nil {
						c.join(earlier)
					}
					s.held[c.NetworkInterfaceId] = &c
				default:
					free = append(free, c)
				}
			}
			s.handOn(ctx, free)
			return "", nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) elasticIP(a *types.Address) candidate {
	c := newCandidate(s.place, "elastic-ip")
	for _, tag := range a.Tags {
		c.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	c.Id, c.Name = cmp.Or(aws.ToString(a.AllocationId), aws.ToString(a.PublicIp), aws.ToString(a.CarrierIp)), c.Tags["Name"]
	c.InstanceId, c.NetworkInterfaceId = aws.ToString(a.InstanceId), aws.ToString(a.NetworkInterfaceId)
	c.OwnerType, c.Status = "unattached", "available"
	switch {
	case c.InstanceId != "":
		c.OwnerType, c.Owner, c.Status = "instance", c.InstanceId, "in-use"
	case c.NetworkInterfaceId != "":
		c.OwnerType, c.Owner, c.Status = "network-interface", c.NetworkInterfaceId, "in-use"
	}
	for _, field := range []struct {
		to   *[]string
		from *string
	}{{&c.PublicIPs, a.PublicIp}, {&c.PublicIPs, a.CarrierIp}, {&c.PublicIPs, a.CustomerOwnedIp}, {&c.PrivateIPs, a.PrivateIpAddress}, {&c.AllocationIds, a.AllocationId}, {&c.associations, a.AssociationId}} {
		if text := aws.ToString(field.from); text != "" {
			*field.to = append(*field.to, text)
		}
	}
	return c
}

// interfaces finds network interfaces.
func (s *search) interfaces(ctx context.Context) error {
	for _, filters := range s.requests(ofInterfaces) {
		if err := s.findInterfaces(ctx, filters); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) findInterfaces(ctx context.Context, filters []types.Filter) error {
	return s.pages(ctx, "DescribeNetworkInterfaces", filters, func(filters []types.Filter, token *string) (next string, err error) {
		var page []candidate
		read := func(body io.Reader) (err error) {
			page, next, err = decodeInterfaces(body, s.place, s.matches)
			return err
		}
		in := &ec2.DescribeNetworkInterfacesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.server.managed()}
		_, err = s.api.EC2(s.place.Identity.Target).DescribeNetworkInterfaces(ctx, in, signed(s.place.Identity, s.place.Region), readBy(awsapi.PageLimit, read, &ec2.DescribeNetworkInterfacesOutput{}))
		if err != nil {
			return "", err
		}
		s.handOn(ctx, page)
		return next, nil
	})
}

// matches says whether a candidate is meant, and notes by what.
func (s *search) matches(c *candidate) bool {
	if name := s.names[c.InstanceId]; name != "" {
		c.Name = name
	}
	s.complete(c)
	s.means(c)
	if eip := s.held[c.NetworkInterfaceId]; eip != nil && c.Kind != eip.Kind {
		c.join(eip)
	}
	return len(c.Matched) > 0
}

// means is matches for the candidate alone.
func (s *search) means(c *candidate) bool {
	c.Matched = nil
	for _, t := range s.terms {
		if t.match(c) {
			c.Matched = append(c.Matched, t.text)
		}
	}
	return len(c.Matched) > 0
}

// complete gives an instance's primary interface the addresses that none of its
// interfaces has.
func (s *search) complete(c *candidate) {
	if outside := s.apart[c.InstanceId]; outside != nil && c.Kind == "network-interface" && c.deviceIndex == 0 {
		c.PrivateIPs, c.PublicIPs, c.IPv6s = union(c.PrivateIPs, outside.PrivateIPs), union(c.PublicIPs, outside.PublicIPs), union(c.IPv6s, outside.IPv6s)
	}
}

// join adds an Elastic IP to what has it.
func (c *candidate) join(eip *candidate) {
	c.Matched = union(c.Matched, eip.Matched)
	c.PublicIPs, c.AllocationIds = union(c.PublicIPs, eip.PublicIPs), union(c.AllocationIds, eip.AllocationIds)
}

func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
}

// others finds the interfaces of the Elastic IPs that are still held back. One
// whose interface is another account's is handed on by itself.
func (s *search) others(ctx context.Context) error {
	left := func() []string {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(s.held)), func(id string) bool { return s.seen[id] })
	}
	for batch := range slices.Chunk(left(), maxFilterValues) {
		if err := s.findInterfaces(ctx, []types.Filter{{Name: aws.String("network-interface-id"), Values: batch}}); err != nil {
			return err
		}
	}
	var alone []candidate
	for _, id := range left() {
		alone = append(alone, *s.held[id])
	}
	for _, id := range slices.Sorted(maps.Keys(s.apart)) { // without a primary interface that EC2 shows
		if c := s.apart[id]; !s.primary[id] && s.means(c) {
			alone = append(alone, *c)
		}
	}
	s.handOn(ctx, alone)
	return nil
}

// handOn emits what has not been before, with the names of the instances.
func (s *search) handOn(ctx context.Context, page []candidate) {
	var instances []string
	fresh := make([]candidate, 0, len(page))
	for _, c := range page {
		if s.seen[c.Id] {
			continue
		}
		s.seen[c.Id] = true
		if c.Kind == "network-interface" && c.deviceIndex == 0 {
			s.primary[c.InstanceId] = true
		}
		fresh = append(fresh, c)
		if c.InstanceId != "" && !s.asked[c.InstanceId] {
			s.asked[c.InstanceId] = true
			instances = append(instances, c.InstanceId)
		}
	}
	for batch := range slices.Chunk(instances, maxFilterValues) {
		err := s.nameInstances(ctx, []types.Filter{{Name: aws.String("instance-id"), Values: batch}}, nil)
		if err != nil && !awsapi.Explain(err).Denied() { // who owns it is known all the same
			s.unnamed = err
		}
	}
	found := make([]Finding, len(fresh))
	s.mu.Lock()
	for i, c := range fresh {
		for _, text := range c.Matched {
			s.found[text] = true
		}
		c.Name = cmp.Or(s.names[c.InstanceId], c.Name)
		s.complete(&c)
		found[i] = c.Finding
	}
	s.mu.Unlock()
	if len(found) > 0 {
		s.emit(found)
	}
}
