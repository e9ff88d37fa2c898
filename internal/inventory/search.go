package inventory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"muster/internal/awsapi"
	"muster/internal/wire"
)

// search is a Finder's visit of one place. Calls run at once, but they use their results
// in turn (see atOnce), so the fields need no lock.
type search struct {
	*Finder
	server *server
	terms  []*term // the ones that may be in the region
	emit   func([]candidate)

	names    map[string]string     // of instances, by id
	named    map[string]bool       // instances whose names need no call
	namesErr error                 // why some instances have no name
	attached map[string]*candidate // matching Elastic IPs, by the id of their interface
	outside  map[string]*candidate // instances with addresses that none of their interfaces has, by id
	primary  map[string]bool       // instances whose primary interface has been emitted
	emitted  map[string]bool       // ids of interfaces and Elastic IPs
	owners   map[string]bool       // instances whose interfaces may match, by id; false: only the primary one

	allInterfaces bool // DescribeInstances is denied: look at every interface instead
}

// requests returns the filters of each call to a source: one call for each filter, with
// the values of all terms; or one call without filters, if some term has no filter.
func (s *search) requests(source source) [][]filter {
	values := map[string][]string{}
	for _, t := range s.terms {
		for _, l := range t.lookups {
			if l.source == source && (s.server.custom || !onlyCustom[l.filter]) {
				values[l.filter] = append(values[l.filter], l.values...)
			}
		}
	}
	var requests [][]filter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := slices.Compact(slices.Sorted(slices.Values(values[name])))
		if name == "" || len(list) > maxFilterValues {
			return [][]filter{nil}
		}
		requests = append(requests, []filter{{name, list}})
	}
	return requests
}

// instanceCalls find instances by properties that DescribeNetworkInterfaces has no filter
// for. Their interfaces are found afterwards by the instances' ids.
func (s *search) instanceCalls() (calls []func(context.Context, turn) error) {
	for _, filters := range s.requests(inInstances) {
		every := filters == nil || !onlyCustom[filters[0].name]
		calls = append(calls, func(ctx context.Context, t turn) error {
			err := s.findInstances(ctx, t, filters, func(r *Instance) { s.setOwner(r, every) })
			if err != nil && filters != nil && filters[0].name != nameFilter && awsapi.Explain(err).Denied() {
				t.wait()
				s.allInterfaces = true // they have the addresses, too
				return nil
			}
			return err
		})
	}
	for _, filters := range s.requests(inSecondary) {
		calls = append(calls, func(ctx context.Context, t turn) error { return s.findSecondary(ctx, t, filters) })
	}
	return calls
}

// findInstances hands the instances that filters find to use. It notes the addresses that
// none of their interfaces has.
func (s *search) findInstances(ctx context.Context, t turn, filters []filter, use func(*Instance)) error {
	c := call{operation: "DescribeInstances", filters: filters}
	reader := instanceReader{decoders: &s.decoders, keep: func(*Instance) bool { return true }, large: func() {}}
	return s.server.instances(ctx, c, reader, func(found records) error {
		t.wait()
		for _, page := range found {
			for i := range page {
				r := &page[i]
				if c := outsideAddresses(s.server.place, r); c != nil {
					s.outside[r.InstanceId] = c
				}
				use(r)
			}
		}
		return nil
	})
}

func (s *search) setName(r *Instance) { s.names[r.InstanceId], s.named[r.InstanceId] = r.Name, true }

// setOwner notes an instance that matches. If not every interface of it may match, it is
// the primary one, which gets the addresses that no interface has.
func (s *search) setOwner(r *Instance, every bool) {
	s.setName(r)
	s.owners[r.InstanceId] = s.owners[r.InstanceId] || every
}

// findSecondary finds the instances that have an address in a secondary network. If the
// caller cannot list secondary interfaces, it looks at all instances.
func (s *search) findSecondary(ctx context.Context, t turn, filters []filter) error {
	if _, unknown := s.withoutSecondary.Load(s.server.place.Region); unknown && mayBeSecondary(filters) {
		return s.findSecondaryInAll(ctx, t)
	}
	owners, err := s.server.secondaryOwners(ctx, filters)
	if err != nil && s.server.lacks(err) && ctx.Err() == nil {
		if !awsapi.Explain(err).Denied() {
			s.withoutSecondary.Store(s.server.place.Region, true)
			if !mayBeSecondary(filters) {
				return nil
			}
		}
		return s.findSecondaryInAll(ctx, t)
	}
	if err != nil {
		return err
	}
	return s.findInstancesByID(ctx, t, owners, func(r *Instance) { s.setOwner(r, false) })
}

// findSecondaryInAll looks for the addresses at all instances.
func (s *search) findSecondaryInAll(ctx context.Context, t turn) error {
	err := s.findInstances(ctx, t, nil, func(r *Instance) {
		if outside := s.outside[r.InstanceId]; outside != nil && s.match(outside) {
			s.setOwner(r, false)
		}
	})
	if err != nil && awsapi.Explain(err).Denied() {
		return nil // the caller may see no instance
	}
	return err
}

func (s *search) findInstancesByID(ctx context.Context, t turn, ids []string, use func(*Instance)) (err error) {
	for batch := range slices.Chunk(ids, maxFilterValues) {
		err = cmp.Or(err, s.findInstances(ctx, t, []filter{{"instance-id", batch}}, use))
	}
	return err
}

