package account

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"muster/internal/auth"
)

// Selection chooses accounts. Its fields are the values of flags; empty lists mean no
// restriction.
type Selection struct {
	Profiles     []string // names or globs; with Organization or RoleARN the profile to start from
	AllProfiles  bool
	SSOSession   string
	SAMLProfile  string // whose sign-in offers roles in the accounts
	Organization bool
	RoleARN      string   // the role in the only account
	Via          []string // ARNs of roles to assume before RoleARN, in this order
	TaskPolicy   string   // name or ARN of the policy for the root users of an organization's member accounts
	Roles        []string // in order of preference
	Accounts     []string // ids, names or globs
	Exclude      []string // ids, names or globs
	Named        string   // the one account of a command's argument; "" for all
	OUs          []string // names, paths of names, or ids
	Tags         []string // K=V or K

	ExternalID      string // this and the next two are for the roles of an organization, and RoleARN
	RoleSessionName string
	DurationSeconds int
}

// Options are the options of Find.
type Options struct {
	Shard  Shard             // yields only this part of the selected accounts
	Strict bool              // an exclusion that matches nothing is an error, before any account is yielded
	Warn   func(text string) // prints the account that a name stands for, and globs and exclusions that match nothing; may be nil
	Choose Chooser           // asks the user if a name fits several accounts, or an account has several roles; nil: this is an error
	// OnlyRoles tries nothing but the roles of an organization. Without it, the base's own
	// credentials take the place of a role in the base's account.
	OnlyRoles bool
	// EveryRole means that each role of an account is used, and not only the first that works.
	EveryRole bool
}

// Found is the result of Find.
type Found struct {
	// Accounts asks AWS and yields each account as it is found. An error ends the list,
	// which is then incomplete.
	Accounts func(context.Context) iter.Seq2[*Account, error]
	// Refused explains why AWS has refused every account, such as a permission set that
	// no account has. It asks AWS, and returns "" if it finds no reason. It may be nil.
	Refused func(context.Context) string
	// Skipped has an error for each profile that is left out because of a mistake in the
	// config.
	Skipped []error

	noAccount func() string // says why Accounts yielded no account; nil for a general message
}

