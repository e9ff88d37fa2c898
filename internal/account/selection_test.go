package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// TestFilter: accounts by id, name and glob, with leading zeros and spaces.
func TestFilter(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, testOrganization(), "")
	for _, c := range []struct{ include, exclude, want []string }{
		{[]string{"010000000002"}, nil, []string{"shop"}},
		{[]string{"shop"}, nil, []string{"shop"}},
		{[]string{"shop staging"}, nil, []string{"shop staging"}},
		{[]string{"shop*"}, nil, []string{"shop", "shop staging"}},
		{[]string{"0100*"}, nil, []string{"shop", "shop staging"}},
		{[]string{"*[0-9]5"}, nil, []string{"lab"}},
		{[]string{"{lab,loose}"}, nil, []string{"lab", "loose"}},
		{[]string{"shop", "200000000005", "shop"}, nil, []string{"lab", "shop"}},
		{nil, []string{"shop*", "old", "closed", "100000000001"}, []string{"lab", "loose"}},
		{[]string{"shop*"}, []string{"shop"}, []string{"shop staging"}},
		{[]string{"shop*", "x*"}, nil, []string{"shop", "shop staging"}},
		{[]string{"*"}, []string{"[^s]*"}, []string{"shop", "shop staging"}},
		{nil, []string{"nobody"}, []string{"closed", "lab", "loose", "main", "old", "shop", "shop staging"}},
	} {
		s := ops
		s.Accounts, s.Exclude = c.include, c.exclude
		if got := namesOf(t, r, s); !slices.Equal(got, c.want) {
			t.Errorf("%q without %q: %q, want %q", c.include, c.exclude, got, c.want)
		}
	}
}

// TestFilterMissing: an account that is named but not listed is never left out
// silently.
func TestFilterMissing(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, testOrganization(), "")
	s := ops
	s.Accounts = []string{"10000000002", "010000000009", "shpo", "main", "none*"}
	accounts, _, err := list(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range accounts {
		got = append(got, a.ID+"|"+a.Name+"|"+entered(t, a))
	}
	want := []string{
		"100000000001|main|admin>",
		"|10000000002|no-role: no such account among the 7 that can be listed; did you mean \"010000000002\"?",
		"010000000009||no-role: no such account among the 7 that can be listed; did you mean \"010000000002\"?",
		`|shpo|no-role: no such account among the 7 that can be listed; did you mean "shop"?`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFilterNothing: a selection without accounts is one clear error.
func TestFilterNothing(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Accounts[5].Name = "SHOP"
	_, r := newResolver(t, w, "")
	for _, c := range []struct {
		change func(*Selection)
		want   string
	}{
		{func(s *Selection) { s.Accounts = []string{"x*"} }, "--account x*: matches none of the 7 accounts that can be listed"},
		{func(s *Selection) { s.Accounts = []string{"Shop*", "labb"} }, "--account Shop*: matches none of the 7 accounts that can be listed; did you mean \"shop\" or \"shop staging\" or \"SHOP\"?; " +
			"--account labb: no such account among the 7 that can be listed; did you mean \"lab\"?"},
		{func(s *Selection) { s.Accounts = []string{"200000000008"} },
			`--account 200000000008: no such account among the 7 that can be listed; did you mean "200000000004"?`},
		{func(s *Selection) { s.Accounts, s.Exclude = []string{"shop"}, []string{"shop", "lab"} }, "--exclude-account shop,lab leaves out every account of --account shop"},
		{func(s *Selection) { s.Exclude = []string{"*"} }, "--exclude-account * leaves out every account that can be listed"},
		{func(s *Selection) { s.Tags = []string{"env=Prod"} }, `--account-tag env=Prod: no account of the organization; did you mean "env=prod"?`},
		{func(s *Selection) { s.Tags = []string{"Env"} }, `--account-tag Env: no account of the organization; did you mean "env"?`},
		{func(s *Selection) { s.Tags, s.OUs = []string{"env=prod"}, []string{"Workloads/Test"} },
			"--ou Workloads/Test and --account-tag env=prod: no account of the organization"},
		{func(s *Selection) { s.OUs, s.Accounts = []string{"Workloads/Test"}, []string{"lab"} },
			"--account lab: no such account among the 1 of --ou Workloads/Test"},
		{func(s *Selection) { s.Exclude = []string{"Shop*", "lab"} },
			"--exclude-account Shop*: matches none of the 7 accounts that can be listed; did you mean \"shop\" or \"shop staging\" or \"SHOP\"?"},
		{func(s *Selection) { s.Exclude = []string{"nobody"} }, "--exclude-account nobody: no such account among the 7 that can be listed"},
	} {
		s := ops
		c.change(&s)
		accounts, _, err := listWith(t, r, s, Options{Shard: Shard{0, 1}, Strict: true})
		if !errors.As(err, new(*EmptyError)) || err.Error() != c.want || len(accounts) > 0 {
			t.Errorf("%d accounts and %v, want %s", len(accounts), err, c.want)
		}
	}
}

// TestFilterWarns: patterns that match nothing give a warning if other accounts are
// left.
func TestFilterWarns(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, testOrganization(), "")
	s := ops
	s.Accounts, s.Exclude = []string{"shop*", "zz*"}, []string{"Shop*", "labb"}
	var warned []string
	accounts, _, err := listWith(t, r, s, Options{Warn: func(text string) { warned = append(warned, text) }})
	if err != nil || len(accounts) != 2 {
		t.Errorf("%d accounts, %v; want 2", len(accounts), err)
	}
	if want := []string{
		`--exclude-account Shop*: matches none of the 7 accounts that can be listed; did you mean "shop" or "shop staging"?`,
		`--exclude-account labb: no such account among the 7 that can be listed; did you mean "lab"?`,
		"--account zz*: matches none of the 7 accounts that can be listed",
	}; !slices.Equal(warned, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(warned, "\n"), strings.Join(want, "\n"))
	}
}

