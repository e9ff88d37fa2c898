package inventory

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/names"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// Resources collects the resources of kinds.
type Resources struct {
	kinds   []*Kind
	matcher *resourceMatcher
	// InRegion, if it is set, selects resources by their region where a kind is listed for
	// the whole account.
	InRegion func(region string) bool
}

// NewResources prepares a query. Its errors are mistakes in the query, or in a kind's file.
func NewResources(kinds []*Kind, q ResourceQuery) (*Resources, error) {
	matcher, err := q.compile()
	if err != nil {
		return nil, err
	}
	r := &Resources{kinds: kinds, matcher: matcher}
	for _, k := range kinds {
		if err := k.compile(); err != nil {
			return nil, err
		}
	}
	return r, r.checkQuery(q)
}

// checkQuery returns an error for a restriction that no resource of a kind can meet.
func (r *Resources) checkQuery(q ResourceQuery) error {
	for _, k := range r.kinds {
		lacks := func(field string) bool {
			return !slices.ContainsFunc(k.listers, func(l *lister) bool { return l.has(field) })
		}
		switch {
		case !(q.Since.IsZero() && q.Until.IsZero()) && lacks("CreatedAt"):
			return queryError("--since, --until, --older-than: AWS does not tell when %s were created", k.Name)
		case len(q.States) > 0 && lacks("State"):
			return queryError("--state: %s have no state", k.Name)
		case len(q.Tags) > 0 && lacks("Tags"):
			return queryError("--tag: AWS's answer has no tags of %s", k.Name)
		}
	}
	states := r.States()
	for _, state := range q.States {
		if states != nil && canonical([]string{state}, states) == nil {
			return queryError("--state %q: expected one of %s%s", state, strings.Join(states, ", "), names.DidYouMean(state, states))
		}
	}
	return nil
}

// States returns the states that the resources can have; nil if AWS does not list them.
func (r *Resources) States() (all []string) {
	for _, l := range r.listers() {
		shape := l.State.shapeOf(l.members)
		if shape == nil || len(shape.Enum()) == 0 {
			return nil
		}
		all = append(all, shape.Enum()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (r *Resources) listers() (all []*lister) {
	for _, k := range r.kinds {
		all = append(all, k.listers...)
	}
	return all
}

// Scope reports whether accounts are visited as a whole, and whether their regions are.
func (r *Resources) Scope() (accounts, regions bool) {
	for _, k := range r.kinds {
		ofAccounts, ofRegions := k.Scope()
		accounts, regions = accounts || ofAccounts, regions || ofRegions
	}
	return accounts, regions
}

// Scope is that of the kind alone, after NewResources.
func (k *Kind) Scope() (accounts, regions bool) {
	for _, l := range k.listers {
		accounts, regions = accounts || l.perAccount(), regions || !l.perAccount()
	}
	return accounts, regions
}

// HaveRegion reports whether all resources have a region, although some may be listed for
// an account as a whole.
func (r *Resources) HaveRegion() bool {
	return !slices.ContainsFunc(r.listers(), func(l *lister) bool { return l.perAccount() && l.Region == nil })
}

// WithoutCredentials reports whether accounts need no credentials: the portal of IAM
// Identity Center lists all resources.
func (r *Resources) WithoutCredentials() bool {
	return !slices.ContainsFunc(r.listers(), func(l *lister) bool { return !l.needsSession() })
}

// Visit emits the resources of a place. A kind that fails does not hide the others: the
// error comes after their resources.
func (r *Resources) Visit(ctx context.Context, api *awsapi.API, p sweep.Place, emit func([]Resource)) error {
	var mu sync.Mutex
	var calls []func(context.Context, turn) error
	for k, l := range listersOf(r.kinds, p) {
		calls = append(calls, func(ctx context.Context, _ turn) error {
			return l.visit(ctx, api, p, narrowing{filters: r.matcher.filters(l)}, func(items []wire.Object) {
				records := r.records(k, l, p, items)
				mu.Lock()
				defer mu.Unlock()
				emit(records)
			})
		})
	}
	return worst(atOnce(ctx, calls))
}

// listersOf yields the listers of kinds that a place has: of its region, or of the account
// as a whole.
func listersOf(kinds []*Kind, p sweep.Place) iter.Seq2[*Kind, *lister] {
	return func(yield func(*Kind, *lister) bool) {
		for _, k := range kinds {
			for _, l := range k.listers {
				if l.perAccount() == (p.Region == "") && !yield(k, l) {
					return
				}
			}
		}
	}
}

func (r *Resources) records(k *Kind, l *lister, p sweep.Place, items []wire.Object) []Resource {
	owner := Resource{AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region}
	place := placeText{account: p.Account.ID, region: p.Region}
	if p.Identity != nil {
		owner.Profile, owner.Role = p.Identity.Profile, p.Identity.Role
		place = placeTextOf(p)
	}
	records := make([]Resource, 0, len(items))
	for _, item := range items {
		record := l.resource(k, owner, item, place)
		inRegion := l.Region == nil || r.InRegion == nil || record.Region == "" || r.InRegion(record.Region) // a server may leave it out
		if inRegion && r.matcher.matches(&record) {
			records = append(records, record)
		}
	}
	return records
}

// worst returns the error that decides on a place: a gap, if there is one. A service that
// the region or the account does not have counts if there is no other.
func worst(errs []error) error {
	var absent error
	answered := false
	for _, err := range errs {
		if err == nil {
			answered = true
			continue
		}
		switch awsapi.Explain(err).Kind {
		case awsapi.NotOffered, awsapi.NotSubscribed:
			if absent == nil || errors.As(absent, new(*notOfferedError)) {
				absent = err
			}
		default:
			return err
		}
	}
	if answered {
		return nil
	}
	return absent
}
