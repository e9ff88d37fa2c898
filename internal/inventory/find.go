package inventory

import (
	"cmp"
	"context"
	"io"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
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

	unnarrowed atomic.Bool // the server does not know the filters of requests
	unmanaged  atomic.Bool // nor that accounts may hide what services manage
	mu         sync.Mutex
	found      map[string]bool // what has been found, as it was given
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
	s := &search{Finder: f, place: p, emit: emit, seen: map[string]bool{}, names: map[string]string{}, asked: map[string]bool{}, held: map[string]*candidate{}}
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
	place sweep.Place
	terms []*term // that can be in the region
	emit  func([]Finding)

	names map[string]string     // of instances, by id
	asked map[string]bool       // instances whose names need not be asked for
	held  map[string]*candidate // Elastic IPs that are meant, by the interface that has them
	seen  map[string]bool       // interfaces and Elastic IPs handed on

	unnamed error // why some instances' names are not known
}

// requests are the filters of the calls to a source: a call for each filter with
// the values of all terms, or, where a term knows none, one for everything.
func (s *search) requests(of source) [][]types.Filter {
	values := map[string][]string{}
	for _, t := range s.terms {
		for _, a := range t.asks {
			if a.of == of {
				values[a.filter] = append(values[a.filter], a.values...)
			}
		}
	}
	var requests [][]types.Filter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := values[name]
		slices.Sort(list)
		list = slices.Compact(list)
		if name == "" || len(list) > maxFilterValues || s.unnarrowed.Load() {
			return [][]types.Filter{nil}
		}
		requests = append(requests, []types.Filter{{Name: aws.String(name), Values: list}})
	}
	return requests
}

// pages makes a call page by page. EC2 knows the filters that narrow it; its
// imitations may not, and what is asked for is then found without.
func (s *search) pages(ctx context.Context, operation string, filters []types.Filter, call func(filters []types.Filter, token *string) (next string, err error)) error {
	all := func(filters []types.Filter) error {
		return awsapi.EveryPage(operation, func(token *string) (*string, error) {
			var next string
			err := s.place.Identity.Do(ctx, func() (err error) {
				next, err = call(filters, token)
				return err
			})
			return &next, err
		})
	}
	err := all(filters)
	if err != nil && awsapi.Explain(err).Code == "UnknownParameter" {
		s.unmanaged.Store(true)
		err = all(filters)
	}
	if err != nil && filters != nil && misunderstood(err) && ctx.Err() == nil && all(nil) == nil {
		s.unnarrowed.Store(true)
		return nil
	}
	return err
}

// managed asks for what services manage as well: an account may have EC2 leave it
// out otherwise.
func (s *search) managed() *bool {
	if s.unmanaged.Load() {
		return nil
	}
	return aws.Bool(true)
}

// instances finds instances by what DescribeNetworkInterfaces has no filter for,
// and has it asked for theirs.
func (s *search) instances(ctx context.Context) error {
	for _, filters := range s.requests(ofInstances) {
		if err := s.nameInstances(ctx, filters); err != nil {
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

// nameInstances learns the names of the instances that filters find.
func (s *search) nameInstances(ctx context.Context, filters []types.Filter) error {
	var answers decoders
	return s.pages(ctx, "DescribeInstances", filters, func(filters []types.Filter, token *string) (next string, err error) {
		var found records
		read := func(body io.Reader) (err error) {
			found, next, err = answers.instances(body, s.place, func(*Instance) bool { return true }, func() {})
			return err
		}
		in := &ec2.DescribeInstancesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.managed()}
		_, err = s.api.EC2(s.place.Identity.Target).DescribeInstances(ctx, in, signed(s.place.Identity, s.place.Region), readBy(read, &ec2.DescribeInstancesOutput{}))
		for _, page := range found {
			for _, r := range page {
				s.names[r.InstanceId] = r.Name
				s.asked[r.InstanceId] = true
			}
		}
		return next, err
	})
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
	c.Id, c.Name = cmp.Or(aws.ToString(a.AllocationId), aws.ToString(a.PublicIp)), c.Tags["Name"]
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
	}{{&c.PublicIPs, a.PublicIp}, {&c.PrivateIPs, a.PrivateIpAddress}, {&c.AllocationIds, a.AllocationId}, {&c.associations, a.AssociationId}} {
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
		in := &ec2.DescribeNetworkInterfacesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.managed()}
		_, err = s.api.EC2(s.place.Identity.Target).DescribeNetworkInterfaces(ctx, in, signed(s.place.Identity, s.place.Region), readBy(read, &ec2.DescribeNetworkInterfacesOutput{}))
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
	for _, t := range s.terms {
		if t.match(c) {
			c.Matched = append(c.Matched, t.text)
		}
	}
	if eip := s.held[c.NetworkInterfaceId]; eip != nil && c.Kind != eip.Kind {
		c.join(eip)
	}
	return len(c.Matched) > 0
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
		fresh = append(fresh, c)
		if c.InstanceId != "" && !s.asked[c.InstanceId] {
			s.asked[c.InstanceId] = true
			instances = append(instances, c.InstanceId)
		}
	}
	for batch := range slices.Chunk(instances, maxFilterValues) {
		err := s.nameInstances(ctx, []types.Filter{{Name: aws.String("instance-id"), Values: batch}})
		if err != nil && !awsapi.Explain(err).Denial() { // who owns it is known all the same
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
		found[i] = c.Finding
	}
	s.mu.Unlock()
	if len(found) > 0 {
		s.emit(found)
	}
}
