package cli

import (
	"context"
	"strings"

	"muster/internal/auth"
	"muster/internal/seen"
)

// assumeRootCmd prints the credentials that 'muster credentials --task-policy' prints, without
// the flags for other sources of accounts.
type assumeRootCmd struct {
	Accounts        []string `name:"account" type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" argument:"accounts" help:"Only these member accounts; globs allowed."`
	TaskPolicy      string   `placeholder:"POLICY" group:"select" complete:"task-policies" help:"Policy that limits the session, such as IAMAuditRootUserCredentials."`
	Exclude         []string `name:"exclude-account" type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" help:"Not these accounts; globs allowed."`
	OUs             []string `name:"ou" placeholder:"NAME|ID" group:"select" complete:"none" help:"Only accounts in these OUs and the OUs below."`
	Tags            []string `name:"account-tag" placeholder:"K=V" sep:"none" group:"select" complete:"none" help:"Only accounts with this tag."`
	Profile         string   `placeholder:"NAME" group:"select" complete:"profiles" help:"Profile of the management account or a delegated administrator."`
	DurationSeconds int      `placeholder:"N" group:"select" complete:"none" help:"Session duration, at most 900 (900)."`

	SweepFlags `embed:""`
	Export     `embed:""`
}

func (*assumeRootCmd) Examples() []string {
	return []string{
		"muster assume-root --account Production --task-policy S3UnlockBucketPolicy",
		"muster whoami --task-policy IAMAuditRootUserCredentials",
		"muster exec --task-policy SQSUnlockQueuePolicy --account Production -- env",
	}
}

// Help is the text below the usage line.
func (*assumeRootCmd) Help() string {
	return `Member accounts of an organization with central root access need no root password: AssumeRoot gives their root user's credentials for one task, for at most 15 minutes. The task policies are ` +
		strings.Join(auth.TaskPolicies, ", ") + `.

--task-policy is a source of accounts for other commands, too: 'aws', 'exec' and 'credentials' act as the root user of each member account. If --account has only ids, the accounts are not listed.`
}

// SeenScope is that of the organization.
func (c *assumeRootCmd) SeenScope() seen.Scope {
	scope := seen.Scope{Organization: true}
	if c.Profile != "" {
		scope.Profiles = []string{c.Profile}
	}
	return scope
}

// overridden reports whether the variable of a flag is ignored: the duration is one for roles.
func (c *assumeRootCmd) overridden(flag any, _ string, _ *flagLine) bool {
	return flag == &c.DurationSeconds
}

func (c *assumeRootCmd) Run(ctx context.Context, app *App, g *Global) error {
	if c.TaskPolicy == "" {
		return usage("--task-policy is missing: expected %s", strings.Join(auth.TaskPolicies, ", "))
	}
	as := credentialsCmd{SweepFlags: c.SweepFlags, Export: c.Export}
	as.Selection.selectionFlags = selectionFlags{
		TaskPolicy: c.TaskPolicy, Profiles: c.SeenScope().Profiles, DurationSeconds: c.DurationSeconds,
		Accounts: c.Accounts, Exclude: c.Exclude, OUs: c.OUs, Tags: c.Tags,
	}
	return as.Run(ctx, app, g)
}