// addressCalls find Elastic IPs. An Elastic IP of an interface is emitted as part of the
// interface, if that is found.
func (s *search) addressCalls() (calls []func(context.Context, turn) error) {
	for _, filters := range s.requests(inAddresses) {
		calls = append(calls, func(ctx context.Context, t turn) error {
			return s.server.addresses(ctx, filters, func(found []wire.Object) error {
				t.wait()
				var unattached []candidate
				for _, a := range found {
					c := newElasticIP(s.server.place, a)
					switch {
					case !s.matchWithInstance(&c):
					case c.NetworkInterfaceId == "":
						unattached = append(unattached, c)
					default:
						if other := s.attached[c.NetworkInterfaceId]; other != nil {
							c.join(other)
						}
						s.attached[c.NetworkInterfaceId] = &c
					}
				}
				s.emitNew(ctx, unattached)
				return nil
			})
		})
	}
	return calls
}

// interfaceCalls find network interfaces.
func (s *search) interfaceCalls() (calls []func(context.Context, turn) error) {
	for _, filters := range s.requests(inInterfaces) {
		calls = append(calls, func(ctx context.Context, t turn) error { return s.findInterfaces(ctx, t, filters) })
	}
	return calls
}

// interfacesOfOwners finds the interfaces of the instances that match, unless the first
// calls have found them.
func (s *search) interfacesOfOwners(ctx context.Context) (err error) {
	if requests := s.requests(inInterfaces); len(requests) == 1 && requests[0] == nil {
		return nil // all have been listed
	}
	if s.allInterfaces {
		return s.findInterfaces(ctx, now, nil)
	}
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.owners)) {
		if s.owners[id] || !s.primary[id] {
			ids = append(ids, id)
		}
	}
	for batch := range slices.Chunk(ids, maxFilterValues) {
		err = cmp.Or(err, s.findInterfaces(ctx, now, []filter{{"attachment.instance-id", batch}}))
	}
	return err
}

func (s *search) findInterfaces(ctx context.Context, t turn, filters []filter) error {
	return s.server.interfaces(ctx, filters, func(found []candidate) error {
		t.wait()
		matching := found[:0]
		for _, c := range found {
			if s.matchWithInstance(&c) {
				matching = append(matching, c)
			}
		}
		s.emitNew(ctx, matching)
		return nil
	})
}

// remaining finds the interfaces of the Elastic IPs that have not been emitted. It emits
// an Elastic IP by itself if its interface belongs to another account, and an instance by
// itself if the caller sees no primary interface of it.
func (s *search) remaining(ctx context.Context) (err error) {
	left := func() []string {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(s.attached)), func(id string) bool { return s.emitted[id] })
	}
	for batch := range slices.Chunk(left(), maxFilterValues) {
		if err := s.findInterfaces(ctx, now, []filter{{"network-interface-id", batch}}); err != nil {
			return err
		}
	}
	var alone []candidate
	for _, id := range left() {
		alone = append(alone, *s.attached[id])
	}
	for _, id := range slices.Sorted(maps.Keys(s.outside)) {
		if c := s.outside[id]; !s.primary[id] && s.match(c) {
			alone = append(alone, *c)
		}
	}
	s.emitNew(ctx, alone)
	return nil
}

// matchWithInstance reports whether a candidate matches, together with its instance's name
// and addresses and its Elastic IP.
func (s *search) matchWithInstance(c *candidate) bool {
	if name := s.names[c.InstanceId]; name != "" {
		c.Name = name
	}
	s.addOutside(c)
	s.match(c)
	if eip := s.attached[c.NetworkInterfaceId]; eip != nil && c.Kind != eip.Kind {
		c.join(eip)
	}
	return len(c.Matched) > 0
}

// match sets c.Matched to the terms that a candidate matches, and reports whether it
// matches any.
func (s *search) match(c *candidate) bool {
	c.Matched = nil
	for _, t := range s.terms {
		if t.match(c) {
			c.Matched = append(c.Matched, t.text)
		}
	}
	return len(c.Matched) > 0
}

// addOutside adds to an instance's primary interface the addresses that none of its
// interfaces has.
func (s *search) addOutside(c *candidate) {
	if outside := s.outside[c.InstanceId]; outside != nil && c.Kind == kindInterface && c.deviceIndex == 0 {
		c.PrivateIPs, c.PublicIPs, c.IPv6s = union(c.PrivateIPs, outside.PrivateIPs), union(c.PublicIPs, outside.PublicIPs), union(c.IPv6s, outside.IPv6s)
	}
}

// emitNew emits the candidates that have not been emitted, with the names of their
// instances.
func (s *search) emitNew(ctx context.Context, candidates []candidate) {
	var unnamed []string
	var fresh []candidate
	for _, c := range candidates {
		if s.emitted[c.Id] {
			continue
		}
		s.emitted[c.Id] = true
		if c.Kind == kindInterface && c.deviceIndex == 0 {
			s.primary[c.InstanceId] = true
		}
		fresh = append(fresh, c)
		if c.InstanceId != "" && !s.named[c.InstanceId] {
			s.named[c.InstanceId] = true
			unnamed = append(unnamed, c.InstanceId)
		}
	}
	if len(fresh) == 0 {
		return
	}
	err := s.findInstancesByID(ctx, now, unnamed, s.setName)
	if err != nil && !awsapi.Explain(err).Denied() { // the owner is known without its name
		s.namesErr = err
	}
	s.setFound(fresh)
	for i := range fresh {
		c := &fresh[i]
		c.Name = cmp.Or(s.names[c.InstanceId], c.Name)
		s.addOutside(c)
	}
	s.emit(fresh)
}
