package inventory

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// Finder searches network interfaces and Elastic IPs for the owners of addresses, ids and
// names.
type Finder struct {
	api      *awsapi.API
	terms    []*term
	decoders decoders
	hosts    *hostFinder // nil: no target is a host name

	mu    sync.Mutex
	found map[string]bool // the texts of terms

	withoutSecondary sync.Map // regions whose server does not know DescribeSecondaryInterfaces
}

// NewFinder compiles targets: IP and MAC addresses, CIDR blocks, DNS names, ids, names.
// The error is a *QueryError.
func NewFinder(api *awsapi.API, what []string) (*Finder, error) {
	targets, err := parseTargets(what, "an IP address, a CIDR block, a DNS name, an id or a name")
	if err != nil {
		return nil, err
	}
	f := &Finder{api: api, found: map[string]bool{}}
	for _, target := range targets {
		if slices.ContainsFunc(f.terms, func(t *term) bool { return t.text == target.text }) {
			continue
		}
		t, err := newTerm(target)
		if err != nil {
			return nil, err
		}
		f.terms = append(f.terms, t)
	}
	f.hosts, err = newHostFinder(f.terms)
	return f, err
}

// resolveTimeout bounds the time for all DNS lookups.
const resolveTimeout = 5 * time.Second

// Resolve looks up the addresses of targets that may be host names, so that the search
// finds them, too. It returns a note for the user on each. Names that do not resolve are
// still searched as names.
func (f *Finder) Resolve(ctx context.Context, lookup func(context.Context, string) ([]netip.Addr, error)) []string {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	notes := make([]string, len(f.terms))
	var lookups sync.WaitGroup
	for i, t := range f.terms {
		if t.host != "" {
			lookups.Go(func() { notes[i] = t.resolve(ctx, lookup) })
		}
	}
	lookups.Wait()
	return slices.DeleteFunc(notes, func(note string) bool { return note == "" })
}

// Missing returns the targets that have not been found so far.
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

// setFound records the terms that candidates match.
func (f *Finder) setFound(candidates []candidate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range candidates {
		for _, text := range c.Matched {
			f.found[text] = true
		}
	}
}

// Visit emits the findings in one place: a region, or an account as a whole.
func (f *Finder) Visit(ctx context.Context, p sweep.Place, emit func([]Finding)) error {
	if p.Region == "" {
		return f.visitKinds(ctx, p, emit)
	}
	err := f.visitInterfaces(ctx, p, func(found []candidate) { emit(findings(found)) })
	if f.hosts != nil {
		err = cmp.Or(err, f.visitKinds(ctx, p, emit))
	}
	return err
}

// maxSearchCalls is how many calls of a search are made at the same time. A search for
// anything that is not in the place needs fewer, so it takes the time of one call.
const maxSearchCalls = 24

// visitInterfaces emits the interfaces and Elastic IPs of a region. It makes one call for
// each filter that the targets need, not one for each target, and further calls only for
// the results of these.
func (f *Finder) visitInterfaces(ctx context.Context, p sweep.Place, emit func([]candidate)) error {
	s := &search{
		Finder: f, server: newServer(f.api, p), emit: emit,
		names: map[string]string{}, named: map[string]bool{}, emitted: map[string]bool{},
		attached: map[string]*candidate{}, outside: map[string]*candidate{}, primary: map[string]bool{}, owners: map[string]bool{},
	}
	for _, t := range f.terms {
		if t.region == "" || t.region == p.Region {
			s.terms = append(s.terms, t)
		}
	}
	// A failed call does not keep the others from finding something.
	errs := atOnceWithin(ctx, maxSearchCalls, slices.Concat(s.instanceCalls(), s.addressCalls(), s.interfaceCalls()))
	errs = append(errs, s.interfacesOfOwners(ctx), s.remaining(ctx), s.namesErr)
	return cmp.Or(errs...)
}
