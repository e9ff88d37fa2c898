// Package account finds accounts: of the config's profiles, of an organization, or of
// an IAM Identity Center session. A Selection chooses some of them.
//
// Every source yields each account as soon as it knows it. An account has a lazy list
// of identities, and asks AWS for credentials only when it is opened.
package account

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/auth"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// Account is an AWS account.
type Account struct {
	ID     string // twelve digits; "" if it could not be found out
	Name   string // in Organizations or SSO; the profile's name for an account of a profile
	Email  string
	Status string   // ACTIVE, SUSPENDED, ... in an organization, else ""
	Source string   // SourceIdentity, ...
	Paths  []string // in the organization: o-ID/r-ID/ou-ID/.../ID
	Note   string   // set by Open if the identity is an unusual one
	// OnWait is called when Open or Identities has to wait for a profile that has not
	// answered yet and may lead into the account. It may be nil.
	OnWait func()

	identities identities
	management bool // of the organization
}

// The sources of accounts.
const (
	SourceIdentity     = "identity"
	SourceProfile      = "profile"
	SourceOrganization = "organization"
	SourceSSO          = "sso-session"
	SourceSAML         = "saml-profile"
	SourceRole         = "role-arn"
	SourceRoot         = "task-policy" // an account that was not listed
)

// Active reports whether AWS accepts calls in the account.
func (a *Account) Active() bool { return a.Status == "" || a.Status == "ACTIVE" }

// Open returns the first identity that gets credentials in the account. It tries the
// next role only if AWS has rejected the one before: an unreachable STS says nothing
// about a role. If no identity gets credentials, the error is that of the first one,
// the one that the user prefers.
func (a *Account) Open(ctx context.Context) (*auth.Identity, error) {
	var first error
	for id, err := range a.list().candidates(ctx) {
		if err == nil {
			if _, err = id.Credentials.Retrieve(ctx); err == nil {
				return id, nil
			}
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil || a.Source != SourceProfile && !awsapi.Explain(err).Rejected() {
			break
		}
	}
	if first == nil {
		first = errNoIdentity
	}
	return nil, first
}

// Identities returns an identity for each selected role, permission set or profile that
// leads into the account. It does not ask for credentials: the roles of an organization
// need not exist.
func (a *Account) Identities(ctx context.Context) ([]*auth.Identity, error) {
	var ids []*auth.Identity
	for id, err := range a.list().all(ctx) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// RoleNames returns the names of the roles or permission sets through which the account can
// be opened; nil if they cannot be found out. It may ask AWS for the permission sets.
func (a *Account) RoleNames(ctx context.Context) (roles []string) {
	ids, err := a.Identities(ctx)
	if err != nil {
		return nil
	}
	for _, id := range ids {
		if id.Role != "" && !slices.Contains(roles, id.Role) {
			roles = append(roles, id.Role)
		}
	}
	return roles
}

// Session returns the IAM Identity Center session that leads into the account; nil if
// there is none.
func (a *Account) Session(ctx context.Context) (*sso.Session, error) {
	if sets, ok := a.list().(*permissionSets); ok {
		return sets.session, nil
	}
	ids, err := a.Identities(ctx)
	for _, id := range ids {
		if id.Session != nil {
			return id.Session, nil
		}
	}
	return nil, err
}

// AskRole lets the user choose a permission set if several are assigned and none is selected.
// Without AskRole, this is an error. A nil Chooser changes nothing.
func (a *Account) AskRole(choose Chooser) {
	if sets, ok := a.list().(*permissionSets); ok && choose != nil {
		sets.choose = func(ctx context.Context, among []string) (string, error) {
			return choose.Role(ctx, fmt.Sprintf("%d permission sets are assigned in %s", len(among), describe(a, "")), among)
		}
	}
}

func (a *Account) list() identities {
	if a.identities == nil {
		return none{errNoIdentity}
	}
	return a.identities
}
