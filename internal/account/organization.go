package account

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"strings"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/catalog"
	"muster/internal/wire"
)

// organization is the organization that the base identity can list.
type organization struct {
	r         *auth.Resolver
	base      *auth.Identity
	selection Selection
	onlyRoles bool // see Options
}

// fromOrganization finds the accounts of the organization that the base identity can list.
func fromOrganization(r *auth.Resolver, s Selection, onlyRoles bool) (*Found, error) {
	base, err := baseIdentity(r, s)
	if err != nil {
		return nil, err
	}
	filter, err := newOrgFilter(s)
	if err != nil {
		return nil, err
	}
	o := &organization{r: r, base: base, selection: s, onlyRoles: onlyRoles}
	if accounts, ok := o.namedMembers(); ok {
		return &Found{Accounts: accounts}, nil
	}
	accounts := func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			for page, err := range o.pages(ctx, filter) {
				if err != nil {
					yield(nil, err)
					return
				}
				for _, a := range page {
					if o.leavesOut(a) {
						continue
					}
					a.identities = o.identitiesOf(a)
					if !yield(a, nil) {
						return
					}
				}
			}
		}
	}
	return &Found{Accounts: accounts, noAccount: func() string { return filter.noAccount(s) }}, nil
}

// baseIdentity returns the identity that assumes the roles of a selection: of --profile, or
// the current one.
func baseIdentity(r *auth.Resolver, s Selection) (*auth.Identity, error) {
	if len(s.Profiles) == 0 {
		return r.Current()
	}
	matched, err := matchProfiles(r.Config, s.Profiles[0])
	if err != nil {
		return nil, err
	}
	if len(matched) > 1 {
		source := "--organization"
		switch {
		case s.RoleARN != "":
			source = "--role-arn"
		case s.TaskPolicy != "":
			source = "--task-policy"
		}
		return nil, usage("%s takes one --profile: %q matches %d", source, s.Profiles[0], len(matched))
	}
	return r.Profile(matched[0])
}

// roles is the identities of an account in the organization: the roles of --role, and the
// base in its own account, where the organization's role often does not exist.
type roles struct {
	known
	organization *organization
	account      *Account
}

// identitiesOf returns the identities of an account: with --task-policy its root user, else
// the roles.
func (o *organization) identitiesOf(a *Account) identities {
	if o.selection.TaskPolicy != "" {
		return o.rootOf(a)
	}
	return o.newRoles(a)
}

func (o *organization) newRoles(a *Account) *roles {
	r := &roles{organization: o, account: a}
	partition := catalog.PartitionOf(o.base.Target.Region).ID
	for _, role := range o.selection.Roles {
		r.known = append(r.known, o.r.Assume(o.base, auth.RoleOptions{RoleSettings: awsconfig.RoleSettings{
			RoleARN:         auth.RoleARN(role, partition, a.ID),
			ExternalID:      o.selection.ExternalID,
			RoleSessionName: o.selection.RoleSessionName,
			Duration:        o.selection.duration(),
		}}))
	}
	return r
}

// candidates yields the roles, then the base if the account is its own.
func (r *roles) candidates(ctx context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) {
		for _, id := range r.known {
			if !yield(id, nil) {
				return
			}
		}
		o := r.organization
		if o.onlyRoles {
			return
		}
		own, err := o.r.Account(ctx, o.base)
		switch {
		case err != nil:
			yield(nil, err)
		case own == r.account.ID:
			r.account.Note = strings.Join(o.selection.Roles, ", ") + " cannot be assumed in the base's own account; its own credentials are used"
			yield(o.base, nil)
		}
	}
}

// pages yields the accounts that pass the filter, page by page. An error ends the list.
func (o *organization) pages(ctx context.Context, filter *orgFilter) iter.Seq2[[]*Account, error] {
	return func(yield func([]*Account, error) bool) {
		err := filter.resolve(ctx, o)
		if err == nil {
			listed := 0
			err = o.everyPage(ctx, "ListAccounts", nil, func(answer wire.Object) error {
				accounts := answer.Objects("Accounts")
				if listed += len(accounts); listed == 0 && answer.Text("NextToken") == "" {
					// An organization always has its management account.
					return &awsapi.BrokenAnswer{Operation: "ListAccounts", Msg: "answered with no account at all"}
				}
				page, err := filter.apply(ctx, o, accounts)
				if err == nil && !yield(page, nil) {
					err = errStopped
				}
				return err
			})
		}
		if err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}

// errStopped ends a list whose reader has stopped.
var errStopped = errors.New("stopped")

// everyPage calls an operation for each page with the base's credentials.
func (o *organization) everyPage(ctx context.Context, operation string, in wire.Object, page func(wire.Object) error) error {
	target := o.base.Target
	home := catalog.PartitionOf(target.Region).Global()
	caller := o.r.API.Named("organizations", operation)
	return withHint(awsapi.ForEachPage(operation, func(token *string) (*string, error) {
		if token != nil {
			in = in.Set("NextToken", *token)
		}
		var answer wire.Object
		err := o.base.Do(ctx, func() (err error) {
			answer, err = caller.Call(ctx, target, home, o.base.Credentials, in)
			return err
		})
		if err == nil {
			err = page(answer)
		}
		next := answer.Text("NextToken")
		return &next, err
	}))
}

// newOrganizationAccount converts an account of Organizations. In 2026, State replaced
// Status; older answers have only Status.
func newOrganizationAccount(found wire.Object) *Account {
	a := &Account{
		ID: found.Text("Id"), Name: found.Text("Name"), Email: found.Text("Email"),
		Status: cmp.Or(found.Text("State"), found.Text("Status")), Source: SourceOrganization,
	}
	_, administrator, _ := strings.Cut(found.Text("Arn"), ":organizations::") // the ARN begins with the management account
	a.management = a.ID != "" && strings.HasPrefix(administrator, a.ID+":")
	paths, _ := found.Get("Paths").([]any)
	for _, path := range paths {
		if text, ok := path.(string); ok {
			a.Paths = append(a.Paths, text)
		}
	}
	return a
}

// listError is an error of listing the organization, with its remedy.
type listError struct {
	error
	hint string
}

func (e *listError) Unwrap() error { return e.error }

// Hint returns the remedy.
func (e *listError) Hint() string { return e.hint }

// withHint adds the remedy to an error of listing the organization, if one is known.
func withHint(err error) error {
	if err == nil {
		return nil
	}
	switch awsapi.Explain(err).Code {
	case "AWSOrganizationsNotInUseException":
		return &listError{err, "the base account is in no organization; name a profile of the management account with --profile"}
	case "AccessDeniedException":
		return &listError{err, "only the management account and delegated administrators may list accounts; name such a profile with --profile"}
	}
	return err
}
