package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"muster/internal/auth"
	"muster/internal/auth/sso"
	"muster/internal/names"
)

// permissionSets is the identities of an account in an SSO session.
type permissionSets struct {
	r         *auth.Resolver
	session   *sso.Session
	accountID string
	chosen    []string // by --role; empty for all
	refusals  *refusals

	choose func(ctx context.Context, among []string) (string, error) // of several; may be nil
}

// candidates yields the chosen permission sets without asking whether they are
// assigned. If none is chosen, the account's only permission set is.
func (p *permissionSets) candidates(ctx context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) {
		if len(p.chosen) == 0 {
			yield(p.only(ctx))
			return
		}
		for _, name := range p.chosen {
			if !yield(p.identity(name), nil) {
				return
			}
			p.refusals.add(p.accountID) // Open goes on: AWS has refused this one
		}
	}
}

// only returns the account's only permission set, or the one that the user chooses.
func (p *permissionSets) only(ctx context.Context) (*auth.Identity, error) {
	assigned, err := p.session.PermissionSets(ctx, p.accountID)
	switch {
	case err != nil:
		return nil, err
	case len(assigned) == 0:
		return nil, &noIdentityError{"no permission set is assigned"}
	case len(assigned) > 1 && p.choose != nil:
		name, err := p.choose(ctx, assigned)
		if err != nil {
			return nil, err
		}
		return p.identity(name), nil
	case len(assigned) > 1:
		return nil, &noIdentityError{fmt.Sprintf("%d permission sets are assigned, choose with --role: %s", len(assigned), strings.Join(assigned, ", "))}
	}
	return p.identity(assigned[0]), nil
}

// all yields the assigned permission sets: the chosen ones in their order, or all of
// them if none is chosen.
func (p *permissionSets) all(ctx context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) {
		assigned, err := p.session.PermissionSets(ctx, p.accountID)
		if err != nil {
			yield(nil, err)
			return
		}
		selected := assigned
		if len(p.chosen) > 0 {
			selected = slices.DeleteFunc(slices.Clone(p.chosen), func(name string) bool { return !slices.Contains(assigned, name) })
			if len(selected) == 0 {
				yield(nil, &noIdentityError{notAssigned(p.chosen, assigned)})
				return
			}
		}
		for _, name := range selected {
			if !yield(p.identity(name), nil) {
				return
			}
		}
	}
}

func (p *permissionSets) identity(name string) *auth.Identity {
	return p.r.PermissionSet(p.session, p.accountID, name)
}

// permissionSetName returns the name of a permission set from the name of its role in
// IAM, AWSReservedSSO_NAME_0123456789abcdef. Users confuse the two.
func permissionSetName(role string) string {
	name, reserved := strings.CutPrefix(role, "AWSReservedSSO_")
	if end := strings.LastIndexByte(name, '_'); reserved && end > 0 {
		return name[:end]
	}
	return name
}

// notAssigned says that the chosen permission sets are not assigned, and names the
// assigned ones.
func notAssigned(chosen, assigned []string) string {
	text := strings.Join(chosen, ", ") + " is not assigned; there is no other permission set"
	if len(assigned) > 0 {
		text = strings.Join(chosen, ", ") + " is not assigned; assigned: " + strings.Join(assigned, ", ")
	}
	for _, role := range chosen {
		text += names.DidYouMean(permissionSetName(role), assigned)
	}
	return text
}

// maxRefusals limits the accounts whose permission sets are listed to explain a wrong
// --role: the portal allows about twenty calls a second.
const maxRefusals = 20

// refusals collects accounts that refused the chosen permission sets.
type refusals struct {
	session *sso.Session
	chosen  []string

	mu         sync.Mutex
	accountIDs []string
}

func (r *refusals) add(accountID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.accountIDs) < maxRefusals && !slices.Contains(r.accountIDs, accountID) {
		r.accountIDs = append(r.accountIDs, accountID)
	}
}

// explain returns a message if none of the collected accounts has a chosen permission
// set. It returns "" if one has, or if the portal does not answer.
func (r *refusals) explain(ctx context.Context) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wait sync.WaitGroup
	found := make([][]string, len(r.accountIDs))
	for i, id := range r.accountIDs {
		wait.Go(func() { found[i], _ = r.session.PermissionSets(ctx, id) })
	}
	wait.Wait()
	assigned := slices.Compact(slices.Sorted(slices.Values(slices.Concat(found...))))
	if len(assigned) == 0 || slices.ContainsFunc(r.chosen, func(role string) bool { return slices.Contains(assigned, role) }) {
		return ""
	}
	return "--role " + notAssigned(r.chosen, assigned)
}
