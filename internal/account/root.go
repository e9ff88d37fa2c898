package account

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/names"
)

// leavesOut reports whether --task-policy leaves an account out: it is for member accounts,
// unless the user names the management account.
func (o *organization) leavesOut(a *Account) bool {
	return o.selection.TaskPolicy != "" && a.management && len(o.selection.Accounts) == 0 && o.selection.Named == ""
}

// rootOf returns the identities of an account in an organization with --task-policy: its root
// user. AWS gives sessions of it in member accounts only.
func (o *organization) rootOf(a *Account) identities {
	if a.management {
		return none{&noIdentityError{"AssumeRoot works in member accounts, and this is the management account"}}
	}
	return known{o.r.Root(o.base, a.ID, o.selection.TaskPolicy, o.selection.duration())}
}

// namedMembers yields the accounts of --account, if they are all ids and no other flag needs
// the list of accounts: an administrator of root access may not be allowed to list them.
// ok is false otherwise.
func (o *organization) namedMembers() (accounts func(context.Context) iter.Seq2[*Account, error], ok bool) {
	s := o.selection
	if s.TaskPolicy == "" || len(s.Accounts) == 0 || s.Named != "" || len(s.Exclude)+len(s.OUs)+len(s.Tags) > 0 ||
		slices.ContainsFunc(s.Accounts, func(text string) bool { return !awsconfig.IsAccountID(text) }) {
		return nil, false
	}
	return func(context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			for _, id := range s.Accounts {
				a := &Account{ID: id, Source: SourceRoot}
				a.identities = o.rootOf(a)
				if !yield(a, nil) {
					return
				}
			}
		}
	}, true
}

// checkRootSource checks the flags that select accounts beside --task-policy.
func (s Selection) checkRootSource() error {
	switch {
	case s.RoleARN != "" || len(s.Roles) > 0:
		return usage("--task-policy cannot be used with --role or --role-arn: it opens member accounts as their root user")
	case s.SSOSession != "" || s.AllProfiles:
		return usage("--task-policy is for the member accounts of an organization; name the profile that administers them with --profile")
	case len(s.Profiles) > 1:
		return usage("--task-policy takes one --profile: the one that administers the organization")
	case !auth.IsTaskPolicy(s.TaskPolicy):
		return usage("--task-policy %q: expected %s, or a policy's ARN%s", s.TaskPolicy, strings.Join(auth.TaskPolicies, ", "), names.DidYouMean(s.TaskPolicy, auth.TaskPolicies))
	}
	return nil
}

// checkRootOptions checks the options of the session of a root user.
func (s Selection) checkRootOptions() error {
	switch {
	case s.ExternalID != "" || s.RoleSessionName != "":
		return usage("--external-id and --role-session-name are for roles; --task-policy assumes none")
	case s.DurationSeconds < 0 || s.duration() > auth.MaxRootSession:
		return usage("--duration-seconds %d: expected 1 to %d with --task-policy", s.DurationSeconds, auth.MaxRootSession/time.Second)
	}
	return nil
}
