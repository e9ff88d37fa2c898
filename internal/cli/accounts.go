package cli

import (
	"context"
	"slices"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/render"
	"muster/internal/sweep"
)

type accountsCmd struct {
	Check bool `group:"select" help:"Without --role, also try to get credentials for the listed permission sets."`

	accountListing[accountRecord] `embed:""`
}

func (*accountsCmd) Examples() []string {
	return []string{
		"muster accounts --all-profiles",
		"muster accounts --organization --role EC2ReadAccess --ou Workloads",
		"muster accounts --sso-session freddy-sso -o text --columns AccountId,Role",
	}
}

// accountRecord is an account with the user's role in it.
type accountRecord struct {
	AccountId   string
	AccountName string
	Email       string
	Status      string // State in Organizations; "" for other sources
	Source      string // identity, profile, organization, sso-session, ...
	Profile     string
	Role        string   // gives credentials in the account; "" for a user, or without access
	Roles       []string // all known roles in the account
	Access      string   // ok, no-role, suspended, denied, ...; "" if AWS was not asked
	Note        string   // the reason without access, or the credentials used instead of the role
}

var accountView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 1},
		{Field: "AccountName", Need: 2, Shorten: true},
		{Field: "Email", Need: 8, Shorten: true},
		{Field: "Status", Need: 7},
		{Field: "Source", Need: 9},
		{Field: "Profile", Need: 10, Shorten: true},
		{Field: "Role", Need: 3, Shorten: true},
		{Field: "Roles", Need: 6, Shorten: true},
		{Field: "Access", Need: 4},
		{Field: "Note", Need: 5, Shorten: true},
	},
	Text: []string{"AccountId", "AccountName", "Email", "Status", "Source", "Profile", "Role", "Note", "Roles", "Access"},
	ID:   "AccountId",
	Sort: []string{"AccountId", "AccountName"},
	Key:  []string{"AccountId"},
	Tree: [][]string{{"Source"}},
}

func (c *accountsCmd) Run(ctx context.Context, app *App, g *Global) error {
	return c.list(ctx, app, g, listing[accountRecord]{
		noun: "accounts", view: accountView, noise: []string{},
		plan: func(s *sweeper) (sweep.Plan[accountRecord], error) {
			if s.selection.SSOSession != "" && len(s.selection.Roles) == 0 {
				return sweep.Plan[accountRecord]{Visit: c.assignedAccount, OnSkipped: closedAccount, NoCredentials: true}, nil
			}
			return sweep.Plan[accountRecord]{Visit: enteredAccount, OnSkipped: closedAccount}, nil
		},
		recordNames: func(names *nameRecorder, r *accountRecord) { names.role(r.Role) },
	})
}

func enteredAccount(ctx context.Context, p sweep.Place, emit func([]accountRecord)) error {
	r := describeAccount(p.Account)
	r.Profile, r.Role, r.Note, r.Access = p.Identity.Profile, p.Identity.Role, p.Account.Note, "ok"
	ids := []*auth.Identity{p.Identity}
	switch p.Account.Source {
	case account.SourceProfile, account.SourceSAML: // several profiles, or roles of an assertion, may lead to the account
		var err error
		if ids, err = p.Account.Identities(ctx); err != nil {
			return err
		}
	}
	r.Roles = rolesOf(ids)
	emit([]accountRecord{r})
	return nil
}

// assignedAccount lists the permission sets of an account without --role. An account without
// any is a record and no gap.
func (c *accountsCmd) assignedAccount(ctx context.Context, p sweep.Place, emit func([]accountRecord)) error {
	ids, err := p.Account.Identities(ctx)
	if err != nil {
		return err
	}
	r := describeAccount(p.Account)
	r.Roles = rolesOf(ids)
	if len(ids) == 1 {
		r.Role = ids[0].Role
	}
	switch {
	case len(ids) == 0:
		r.Access, r.Note = string(awsapi.NoRole), "no permission set is assigned"
	case c.Check:
		err = r.check(ctx, ids)
	}
	if err == nil {
		emit([]accountRecord{r})
	}
	return err
}

// check finds the first identity that gets credentials. A refusal of AWS goes into the
// record; other errors are returned.
func (r *accountRecord) check(ctx context.Context, ids []*auth.Identity) error {
	r.Role = ""
	for _, id := range ids {
		_, err := id.Credentials.Retrieve(ctx)
		if err == nil {
			r.Role, r.Access, r.Note = id.Role, "ok", ""
			return nil
		}
		failure := awsapi.Explain(err)
		if !failure.Rejected() {
			return err
		}
		r.Access, r.Note = string(awsapi.Denied), failure.Message // although the permission set is assigned
	}
	return nil
}

// closedAccount returns the record of an account that the sweep does not visit: it is not
// active, or err says why there are no credentials.
func closedAccount(a *account.Account, err error) []accountRecord {
	if !account.Listed(err) {
		return nil
	}
	r := describeAccount(a)
	r.Access = string(sweep.Suspended)
	if err != nil {
		failure := awsapi.Explain(err)
		r.Access, r.Note = access(failure), failure.Message
	}
	return []accountRecord{r}
}

// access returns a failure in one word. A denial by a service control policy is "denied".
func access(failure awsapi.Failure) string {
	if failure.Kind == awsapi.DeniedSCP {
		return string(awsapi.Denied)
	}
	return string(failure.Kind)
}

// rolesOf returns the roles of identities, each once.
func rolesOf(ids []*auth.Identity) []string {
	roles := []string{}
	for _, id := range ids {
		if id.Role != "" && !slices.Contains(roles, id.Role) {
			roles = append(roles, id.Role)
		}
	}
	return roles
}

func describeAccount(a *account.Account) accountRecord {
	return accountRecord{AccountId: a.ID, AccountName: a.Name, Email: a.Email, Status: a.Status, Source: a.Source, Roles: []string{}}
}
