package cli

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/change/deploy"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shell"
)

// rolloutFlags are the flags of the commands that change the organization.
type rolloutFlags struct {
	Profile string   `placeholder:"NAME" group:"select" complete:"profiles" help:"Profile of the management account, or of a delegated administrator."`
	OUs     []string `name:"ou" placeholder:"NAME|ID" group:"select" complete:"none" help:"Only the accounts in these OUs and the OUs below."`
	Yes     bool     `short:"y" env:"-" group:"role" help:"Carry out the plan; without it, muster only prints the plan."`
	Quiet   bool     `short:"q" group:"role" help:"No progress on stderr; failures are still listed."`

	Output `embed:""`
}

// Schema is that of the plan.
func (*rolloutFlags) Schema() *shape.Schema { return shape.SchemaOf[rolePlanRecord]() }

type roleDeployCmd struct {
	roleFlags    `embed:""`
	rolloutFlags `embed:""`
}

func (*roleDeployCmd) Examples() []string {
	return []string{
		"muster role deploy --role Audit --demo",
		"muster role deploy --role Audit --managed --yes",
		"muster role deploy --role Audit --for instances,buckets --ou Workloads",
	}
}

// Help is the text below the usage line.
func (*roleDeployCmd) Help() string {
	return `Prints the plan, one record for each account, and with --yes carries it out. A stack set with automatic deployment brings the role to every account of the organization or of --ou, and to accounts that join later. Stack sets leave the management account out, so that a stack of the same name follows there. Run it again after a failure, or with other flags: it changes only what differs.

The caller is the management account, which must have enabled trusted access for StackSets (aws cloudformation activate-organizations-access), or a delegated administrator for StackSets, who cannot reach the management account. It needs the permissions cloudformation:*StackSet*, *StackInstances, *Stack, *Stacks and GetTemplate, iam:*Role* in the management account, and Organizations' Describe* and List*.

Ctrl-C stops muster and not CloudFormation; 'muster role status' shows how it goes on.`
}

// rolePlanRecord is the change in an account.
type rolePlanRecord struct {
	AccountId   string
	AccountName string
	Role        string
	Change      string // create, update, retry, delete, none or skip
	Reason      string
}

var rolePlanView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 1}, {Field: "AccountName", Need: 3, Shorten: true}, {Field: "Role", Need: 4, Shorten: true},
		{Field: "Change", Need: 2}, {Field: "Reason", Need: 5, Shorten: true},
	},
	ID:   "AccountId",
	Sort: []string{"AccountId"},
}

func (c *roleDeployCmd) Run(ctx context.Context, app *App, g *Global) error {
	if _, err := c.role(anyAccount); err != nil {
		return err
	}
	o, err := c.rolloutFlags.open(ctx, app, g, c.Role)
	if err != nil {
		return err
	}
	role, err := c.role(o.caller.AccountID)
	if err != nil {
		return err
	}
	if o.deployment.Template, err = role.YAML(); err != nil {
		return err
	}
	plan, err := o.deployment.PlanDeploy(ctx)
	if err != nil {
		return err
	}
	if !c.Quiet {
		app.note("the role %s: %s; trusts %s", role.Name, role.Permissions(), role.TrustedPrincipal())
	}
	if plan.Before != "" {
		app.note("the template changes:")
		for _, line := range changedLines(plan.Before, o.deployment.Template) {
			app.detail("%s", line)
		}
	}
	if c.ExternalID != "" {
		o.flags += " --external-id " + shell.Word(c.ExternalID)
	}
	return o.conclude(ctx, plan, fmt.Sprintf("nothing to change: the role %s is deployed; 'muster role status %s' tries it", role.Name, o.flags),
		fmt.Sprintf("the role %s is deployed; 'muster instances --organization %s' uses it", role.Name, o.flags))
}

type roleDeleteCmd struct {
	Role         string `placeholder:"NAME" env-unless:"MUSTER_ACCOUNT_ID" group:"role" complete:"roles" help:"Name of the role, or its path and name."`
	rolloutFlags `embed:""`
}

func (*roleDeleteCmd) Examples() []string {
	return []string{
		"muster role delete --role Audit --demo",
		"muster role delete --role Audit --yes",
	}
}

// Help is the text below the usage line.
func (*roleDeleteCmd) Help() string {
	return `Prints the plan, and with --yes removes what 'muster role deploy' has made: the stacks in the accounts, the stack set, and the stack of the management account. A role that muster did not deploy stays.`
}