// Find checks a selection against the config. It makes no call of AWS.
func Find(r *auth.Resolver, s Selection, o Options) (*Found, error) {
	from := func(*Account) string { return "" }
	if s.Named != "" && !s.HasSource() {
		from = s.automatic(r.Config)
		s = s.withSource(r.Config)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	filter, err := newFilter(s, o)
	if err != nil {
		return nil, err
	}
	var found *Found
	switch {
	case s.Organization || s.TaskPolicy != "":
		found, err = fromOrganization(r, s, o.OnlyRoles)
	case s.RoleARN != "":
		found, err = fromRole(r, s)
	case s.SSOSession != "":
		found, err = fromSSO(r, s)
	case s.SAMLProfile != "":
		found, err = fromSAML(r, s, o)
	case s.AllProfiles || len(s.Profiles) > 0:
		found, err = fromProfiles(r, s)
	case s.Named != "":
		found, err = fromConfigured(r, s)
	default:
		found, err = fromIdentity(r)
	}
	if err != nil {
		return nil, err
	}
	source := found.Accounts
	filter.noAccount = found.noAccount
	found.Accounts = func(ctx context.Context) iter.Seq2[*Account, error] {
		selected := filter.filter(ctx, source(ctx))
		if s.Named != "" {
			selected = filter.onlyNamed(ctx, s.Named, from, selected)
		}
		return o.Shard.filter(selected)
	}
	return found, nil
}

// UsageError is a mistake in a selection's flags.
type UsageError struct{ Msg string }

func (e *UsageError) Error() string { return e.Msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*UsageError) UsageError() {}

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Check returns an error if flags cannot be used together or have a wrong value.
func (s Selection) Check() error {
	if err := s.checkSource(); err != nil {
		return err
	}
	if err := s.checkRoleARNs(); err != nil {
		return err
	}
	if err := s.checkRoleOptions(); err != nil {
		return err
	}
	for _, role := range s.Roles {
		if err := checkRole(role); err != nil {
			return err
		}
	}
	return nil
}

func (s Selection) checkSource() error {
	if err := s.checkSAMLSource(); err != nil {
		return err
	}
	switch {
	case s.TaskPolicy != "":
		return s.checkRootSource()
	case s.RoleARN != "":
		return s.checkRoleSource()
	}
	switch {
	case s.Organization && s.SSOSession != "":
		return usage("--organization and --sso-session cannot be used together")
	case s.AllProfiles && s.Organization:
		return usage("--all-profiles and --organization cannot be used together; name the profile that lists the organization with --profile")
	case s.AllProfiles && len(s.Profiles) > 0:
		return usage("--all-profiles and --profile cannot be used together")
	case s.SSOSession != "" && (s.AllProfiles || len(s.Profiles) > 0):
		return usage("--sso-session and --profile cannot be used together; a session's accounts need no profile")
	case s.Organization && len(s.Roles) == 0:
		return usage("--organization needs --role: the role to assume in each account, as in --role OrganizationAccountAccessRole")
	case s.Organization && len(s.Profiles) > 1:
		return usage("--organization takes one --profile: the one that may list its accounts")
	case len(s.Roles) > 0 && !s.Organization && s.SSOSession == "" && s.SAMLProfile == "":
		return usage("--role needs --organization, --sso-session or --saml-profile; a profile brings its own role")
	}
	return nil
}

// checkSAMLSource checks the flags that name a source beside --saml-profile.
func (s Selection) checkSAMLSource() error {
	other := ""
	switch {
	case s.SAMLProfile == "":
		return nil
	case s.Organization:
		other = "--organization"
	case s.SSOSession != "":
		other = "--sso-session"
	case s.AllProfiles:
		other = "--all-profiles"
	case s.RoleARN != "":
		other = "--role-arn"
	case s.TaskPolicy != "":
		other = "--task-policy"
	case len(s.Profiles) > 0:
		return usage("--saml-profile and --profile cannot be used together; --profile %s is the account of its own role", strings.Join(s.Profiles, ","))
	default:
		return nil
	}
	return usage("--saml-profile and %s cannot be used together", other)
}

// checkRoleOptions checks the flags for the roles that muster assumes itself.
func (s Selection) checkRoleOptions() error {
	organization := s.Organization || s.TaskPolicy != ""
	assumes := s.Organization && s.TaskPolicy == "" || s.RoleARN != ""
	switch {
	case !organization && len(s.OUs) > 0:
		return usage("--ou needs --organization")
	case !organization && len(s.Tags) > 0:
		return usage("--account-tag needs --organization")
	case s.TaskPolicy != "":
		return s.checkRootOptions()
	case !assumes && (s.ExternalID != "" || s.RoleSessionName != "" || s.DurationSeconds != 0):
		return usage("--external-id, --role-session-name and --duration-seconds need --organization or --role-arn; a profile has its own in the config")
	case s.RoleSessionName != "" && !auth.IsSessionName(s.RoleSessionName):
		return usage("--role-session-name %q: expected 2 to 64 letters, digits and _+=,.@-", s.RoleSessionName)
	case s.ExternalID != "" && !auth.IsExternalID(s.ExternalID):
		return usage("--external-id: expected 2 to 1224 letters, digits and _+=,.@:/-")
	case s.DurationSeconds != 0 && (s.duration() < 15*time.Minute || s.duration() > 12*time.Hour):
		return usage("--duration-seconds %d: expected 900 to 43200", s.DurationSeconds)
	}
	return nil
}

func (s Selection) duration() time.Duration { return time.Duration(s.DurationSeconds) * time.Second }

func checkRole(role string) error {
	isARN := strings.HasPrefix(role, "arn:")
	switch {
	case strings.ContainsAny(role, " \t\n") || role == "":
		return usage("--role %q: expected a role's name, path and name, or ARN", role)
	case isARN && (!strings.Contains(role, ":iam::") || !strings.Contains(role, ":role/")):
		return usage("--role %s: expected arn:aws:iam::{account}:role/NAME", role)
	case isARN && !strings.Contains(role, "{account}"):
		return usage("--role %s: an ARN for every account has {account} in place of the account's id; for one role, use --role-arn", role)
	}
	return nil
}
