package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"muster/internal/change/deploy"
	"muster/internal/inventory"
	"muster/internal/names"
)

// roleCmd has the commands about the role with which muster reads an organization.
type roleCmd struct {
	Template roleTemplateCmd `cmd:"" help:"Print the CloudFormation template of a role that reads."`
	Deploy   roleDeployCmd   `cmd:"" help:"Deploy the role to every account of the organization."`
	Status   roleStatusCmd   `cmd:"" help:"Try the role in every account."`
	Delete   roleDeleteCmd   `cmd:"" help:"Remove the role from every account again."`
}

// Help is the text below the usage line.
func (*roleCmd) Help() string {
	return `'muster roles' is the kind: it lists IAM roles.`
}

// roleFlags describe a role that reads.
type roleFlags struct {
	Role               string   `placeholder:"NAME" env-unless:"MUSTER_ACCOUNT_ID" group:"role" complete:"roles" help:"Name of the role, or its path and name."`
	Trust              string   `placeholder:"ID|ARN" group:"role" complete:"role-arns" help:"Account, role or user that may assume the role (the caller's account)."`
	ExternalID         string   `name:"external-id" placeholder:"ID" group:"role" complete:"none" help:"External id that the trust policy requires."`
	MaxSessionDuration int      `placeholder:"SECONDS" default:"3600" group:"role" complete:"none" help:"Maximum session duration, 3600 to 43200 (3600)."`
	Managed            bool     `group:"role" help:"Permissions: AmazonEC2ReadOnlyAccess, and the list of regions."`
	For                []string `placeholder:"KIND" group:"role" complete:"kinds" help:"Permissions: only the actions that list these kinds, and regions. Default: ReadOnlyAccess."`
}

// regionActions list the enabled regions of an account.
var regionActions = []string{"account:ListRegions", "ec2:DescribeRegions"}

// commandActions are the actions of commands that are no kinds, or that list more.
var commandActions = map[string][]string{
	"instances": {"ec2:DescribeInstances"},
	"addresses": {"ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"},
}

// role checks the flags and returns the role. Without --trust, the role trusts an account.
func (f *roleFlags) role(account string) (*deploy.Role, error) {
	path, name, err := parseRole(f.Role)
	if err != nil {
		return nil, err
	}
	r := &deploy.Role{Name: name, Path: path, Trust: f.Trust, ExternalID: f.ExternalID, MaxSession: time.Duration(f.MaxSessionDuration) * time.Second}
	if r.Trust == "" {
		r.Trust = account
	}
	if r.Actions, err = actionsFor(f.For); err != nil {
		return nil, err
	}
	switch {
	case f.Managed:
		r.Managed = []string{"AmazonEC2ReadOnlyAccess"}
	case len(f.For) == 0:
		r.Managed = []string{"ReadOnlyAccess"}
	}
	if f.Managed || len(f.For) > 0 {
		r.Actions = append(r.Actions, regionActions...)
		slices.Sort(r.Actions)
		r.Actions = slices.Compact(r.Actions)
	}
	return r, r.Check()
}

// parseRole reads --role. In an ARN, {account} stands for each account.
func parseRole(given string) (path, name string, err error) {
	if given == "" {
		return "", "", usage("--role is missing: expected the name of the role, such as --role MusterRead")
	}
	if arn, ok := strings.CutPrefix(given, "arn:"); ok {
		if _, pathAndName, isRole := strings.Cut(arn, ":iam::{account}:role/"); isRole {
			given = pathAndName
		}
	}
	return deploy.ParseRoleName(given)
}

// actionsFor returns the IAM actions that list kinds.
func actionsFor(kinds []string) (actions []string, err error) {
	for _, word := range kinds {
		if more := commandActions[word]; more != nil {
			actions = append(actions, more...)
			continue
		}
		kind, err := inventory.FindKind(word)
		if err != nil {
			return nil, err
		}
		if kind == nil {
			return nil, usage("--for %s: no such kind%s; 'muster list' lists the kinds", word, names.DidYouMean(word, append(kindWords(), "instances")))
		}
		resources, err := inventory.NewResources([]*inventory.Kind{kind}, inventory.ResourceQuery{})
		if err != nil {
			return nil, err
		}
		actions = append(actions, resources.Actions()...)
	}
	return actions, nil
}

// anyAccount stands for the caller's account until the caller is known.
const anyAccount = "000000000000"

type roleTemplateCmd struct {
	roleFlags `embed:""`
	JSON      bool   `name:"json" group:"role" help:"Print JSON instead of YAML."`
	Profile   string `placeholder:"NAME" group:"select" complete:"profiles" help:"Profile whose account the role trusts, without --trust."`
}

func (*roleTemplateCmd) Examples() []string {
	return []string{
		"muster role template --role Audit --trust arn:aws:iam::111122223333:role/Base",
		"muster role template --role Audit --trust 111122223333 --managed",
		"muster role template --role Audit --trust 111122223333 --for users --json",
	}
}

// Help is the text below the usage line.
func (*roleTemplateCmd) Help() string {
	return `With --trust, muster makes no call of AWS. Without it, the role trusts the caller's account: every user and role there whose own policies allow sts:AssumeRole of the role.

Without --managed and --for, the role has ReadOnlyAccess, which also reads data, such as the objects in buckets. --managed and --for can be used together.`
}

func (c *roleTemplateCmd) Run(ctx context.Context, app *App, g *Global) error {
	role, err := c.role(anyAccount)
	if err != nil {
		return err
	}
	if c.Trust == "" {
		r, err := g.connect(app, defaultConcurrency, profileList(c.Profile))
		if err != nil {
			return err
		}
		id, _, err := currentOr(r, c.Profile)
		if err != nil {
			return err
		}
		if role.Trust, err = r.Account(ctx, id); err != nil {
			return err
		}
	}
	print := role.YAML
	if c.JSON {
		print = role.JSON
	}
	text, err := print()
	if err != nil {
		return err
	}
	_, err = io.WriteString(app.term.Records(), text)
	return written(err)
}

// profileList returns the name of a profile as --profile has it.
func profileList(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
