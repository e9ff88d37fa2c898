package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth"
	"muster/internal/auth/sso"
)

// fromSSO is every account that the session's user is assigned to.
func fromSSO(r *auth.Resolver, s Selection) (*Found, error) {
	session, err := r.Config.Session(s.SSOSession)
	if err != nil {
		return nil, err
	}
	if session.Problem != nil {
		return nil, session.Problem
	}
	portal := r.SSO(session, nil)
	empty := func() string {
		return fmt.Sprintf("--sso-session %s: no account is assigned to its user", s.SSOSession)
	}
	refused := &refusals{portal: portal, chosen: s.Roles}
	return &Found{empty: empty, Refused: refused.explain, Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			for found, err := range portal.Accounts(ctx) {
				if err != nil {
					yield(nil, err)
					return
				}
				a := &Account{
					ID: aws.ToString(found.AccountId), Name: aws.ToString(found.AccountName), Email: aws.ToString(found.EmailAddress),
					Source: SourceSSO,
				}
				a.ways = ssoWays(r, portal, a.ID, s.Roles, refused)
				a.every = func(ctx context.Context) ([]*auth.Identity, error) { return assigned(ctx, r, portal, a.ID, s.Roles) }
				if !yield(a, nil) {
					return
				}
			}
		}
	}}, nil
}

func ssoWays(r *auth.Resolver, portal *sso.Session, accountID string, roles []string, refused *refusals) []way {
	if len(roles) == 0 {
		return []way{onlyRole(r, portal, accountID)}
	}
	var ways []way
	for _, role := range roles {
		ways = append(ways, refused.noting(accountID, open(r.PermissionSet(portal, accountID, role))))
	}
	return ways
}

// onlyRole is the way into an account with a single permission set.
func onlyRole(r *auth.Resolver, portal *sso.Session, accountID string) way {
	return func(ctx context.Context) (*auth.Identity, error) {
		roles, err := portal.PermissionSets(ctx, accountID)
		if err != nil {
			return nil, err
		}
		switch len(roles) {
		case 0:
			return nil, &noWayError{"no permission set is assigned"}
		case 1:
			return open(r.PermissionSet(portal, accountID, roles[0]))(ctx)
		}
		return nil, &noWayError{fmt.Sprintf("%d permission sets are assigned, choose with --role: %s", len(roles), strings.Join(roles, ", "))}
	}
}

// assigned returns an identity for each permission set of the account: of the chosen ones
// in their order, or of all of them if none is chosen.
func assigned(ctx context.Context, r *auth.Resolver, portal *sso.Session, accountID string, chosen []string) ([]*auth.Identity, error) {
	roles, err := portal.PermissionSets(ctx, accountID)
	if err != nil {
		return nil, err
	}
	wanted := roles
	if len(chosen) > 0 {
		wanted = slices.DeleteFunc(slices.Clone(chosen), func(role string) bool { return !slices.Contains(roles, role) })
	}
	var ids []*auth.Identity
	for _, role := range wanted {
		ids = append(ids, r.PermissionSet(portal, accountID, role))
	}
	if len(ids) == 0 && len(chosen) > 0 {
		return nil, &noWayError{notAssigned(chosen, roles)}
	}
	return ids, nil
}
