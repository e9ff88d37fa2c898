package account

import (
	"context"
	"iter"
	"time"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// fromRole finds the account of a role that the base identity assumes through the roles of
// --via. The account has no name: a role's ARN has only the id.
func fromRole(r *auth.Resolver, s Selection) (*Found, error) {
	id, err := baseIdentity(r, s)
	if err != nil {
		return nil, err
	}
	for _, arn := range s.Via {
		id = r.Assume(id, auth.RoleOptions{RoleSettings: awsconfig.RoleSettings{RoleARN: arn}})
	}
	id = r.Assume(id, auth.RoleOptions{RoleSettings: awsconfig.RoleSettings{
		RoleARN: s.RoleARN, ExternalID: s.ExternalID, RoleSessionName: s.RoleSessionName, Duration: s.duration(),
	}})
	if id.Chained() && s.duration() > time.Hour {
		return nil, usage("--duration-seconds %d: at most 3600 for a role that a role assumes (%s)", s.DurationSeconds, id)
	}
	return &Found{Accounts: func(context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			yield(&Account{ID: id.AccountID, Source: SourceRole, identities: known{id}}, nil)
		}
	}}, nil
}

// checkRoleSource checks the flags that select accounts beside --role-arn.
func (s Selection) checkRoleSource() error {
	switch {
	case s.Organization:
		return usage("--role-arn and --organization cannot be used together: with --organization, --role names the role in every account")
	case s.SSOSession != "":
		return usage("--role-arn and --sso-session cannot be used together; to assume a role with a permission set, name its profile with --profile")
	case s.AllProfiles || len(s.Profiles) > 1:
		return usage("--role-arn takes one --profile: the one that assumes the role")
	case len(s.Roles) > 0:
		return usage("--role-arn and --role cannot be used together; to assume a role first, use --via")
	}
	return nil
}

// checkRoleARNs checks the ARNs of --role-arn and --via.
func (s Selection) checkRoleARNs() error {
	switch {
	case s.RoleARN != "" && !auth.IsRoleARN(s.RoleARN):
		return usage("--role-arn %q: expected a role's ARN, such as arn:aws:iam::123456789012:role/NAME", s.RoleARN)
	case s.RoleARN == "" && len(s.Via) > 0:
		return usage("--via needs --role-arn, the last role of the chain")
	}
	for _, arn := range s.Via {
		if !auth.IsRoleARN(arn) {
			return usage("--via %q: expected a role's ARN, such as arn:aws:iam::123456789012:role/NAME", arn)
		}
	}
	return nil
}
