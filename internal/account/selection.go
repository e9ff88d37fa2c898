package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/names"
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
	Warn     func(string) // is told of an account to exclude, or a glob of accounts, that is not there; nil: nobody
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

// picker narrows accounts down to those that --account and --exclude-account
// mean.
type picker struct {
	include, exclude []pattern
	warn             func(string)
}

type pattern struct {
	text string
	glob *names.Glob // nil for an id or a name as it is
}

func (p pattern) matches(a *Account) bool {
	return p.text == a.ID || p.text == a.Name || p.glob != nil && (p.glob.Match(a.ID) || p.glob.Match(a.Name))
}

func newPicker(s Selection) (*picker, error) {
	p := picker{warn: s.Warn}
	for _, set := range []struct {
		flag  string
		texts []string
		into  *[]pattern
	}{{"--account", s.Accounts, &p.include}, {"--exclude-account", s.Exclude, &p.exclude}} {
		for _, text := range set.texts {
			next := pattern{text: text}
			if names.IsGlob(text) {
				compiled, err := names.CompileGlob(text)
				if err != nil {
					return nil, usage("%s %q: not a pattern: %v", set.flag, text, err)
				}
				next.glob = compiled
			}
			*set.into = append(*set.into, next)
		}
	}
	return &p, nil
}

// from filters a list. An id or name of --account that is not in it is yielded
// at the end, as an account that cannot be entered: what was asked for by name is
// never left out in silence.
func (p *picker) from(accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		seen, spared := make([]bool, len(p.include)), slices.Clone(p.exclude)
		listed := map[string]bool{} // pages may overlap where accounts come and go
		var all []string
		for a, err := range accounts {
			if err != nil {
				yield(nil, err)
				return
			}
			if listed[a.ID] && a.ID != "" {
				continue
			}
			listed[a.ID] = true
			if len(p.include)+len(p.exclude) > 0 {
				all = append(all, a.Name)
			}
			included := len(p.include) == 0
			for i, pat := range p.include {
				if pat.matches(a) {
					included, seen[i] = true, true
				}
			}
			matches := func(pat pattern) bool { return pat.matches(a) }
			spared = slices.DeleteFunc(spared, matches)
			if !included || slices.ContainsFunc(p.exclude, matches) {
				continue
			}
			if !yield(a, nil) {
				return
			}
		}
		warn := func(flag string, pat pattern) {
			if p.warn != nil {
				p.warn(fmt.Sprintf("%s %s: %s", flag, pat.text, unknownAccount(pat.text, all)))
			}
		}
		for _, pat := range spared {
			if pat.glob == nil {
				warn("--exclude-account", pat)
			}
		}
		for i, pat := range p.include {
			if seen[i] {
				continue
			}
			if pat.glob != nil {
				warn("--account", pat)
				continue
			}
			missing := &Account{Source: SourceIdentity, Name: pat.text}
			if awsconfig.IsAccountID(pat.text) {
				missing.ID, missing.Name = pat.text, ""
			}
			missing.ways = []way{blocked(&noWayError{unknownAccount(pat.text, all)})}
			if !yield(missing, nil) {
				return
			}
		}
	}
}

func unknownAccount(text string, all []string) string {
	msg := fmt.Sprintf("no such account among the %d that can be listed", len(all))
	if near := names.Nearest(text, all); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	}
	return msg
}
