package inventory

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// hostFinder searches the kinds whose resources have DNS names: load balancers,
// databases, records of hosted zones, domains of APIs.
type hostFinder struct {
	kinds []*Kind

	mu     sync.Mutex
	failed map[string]error // kinds that could not be searched somewhere, with the first error
}

// newHostFinder returns a hostFinder; nil if no term is a host name.
func newHostFinder(terms []*term) (*hostFinder, error) {
	if !slices.ContainsFunc(terms, func(t *term) bool { return t.host != "" }) {
		return nil, nil
	}
	h := &hostFinder{failed: map[string]error{}}
	for _, name := range KindNames() {
		k, err := FindKind(name)
		if err != nil {
			return nil, err
		}
		if len(k.Find) == 0 {
			continue
		}
		if err := k.compile(); err != nil {
			return nil, err
		}
		h.kinds = append(h.kinds, k)
	}
	return h, nil
}

// WholeAccounts reports whether the search visits accounts as a whole, too: they have
// the records of hosted zones.
func (f *Finder) WholeAccounts() bool { return f.hosts != nil }

// Unsearched returns the kinds that could not be searched in some place, because AWS denied
// it, each with the error.
func (f *Finder) Unsearched() map[string]error {
	if f.hosts == nil {
		return nil
	}
	f.hosts.mu.Lock()
	defer f.hosts.mu.Unlock()
	return f.hosts.failed
}

// visitKinds emits the resources of a place whose names are searched for.
func (f *Finder) visitKinds(ctx context.Context, p sweep.Place, emit func([]Finding)) error {
	if !slices.ContainsFunc(f.terms, func(t *term) bool { return t.host != "" && (t.region == "" || t.region == p.Region) }) {
		return nil
	}
	var mu sync.Mutex
	var calls []func(context.Context, turn) error
	for k, l := range listersOf(f.hosts.kinds, p) {
		calls = append(calls, func(ctx context.Context, _ turn) error {
			err := l.visit(ctx, f.api, p, narrowing{host: f.mayBeIn}, func(items []wire.Object) {
				found := f.named(k, l, p, items)
				mu.Lock()
				defer mu.Unlock()
				if len(found) > 0 {
					f.setFound(found)
					emit(findings(found))
				}
			})
			return f.hosts.searched(k, err, f.api.CustomEC2Endpoint(p.Identity.Target))
		})
	}
	return cmp.Or(atOnce(ctx, calls)...)
}

// searched returns the error of a search that makes the place a gap. A kind that the caller
// may not list does not: the target may be found without it.
func (h *hostFinder) searched(k *Kind, err error, custom bool) error {
	if err == nil {
		return nil
	}
	switch failure := awsapi.Explain(err); {
	case failure.Kind == awsapi.NotOffered, failure.Kind == awsapi.NotSubscribed: // it has no resources there
	case failure.Kind == awsapi.Broken && custom: // a simulator may not have the service
	case failure.Denied():
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.failed[k.Name] == nil {
			h.failed[k.Name] = err
		}
	default:
		return err
	}
	return nil
}

// mayBeIn reports whether a name that is searched for may be in a DNS domain.
func (f *Finder) mayBeIn(domain string) bool {
	domain = normalHost(domain)
	return slices.ContainsFunc(f.terms, func(t *term) bool {
		host := normalHost(t.host)
		return t.host != "" && (host == domain || strings.HasSuffix(host, "."+domain))
	})
}

// named returns the resources that have one of the names.
func (f *Finder) named(k *Kind, l *lister, p sweep.Place, items []wire.Object) (found []candidate) {
	for _, item := range items {
		var matched []string
		for _, t := range f.terms {
			if t.host != "" && k.hasName(item, normalHost(t.host)) {
				matched = append(matched, t.text)
			}
		}
		if len(matched) == 0 {
			continue
		}
		r := l.resource(k, Resource{}, item, placeTextOf(p))
		c := newCandidate(p, k.Singular())
		c.Id, c.Name, c.Owner, c.OwnerType, c.Status = r.Id, r.Name, r.Id, k.Singular(), r.State
		c.Description, c.Matched = k.names(item), matched
		if r.Tags != nil {
			c.Tags = r.Tags
		}
		if vpc, ok := item.Get("VpcId").(string); ok {
			c.VpcId = vpc
		}
		found = append(found, c)
	}
	return found
}

// findings returns the records of candidates.
func findings(candidates []candidate) []Finding {
	found := make([]Finding, len(candidates))
	for i := range candidates {
		found[i] = candidates[i].Finding
	}
	return found
}

// hasName reports whether one of the names of an item is a host.
func (k *Kind) hasName(item wire.Object, host string) bool {
	for _, field := range k.Find {
		for value := range parsePath(field).values(item) {
			if coversHost(normalHost(plainText(value)), host) {
				return true
			}
		}
	}
	return false
}

// names returns the names of an item as one text.
func (k *Kind) names(item wire.Object) string {
	var all []string
	for _, field := range k.Find {
		for value := range parsePath(field).values(item) {
			all = append(all, plainText(value))
		}
	}
	return strings.Join(all, " ")
}

// normalHost returns a host name in lower case, without the dot at the end, and without
// the parts of a URL around it.
func normalHost(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		text = u.Hostname()
	}
	return strings.ToLower(strings.TrimSuffix(strings.ReplaceAll(text, `\052`, "*"), ".")) // Route 53 writes * in octal
}

// coversHost reports whether a name is a host, or a wildcard that stands for it.
func coversHost(name, host string) bool {
	if domain, wildcard := strings.CutPrefix(name, "*."); wildcard {
		_, parent, _ := strings.Cut(host, ".")
		return parent == domain
	}
	return name != "" && name == host
}
