package account

import (
	"context"
	"slices"
	"strings"
	"sync"

	"muster/internal/auth"
	"muster/internal/auth/sso"
	"muster/internal/names"
)

// mostAsked bounds the accounts whose permission sets are asked for to explain a
// wrong one: the portal allows about twenty calls a second.
const mostAsked = 20

// permissionSet is the name of a permission set, where a user may have given the name
// of its role in IAM: AWSReservedSSO_NAME_0123456789abcdef.
func permissionSet(role string) string {
	name, reserved := strings.CutPrefix(role, "AWSReservedSSO_")
	if end := strings.LastIndexByte(name, '_'); reserved && end > 0 {
		return name[:end]
	}
	return name
}

// notAssigned says that permission sets are not assigned, which ones are, and which of
// those are similar.
func notAssigned(chosen, assigned []string) string {
	text := strings.Join(chosen, ", ") + " is not assigned; there is no other permission set"
	if len(assigned) > 0 {
		text = strings.Join(chosen, ", ") + " is not assigned; assigned: " + strings.Join(assigned, ", ")
	}
	for _, role := range chosen {
		text += names.DidYouMean(permissionSet(role), assigned)
	}
	return text
}

// refusals are the accounts of a session that refused a chosen permission set.
type refusals struct {
	portal *sso.Session
	chosen []string

	mu  sync.Mutex
	ids []string
}

// noting is a way that notes down a refusal.
func (r *refusals) noting(accountID string, enter way) way {
	return func(ctx context.Context) (*auth.Identity, error) {
		id, err := enter(ctx)
		if err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.ids) < mostAsked && !slices.Contains(r.ids, accountID) {
				r.ids = append(r.ids, accountID)
			}
		}
		return id, err
	}
}

// explain says that none of the chosen permission sets is assigned in any of the
// accounts, as far as the first ones tell; "" if one is, or the portal does not say.
func (r *refusals) explain(ctx context.Context) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var wait sync.WaitGroup
	found := make([][]string, len(r.ids))
	for i, id := range r.ids {
		wait.Go(func() { found[i], _ = r.portal.PermissionSets(ctx, id) })
	}
	wait.Wait()
	assigned := slices.Compact(slices.Sorted(slices.Values(slices.Concat(found...))))
	if len(assigned) == 0 || slices.ContainsFunc(r.chosen, func(role string) bool { return slices.Contains(assigned, role) }) {
		return ""
	}
	return "--role " + notAssigned(r.chosen, assigned)
}
