package account

import (
	"context"
	"iter"
	"strings"
	"time"

	"muster/internal/auth"
)

// Selection says which accounts are meant. Empty lists mean no restriction.
type Selection struct {
	Profiles     []string // names or globs; with Organization, the one that lists it
	AllProfiles  bool
	SSOSession   string
	Organization bool
	Roles        []string // in order of preference

	Accounts []string // ids, names or globs
	Exclude  []string
	Strict   bool         // an exclusion that matches nothing is an error, before any account is yielded
	Warn     func(string) // is called for an exclusion or a glob that matches nothing; nil: nobody is
	OUs      []string     // names, paths of names, or ids
	Tags     []string     // K=V or K
	Shard    Shard        // of all that the rest selects

	ExternalID  string // these three for the roles of an organization
	SessionName string
	Duration    time.Duration
}

// Found is what a selection led to.
type Found struct {
	// Accounts asks AWS and yields each account as it is found. An error ends it and
	// means that the list is not complete.
	Accounts func(context.Context) iter.Seq2[*Account, error]
	// Refused says more where AWS has refused every account: that nobody has the chosen
	// permission set, for example. It asks AWS, and returns "" if it finds no reason. nil: it
	// never does.
	Refused func(context.Context) string
	// empty says why there is no account at all, after Accounts has ended so.
	empty func() string
	// Skipped names profiles that --all-profiles left out because of a mistake in
	// the config.
	Skipped []error
}

// Find checks a selection against the config and returns its accounts. AWS is
// asked only once they are iterated over.
func Find(r *auth.Resolver, s Selection) (*Found, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	pick, err := newPicker(s)
	if err != nil {
		return nil, err
	}
	var found *Found
	switch {
	case s.Organization:
		found, err = fromOrganization(r, s)
	case s.SSOSession != "":
		found, err = fromSSO(r, s)
	case s.AllProfiles || len(s.Profiles) > 0:
		found, err = fromProfiles(r, s)
	default:
		found, err = fromIdentity(r)
	}
	if err != nil {
		return nil, err
	}
	all := found.Accounts
	pick.empty = found.empty
	found.Accounts = func(ctx context.Context) iter.Seq2[*Account, error] { return s.Shard.of(pick.from(all(ctx))) }
	return found, nil
}

func (s Selection) check() error {
	switch {
	case s.Organization && s.SSOSession != "":
		return usage("--organization and --sso-session exclude each other")
	case s.AllProfiles && s.Organization:
		return usage("--all-profiles and --organization exclude each other; name the profile that lists the organization with --profile")
	case s.AllProfiles && len(s.Profiles) > 0:
		return usage("--all-profiles and --profile exclude each other")
	case s.SSOSession != "" && (s.AllProfiles || len(s.Profiles) > 0):
		return usage("--sso-session and --profile exclude each other; a session's accounts need no profile")
	case s.Organization && len(s.Roles) == 0:
		return usage("--organization needs --role: the role to assume in each account, as in --role OrganizationAccountAccessRole")
	case s.Organization && len(s.Profiles) > 1:
		return usage("--organization takes one --profile: the one that may list its accounts")
	case len(s.Roles) > 0 && !s.Organization && s.SSOSession == "":
		return usage("--role goes with --organization or --sso-session; a profile brings its own role")
	case !s.Organization && len(s.OUs) > 0:
		return usage("--ou goes with --organization")
	case !s.Organization && len(s.Tags) > 0:
		return usage("--account-tag goes with --organization")
	case !s.Organization && (s.ExternalID != "" || s.SessionName != "" || s.Duration != 0):
		return usage("--external-id, --role-session-name and --duration-seconds go with --organization; a profile has its own in the config")
	case s.Duration != 0 && (s.Duration < 15*time.Minute || s.Duration > 12*time.Hour):
		return usage("--duration-seconds %d: expected 900 to 43200", int(s.Duration.Seconds()))
	}
	for _, role := range s.Roles {
		if strings.ContainsAny(role, " \t\n") || role == "" {
			return usage("--role %q: expected a role's name, path and name, or ARN", role)
		}
		if strings.HasPrefix(role, "arn:") && (!strings.Contains(role, ":iam::") || !strings.Contains(role, ":role/")) {
			return usage("--role %s: expected arn:aws:iam::{account}:role/NAME", role)
		}
		if strings.HasPrefix(role, "arn:") && !strings.Contains(role, "{account}") {
			return usage("--role %s: an ARN for every account has {account} in place of the account's id", role)
		}
	}
	return nil
}