func (c *roleDeleteCmd) Run(ctx context.Context, app *App, g *Global) error {
	if _, _, err := parseRole(c.Role); err != nil {
		return err
	}
	if len(c.OUs) > 0 {
		return usage("--ou: the role is deleted everywhere; 'muster role deploy' adds OUs, and CloudFormation's console removes single ones")
	}
	o, err := c.rolloutFlags.open(ctx, app, g, c.Role)
	if err != nil {
		return err
	}
	plan, err := o.deployment.PlanDelete(ctx)
	if err != nil {
		return err
	}
	return o.conclude(ctx, plan, fmt.Sprintf("nothing to delete: muster has not deployed the role %s", o.role),
		fmt.Sprintf("the role %s is deleted", o.role))
}

// rollout is a deployment with the caller's identity.
type rollout struct {
	*rolloutFlags
	app        *App
	role       string // its name
	flags      string // that name the role to other commands
	caller     auth.Caller
	deployment deploy.Deployment
	printer    *render.Printer[rolePlanRecord]
	leftOut    []string // columns for which the terminal was too narrow
}

// open checks the output flags, connects, and lists the accounts.
func (f *rolloutFlags) open(ctx context.Context, app *App, g *Global, given string) (*rollout, error) {
	_, name, err := parseRole(given)
	if err != nil {
		return nil, err
	}
	o := &rollout{rolloutFlags: f, app: app, role: name, flags: "--role " + shell.Word(given)}
	options := f.Output.options(app, g)
	options.LeftOut = func(columns []string) { o.leftOut = columns }
	if o.printer, err = render.Compile[rolePlanRecord](options, rolePlanView); err != nil {
		return nil, err
	}
	r, err := g.connect(app, defaultConcurrency, profileList(f.Profile))
	if err != nil {
		return nil, err
	}
	selection := account.Selection{Organization: true, Profiles: profileList(f.Profile), Roles: []string{given}, OUs: f.OUs}
	id, _, err := currentOr(r, f.Profile)
	if err != nil {
		return nil, err
	}
	if o.caller, err = r.Caller(ctx, id); err != nil {
		return nil, err
	}
	role := &deploy.Role{Name: name}
	o.deployment.Name, o.deployment.Description = role.StackName(), role.TemplateDescription()
	if o.deployment.Targets, err = account.Targets(ctx, r, selection); err != nil {
		return nil, err
	}
	management, err := account.Management(ctx, r, selection)
	if err != nil {
		return nil, err
	}
	delegated := o.caller.AccountID != management
	o.deployment.Connect(r.API, id, delegated)
	return o, o.listAccounts(ctx, r, selection, management, delegated)
}

// listAccounts finds the accounts to deploy to.
func (o *rollout) listAccounts(ctx context.Context, r *auth.Resolver, s account.Selection, management string, delegated bool) error {
	found, err := findAccounts(o.app, r, s, account.Options{})
	if err != nil {
		return err
	}
	for a, err := range found.Accounts(ctx) {
		switch {
		case err != nil:
			return err
		case a.ID != management:
			o.deployment.Accounts = append(o.deployment.Accounts, deploy.Target{ID: a.ID, Name: a.Name, Status: a.Status})
		case delegated:
			o.app.note("left out: the management account %s, which a delegated administrator cannot reach; run the command with one of its profiles", management)
		default:
			o.deployment.Management, o.deployment.ManagementName = a.ID, a.Name
		}
	}
	return nil
}

// printPlan prints the plan's records on stdout, and its steps on stderr.
func (o *rollout) printPlan(ctx context.Context, plan *deploy.Plan) error {
	stream := o.printer.Start(o.app.term.Records())
	stream.Until(ctx)
	for _, a := range plan.Accounts {
		if err := stream.Write(rolePlanRecord{a.ID, a.Name, o.role, a.Change, a.Reason}); err != nil {
			return written(err)
		}
	}
	if err := stream.Close(); err != nil {
		return written(err)
	}
	o.app.noteLeftOut(o.leftOut)
	if o.Quiet || len(plan.Steps) == 0 {
		return nil
	}
	o.app.note("%s:", count(len(plan.Steps), "step"))
	for i, step := range plan.Steps {
		o.app.detail("%d. %s", i+1, step.Text)
	}
	return nil
}

// changedLines returns the lines that differ between two texts, with - and + before them.
func changedLines(before, after string) (changed []string) {
	a, b := strings.Split(strings.TrimSpace(before), "\n"), strings.Split(strings.TrimSpace(after), "\n")
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for _, line := range a {
		changed = append(changed, "- "+line)
	}
	for _, line := range b {
		changed = append(changed, "+ "+line)
	}
	return changed
}
