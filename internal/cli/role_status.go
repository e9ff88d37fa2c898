package cli

import (
	"cmp"
	"context"
	"sync"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/change/deploy"
	"muster/internal/render"
	"muster/internal/sweep"
)

type roleStatusCmd struct {
	accountListing[roleStatusRecord] `embed:""`
}

func (*roleStatusCmd) Examples() []string {
	return []string{
		"muster role status --role EC2ReadAccess",
		"muster role status --role EC2ReadAccess --ou Workloads -o json",
		"muster role status --role EC2ReadAccess --count-by Access",
	}
}

// Help is the text below the usage line.
func (*roleStatusCmd) Help() string {
	return `Assumes the role in every account of the organization, without the cache of role credentials. Deployed is the state of the stack that 'muster role deploy' has made there; Note says why the role cannot be assumed. Where somebody has deleted or changed the role by hand, 'muster role delete' and 'muster role deploy' bring it back.`
}

// roleStatusRecord says whether a role works in an account.
type roleStatusRecord struct {
	AccountId   string
	AccountName string
	Status      string // State in Organizations
	Role        string
	Access      string // ok, no-role, suspended, denied, ...
	Deployed    string // state of the stack; "": there is none, or it is not known
	Note        string // the reason without access
}

var roleStatusView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 1}, {Field: "AccountName", Need: 3, Shorten: true}, {Field: "Status", Need: 6}, {Field: "Role", Need: 7, Shorten: true},
		{Field: "Access", Need: 2}, {Field: "Deployed", Need: 4}, {Field: "Note", Need: 5, Shorten: true},
	},
	ID:   "AccountId",
	Sort: []string{"AccountId"},
}

func (c *roleStatusCmd) Run(ctx context.Context, app *App, g *Global) error {
	switch {
	case c.SSOSession != "" || c.SAMLProfile != "" || c.AllProfiles:
		return usage("role status asks the organization; it takes no --sso-session, --saml-profile or --all-profiles")
	case len(c.Roles) != 1:
		return usage("--role: expected one role, such as --role MusterRead")
	}
	_, name, err := parseRole(c.Roles[0])
	if err != nil {
		return err
	}
	c.Organization, g.NoCache = true, true
	return c.list(ctx, app, g, listing[roleStatusRecord]{
		noun: "accounts", view: roleStatusView,
		plan: func(s *sweeper) (sweep.Plan[roleStatusRecord], error) {
			states := sync.OnceValue(func() *deploy.Status { return s.deployedStates(ctx, name) })
			s.accountOptions.OnlyRoles = true
			return sweep.Plan[roleStatusRecord]{
				Visit: func(ctx context.Context, p sweep.Place, emit func([]roleStatusRecord)) error {
					emit([]roleStatusRecord{describeRoleIn(p.Account, name, states(), nil)})
					return nil
				},
				OnSkipped: func(a *account.Account, err error) []roleStatusRecord {
					return []roleStatusRecord{describeRoleIn(a, name, states(), err)}
				},
			}, nil
		},
	})
}

// describeRoleIn describes a role in an account, which is not active or has given the error.
// The deployment is nil if its state is not known.
func describeRoleIn(a *account.Account, role string, deployed *deploy.Status, err error) roleStatusRecord {
	r := roleStatusRecord{AccountId: a.ID, AccountName: a.Name, Status: a.Status, Role: role, Access: "ok"}
	if deployed != nil {
		r.Deployed = deployed.Accounts[a.ID].State
	}
	switch {
	case err != nil:
		failure := awsapi.Explain(err)
		r.Access, r.Note = access(failure), cmp.Or(whyNoRole(failure.Kind, a.ID, deployed), failure.Message)
	case !a.Active():
		r.Access = string(sweep.Suspended)
	}
	return r
}

// whyNoRole returns the cause that the deployment knows for a role that cannot be assumed;
// "": it knows none.
func whyNoRole(kind awsapi.Kind, accountID string, deployed *deploy.Status) string {
	if deployed == nil || kind != awsapi.NoRole && kind != awsapi.Denied {
		return ""
	}
	switch stack, there := deployed.Accounts[accountID]; {
	case !there && accountID == deployed.Hidden:
		return ""
	case !there:
		return "muster has not deployed the role there"
	case stack.Works():
		return "the stack is there: the role was deleted or changed by hand, trusts another account, or requires --external-id"
	default:
		return stack.Reason
	}
}

// deployedStates returns the states of the role's stacks, and notes that of the stack set.
// The role can be tried without them.
func (s *sweeper) deployedStates(ctx context.Context, role string) *deploy.Status {
	selection := s.selection
	profile := ""
	if len(selection.Profiles) > 0 {
		profile = selection.Profiles[0]
	}
	id, _, err := currentOr(s.resolver, profile)
	if err != nil {
		return nil // the sweep reports it
	}
	caller, err := s.resolver.Caller(ctx, id)
	if err != nil {
		return nil
	}
	management, err := account.Management(ctx, s.resolver, selection)
	if err != nil {
		return nil
	}
	of := deploy.Role{Name: role}
	d := deploy.Deployment{Name: of.StackName(), Description: of.TemplateDescription()}
	delegated := caller.AccountID != management
	if !delegated {
		d.Management = management
	}
	d.Connect(s.resolver.API, id, delegated)
	status, err := d.Status(ctx)
	if err != nil {
		s.app.note("the state of the stack set %s is not known: %s", d.Name, cmp.Or(awsapi.Explain(err).Message, err.Error()))
		return nil
	}
	if delegated {
		status.Hidden = management
	}
	if !s.Quiet {
		s.app.note("%s", status.Text)
	}
	return status
}
