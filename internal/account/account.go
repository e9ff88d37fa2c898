// Package account finds the accounts that the user can reach: those of the
// config's profiles, of an organization, of an IAM Identity Center session; and
// which of them a selection means.
package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"muster/internal/auth"
	"muster/internal/awsapi"
)

// Account is an AWS account and the ways into it.
type Account struct {
	ID     string // twelve digits; "" where nobody could tell
	Name   string // as Organizations or SSO has it; a profile's name for accounts reached by profile
	Email  string
	Status string   // ACTIVE, SUSPENDED, ... where Organizations tells, else ""
	Source string   // where it was found: identity, profile, organization or sso-session
	Paths  []string // of the organization: o-ID/r-ID/ou-ID/.../ID
	Note   string   // what is unusual about the way in, once it is open
	// Waits is called before Open or Identities waits for a profile that has not
	// answered and may lead into the account, too; nil: nobody needs to know.
	Waits func()

	ways  []way
	every func(context.Context) ([]*auth.Identity, error) // nil where the ways are all there is
	known []*auth.Identity                                // the identities of the ways, where every is nil

	roster *roster // adds ways while profiles are identified; nil: the ways are all there are
}

// Where an account was found.
const (
	SourceIdentity     = "identity"
	SourceProfile      = "profile"
	SourceOrganization = "organization"
	SourceSSO          = "sso-session"
)

// Active says whether the account can be worked with.
func (a *Account) Active() bool { return a.Status == "" || a.Status == "ACTIVE" }

// way returns an identity with credentials in the account.
type way func(context.Context) (*auth.Identity, error)

// open is the way in by an identity that is known already.
func open(id *auth.Identity) way {
	return func(ctx context.Context) (*auth.Identity, error) {
		if _, err := id.Credentials.Retrieve(ctx); err != nil {
			return nil, err
		}
		return id, nil
	}
}

// blocked is the way into an account that nobody can enter, for the reason err.
func blocked(err error) way {
	return func(context.Context) (*auth.Identity, error) { return nil, err }
}

// Open gets credentials in the account by the first way that gives some. Of
// several roles, a later one is tried only where AWS refuses the earlier: that
// STS is out of reach says nothing about the role.
func (a *Account) Open(ctx context.Context) (*auth.Identity, error) {
	var failed []error
	for enter := range a.waysIn(ctx) {
		id, err := enter(ctx)
		if err == nil {
			return id, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil || a.Source != SourceProfile && !awsapi.Explain(err).Rejected() {
			break
		}
	}
	return nil, firstCause(failed)
}

// waysIn yields the ways in, and waits for those that may be added.
func (a *Account) waysIn(ctx context.Context) iter.Seq[way] {
	if a.roster == nil {
		return slices.Values(a.ways)
	}
	return func(yield func(way) bool) {
		for number := 0; ; number++ {
			if enter := a.roster.way(ctx, a, number); enter == nil || !yield(enter) {
				return
			}
		}
	}
}

// Identities returns who the user can be in the account: one identity for every
// role, permission set or profile that leads there, of those that the selection
// names. Of an organization's roles it is not known which exist. No credentials
// are asked for.
func (a *Account) Identities(ctx context.Context) ([]*auth.Identity, error) {
	if a.every != nil {
		return a.every(ctx)
	}
	if a.roster != nil {
		return a.roster.identities(ctx, a), nil
	}
	if len(a.known) == 0 {
		_, err := a.Open(ctx)
		return nil, err
	}
	return a.known, nil
}

// firstCause is the error to report where every way failed: that of the first, the
// profile or role that the user prefers.
func firstCause(failed []error) error {
	if len(failed) == 0 {
		return &noWayError{"no role or profile leads into the account"}
	}
	return failed[0]
}

// noWayError says why an account cannot be entered, where AWS was not to blame.
type noWayError struct{ msg string }

func (e *noWayError) Error() string { return e.msg }

// Reason makes it a missing role in the ledger.
func (e *noWayError) Reason() awsapi.Kind { return awsapi.NoRole }

// notListedError says that there is no account by a name that --account has.
type notListedError struct{ noWayError }

// Listed says whether an account was found, or only asked for. err is the one of
// Open.
func Listed(err error) bool { return !errors.As(err, new(*notListedError)) }

// UsageError is a selection that makes no sense.
type UsageError struct{ Msg string }

func (e *UsageError) Error() string { return e.Msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*UsageError) UsageError() {}

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }
