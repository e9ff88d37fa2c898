package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"

	"muster/internal/auth"
	"muster/internal/awsapi"
)

// ssoPage is the most that the portal gives at once.
const ssoPage = 100

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
			err := awsapi.ForEachPage("ListAccounts", func(token *string) (*string, error) {
				var out *sso.ListAccountsOutput
				err := portal.Do(ctx, func(access string) (err error) {
					out, err = portal.Client.ListAccounts(ctx, &sso.ListAccountsInput{
						AccessToken: &access, MaxResults: aws.Int32(ssoPage), NextToken: token,
					})
					return err
				})
				if err != nil {
					return nil, err
				}
				for _, found := range out.AccountList {
					a := &Account{
						ID: aws.ToString(found.AccountId), Name: aws.ToString(found.AccountName), Email: aws.ToString(found.EmailAddress),
						Source: SourceSSO,
					}
					a.ways = ssoWays(portal, a.ID, s.Roles, refused)
					a.every = func(ctx context.Context) ([]*auth.Identity, error) { return assigned(ctx, portal, a.ID, s.Roles) }
					if !yield(a, nil) {
						return nil, errEnough
					}
				}
				return out.NextToken, nil
			})
			if err != nil && err != errEnough {
				yield(nil, err)
			}
		}
	}}, nil
}

func ssoWays(portal *auth.SSO, accountID string, roles []string, refused *refusals) []way {
	if len(roles) == 0 {
		return []way{onlyRole(portal, accountID)}
	}
	var ways []way
	for _, role := range roles {
		ways = append(ways, refused.noting(accountID, open(portal.Identity(accountID, role))))
	}
	return ways
}

// onlyRole is the way into an account with a single permission set.
func onlyRole(portal *auth.SSO, accountID string) way {
	return func(ctx context.Context) (*auth.Identity, error) {
		roles, err := listRoles(ctx, portal, accountID)
		if err != nil {
			return nil, err
		}
		switch len(roles) {
		case 0:
			return nil, &noWayError{"no permission set is assigned"}
		case 1:
			return open(portal.Identity(accountID, roles[0]))(ctx)
		}
		return nil, &noWayError{fmt.Sprintf("%d permission sets are assigned, choose with --role: %s", len(roles), strings.Join(roles, ", "))}
	}
}

// assigned is an identity for each permission set of the account; for those of
// chosen where it is not empty.
func assigned(ctx context.Context, portal *auth.SSO, accountID string, chosen []string) ([]*auth.Identity, error) {
	roles, err := listRoles(ctx, portal, accountID)
	if err != nil {
		return nil, err
	}
	var ids []*auth.Identity
	for _, role := range roles {
		if len(chosen) == 0 || slices.Contains(chosen, role) {
			ids = append(ids, portal.Identity(accountID, role))
		}
	}
	if len(ids) == 0 && len(chosen) > 0 {
		return nil, &noWayError{notAssigned(chosen, roles)}
	}
	return ids, nil
}

func listRoles(ctx context.Context, portal *auth.SSO, accountID string) ([]string, error) {
	var roles []string
	err := awsapi.ForEachPage("ListAccountRoles", func(token *string) (*string, error) {
		var out *sso.ListAccountRolesOutput
		err := portal.Do(ctx, func(access string) (err error) {
			out, err = portal.Client.ListAccountRoles(ctx, &sso.ListAccountRolesInput{
				AccessToken: &access, AccountId: &accountID, MaxResults: aws.Int32(ssoPage), NextToken: token,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, role := range out.RoleList {
			roles = append(roles, aws.ToString(role.RoleName))
		}
		return out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(roles)
	return slices.Compact(roles), nil
}