// TestFilterBrokenList: if the list fails, no account is reported as missing.
func TestFilterBrokenList(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Organization.EmptyPages = false
	w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultThrottle, After: 1}}
	_, r := newResolver(t, w, "")
	s := ops
	s.Accounts = []string{"shop", "lab"}
	accounts, _, err := list(t, r, s)
	if len(accounts) != 1 || accounts[0].Name != "shop" || err == nil {
		t.Errorf("%d accounts, %v; want shop and the list's error", len(accounts), err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, portal(), "")
	org := func(change func(*Selection)) Selection {
		s := Selection{Organization: true, Roles: []string{"Ops"}}
		change(&s)
		return s
	}
	for _, c := range []struct {
		sel  Selection
		want string
	}{
		{org(func(s *Selection) { s.SSOSession = "corp" }), "--organization and --sso-session cannot be used together"},
		{org(func(s *Selection) { s.AllProfiles = true }), "--all-profiles and --organization cannot be used together; name the profile that lists the organization with --profile"},
		{Selection{AllProfiles: true, Profiles: []string{"a"}}, "--all-profiles and --profile cannot be used together"},
		{Selection{SSOSession: "corp", Profiles: []string{"a"}}, "--sso-session and --profile cannot be used together; a session's accounts need no profile"},
		{Selection{SSOSession: "corp", AllProfiles: true}, "--sso-session and --profile cannot be used together; a session's accounts need no profile"},
		{Selection{Organization: true}, "--organization needs --role: the role to assume in each account, as in --role OrganizationAccountAccessRole"},
		{org(func(s *Selection) { s.Profiles = []string{"a", "b"} }), "--organization takes one --profile: the one that may list its accounts"},
		{Selection{Roles: []string{"Ops"}}, "--role needs --organization, --sso-session or --saml-profile; a profile brings its own role"},
		{Selection{SAMLProfile: "okta", SSOSession: "corp"}, "--saml-profile and --sso-session cannot be used together"},
		{Selection{SAMLProfile: "okta", Organization: true, Roles: []string{"A"}}, "--saml-profile and --organization cannot be used together"},
		{Selection{SAMLProfile: "okta", AllProfiles: true}, "--saml-profile and --all-profiles cannot be used together"},
		{Selection{SAMLProfile: "okta", RoleARN: "arn:aws:iam::100000000001:role/A"}, "--saml-profile and --role-arn cannot be used together"},
		{Selection{SAMLProfile: "okta", TaskPolicy: "IAMAuditRootUserCredentials"}, "--saml-profile and --task-policy cannot be used together"},
		{Selection{SAMLProfile: "okta", Profiles: []string{"a"}}, "--saml-profile and --profile cannot be used together; --profile a is the account of its own role"},
		{Selection{SSOSession: "corp", OUs: []string{"Prod"}}, "--ou needs --organization"},
		{Selection{Tags: []string{"a=b"}}, "--account-tag needs --organization"},
		{Selection{SSOSession: "corp", ExternalID: "x"}, "--external-id, --role-session-name and --duration-seconds need --organization or --role-arn; a profile has its own in the config"},
		{Selection{RoleSessionName: "x"}, "--external-id, --role-session-name and --duration-seconds need --organization or --role-arn; a profile has its own in the config"},
		{org(func(s *Selection) { s.DurationSeconds = 899 }), "--duration-seconds 899: expected 900 to 43200"},
		{org(func(s *Selection) { s.DurationSeconds = 43201 }), "--duration-seconds 43201: expected 900 to 43200"},
		{org(func(s *Selection) { s.Roles = []string{"Ops", ""} }), `--role "": expected a role's name, path and name, or ARN`},
		{org(func(s *Selection) { s.Roles = []string{"Read Only"} }), `--role "Read Only": expected a role's name, path and name, or ARN`},
		{org(func(s *Selection) { s.Roles = []string{"arn:aws:iam::{account}:user/x"} }), "--role arn:aws:iam::{account}:user/x: expected arn:aws:iam::{account}:role/NAME"},
		{org(func(s *Selection) { s.Roles = []string{"arn:aws:iam::123456789012:role/x"} }),
			"--role arn:aws:iam::123456789012:role/x: an ARN for every account has {account} in place of the account's id; for one role, use --role-arn"},
		{org(func(s *Selection) { s.Tags = []string{"=prod"} }), `--account-tag "=prod": expected KEY=VALUE or KEY`},
	} {
		if got := usageError(t, sim, r, c.sel); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.sel, got, c.want)
		}
	}
	for flag, s := range map[string]Selection{
		"--account": {Accounts: []string{"a["}}, "--exclude-account": {Exclude: []string{"a["}}, "--profile": {Profiles: []string{"a["}},
	} {
		if got, want := usageError(t, sim, r, s), flag+` "a[": not a pattern: `; !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestOpenCancelled: no identity is tried after ctx has ended, and an account without
// identities says so.
func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	if got, want := entered(t, &Account{}), "no-role: no role or profile leads into the account"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	_, r := newResolver(t, testOrganization(), "")
	accounts, _, err := list(t, r, Selection{Organization: true, Roles: []string{"Nope", "Ops"}, Accounts: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := accounts[0].Open(ctx); awsapi.Explain(err).Kind != awsapi.Cancelled {
		t.Errorf("%v", err)
	}
}

func TestFilterNameLikeAGlob(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Accounts[5].Name = "loose [old]"
	_, r := newResolver(t, w, "")
	s := ops
	s.Accounts = []string{"loose [old]"}
	if got := namesOf(t, r, s); !slices.Equal(got, []string{"loose [old]"}) {
		t.Errorf("%q", got)
	}
}
