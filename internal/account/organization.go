package account

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// organization lists accounts with the identity that may.
type organization struct {
	r    *auth.Resolver
	base *auth.Identity
	sel  Selection
}

// fromOrganization is every account of the organization that the base profile,
// or who the user is, can list.
func fromOrganization(r *auth.Resolver, s Selection) (*Found, error) {
	base, err := baseIdentity(r, s)
	if err != nil {
		return nil, err
	}
	filter, err := newOrgFilter(s)
	if err != nil {
		return nil, err
	}
	o := &organization{r: r, base: base, sel: s}
	empty := func() string { return filter.none(s) }
	return &Found{empty: empty, Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			for page, err := range o.listAccounts(ctx, filter) {
				if err != nil {
					yield(nil, err)
					return
				}
				for _, a := range page {
					if a.Active() {
						a.ways = o.ways(a)
					}
					if !yield(a, nil) {
						return
					}
				}
			}
		}
	}}, nil
}

func baseIdentity(r *auth.Resolver, s Selection) (*auth.Identity, error) {
	if len(s.Profiles) == 0 {
		return r.Current()
	}
	matched, err := match(r.Config, s.Profiles[0])
	if err != nil {
		return nil, err
	}
	if len(matched) > 1 {
		return nil, usage("--organization takes one --profile: %q matches %d", s.Profiles[0], len(matched))
	}
	return r.Profile(matched[0])
}

// ways are the roles in order. The organization's role is often missing in the
// base's own account, where it is not needed.
func (o *organization) ways(a *Account) []way {
	partition := awsapi.PartitionOf(o.base.Target.Region).ID
	var ways []way
	for _, role := range o.sel.Roles {
		id := o.r.Assume(o.base, auth.RoleOptions{
			RoleSettings: awsconfig.RoleSettings{
				RoleARN: auth.RoleARN(role, partition, a.ID), ExternalID: o.sel.ExternalID, RoleSessionName: o.sel.SessionName, Duration: o.sel.Duration,
			},
		})
		a.known = append(a.known, id)
		ways = append(ways, open(id))
	}
	return append(ways, func(ctx context.Context) (*auth.Identity, error) {
		own, err := o.r.Account(ctx, o.base)
		if err != nil {
			return nil, err
		}
		if own != a.ID {
			return nil, &noWayError{"not the base's own account"}
		}
		a.Note = strings.Join(o.sel.Roles, ", ") + " cannot be assumed in the base's own account; its own credentials are used"
		return open(o.base)(ctx)
	})
}

// listAccounts yields the accounts a page at a time, filtered.
func (o *organization) listAccounts(ctx context.Context, filter *orgFilter) iter.Seq2[[]*Account, error] {
	return func(yield func([]*Account, error) bool) {
		err := filter.resolve(ctx, o)
		if err == nil {
			listed := 0
			err = o.everyPage(ctx, "ListAccounts", func(token *string) (*string, error) {
				out, err := o.client().ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token}, o.signed)
				if err != nil {
					return nil, err
				}
				if listed += len(out.Accounts); listed == 0 && aws.ToString(out.NextToken) == "" {
					// There is the management account at least.
					return nil, &awsapi.BrokenAnswer{Operation: "ListAccounts", Msg: "answered with no account at all"}
				}
				page, err := filter.choose(ctx, o, out.Accounts)
				if err == nil && !yield(page, nil) {
					err = errEnough
				}
				return out.NextToken, err
			})
		}
		if err != nil && err != errEnough {
			yield(nil, err)
		}
	}
}

// errEnough ends a walk whose reader wants no more.
var errEnough = errors.New("enough")

// everyPage walks a list, each page asked for with the base's credentials.
func (o *organization) everyPage(ctx context.Context, operation string, call func(token *string) (*string, error)) error {
	return awsapi.ForEachPage(operation, func(token *string) (next *string, err error) {
		err = o.base.Do(ctx, func() error {
			next, err = call(token)
			return err
		})
		return next, err
	})
}

func (o *organization) client() *organizations.Client { return o.r.API.Organizations(o.base.Target) }

func (o *organization) signed(opts *organizations.Options) { opts.Credentials = o.base.Credentials }

// fromOrg makes an account of Organizations' own. State took the place of
// Status in 2026; older answers have only that.
func fromOrg(found types.Account) *Account {
	status := string(found.State)
	if status == "" {
		status = string(found.Status)
	}
	return &Account{
		ID: aws.ToString(found.Id), Name: aws.ToString(found.Name), Email: aws.ToString(found.Email),
		Status: status, Source: SourceOrganization, Paths: found.Paths,
	}
}

// Hint says what to do about a failure to list an organization.
func Hint(err error) string {
	var (
		notInUse *types.AWSOrganizationsNotInUseException
		denied   *types.AccessDeniedException
	)
	switch {
	case errors.As(err, &notInUse):
		return "the base account is in no organization; name a profile of the management account with --profile"
	case errors.As(err, &denied):
		return "only the management account and delegated administrators may list accounts; name such a profile with --profile"
	}
	return ""
}
