package cli

import (
	"context"

	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/sweep"
)

type instancesCmd struct {
	What   []string `arg:"" optional:"" help:"Instance ids, names (globs), IP addresses or CIDR blocks."`
	State  []string `placeholder:"S,S" group:"filter" help:"Only instances in these states, such as running,stopped."`
	Tag    []string `placeholder:"K[=V]" sep:"none" group:"filter" help:"Only instances with this tag; globs allowed in V."`
	Type   []string `placeholder:"T,T" group:"filter" help:"Only these instance types; globs allowed, as in 'm5.*'."`
	Filter []string `placeholder:"Name=N,Values=V" sep:"none" group:"filter" help:"EC2's own filters, as the AWS CLI takes them."`

	Selection   `embed:""`
	RegionFlags `embed:""`
	SweepFlags  `embed:""`
	Output      `embed:""`
}

var instanceView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "AccountId", Need: 8},
		{Field: "Region", Need: 3},
		{Field: "InstanceId", Need: 1},
		{Field: "Name", Need: 5, Shorten: true},
		{Field: "InstanceType", Need: 7},
		{Field: "State", Need: 6},
		{Field: "PrivateIPs", Need: 2},
		{Field: "PublicIPs", Need: 2},
		{Field: "IPv6s", Need: 10},
	},
	Text: []string{
		"AccountId", "AccountName", "Region", "InstanceId", "Name", "InstanceType", "State", "PrivateIPs", "PublicIPs", "IPv6s",
	},
	ID:   "InstanceId",
	Sort: []string{"AccountId", "Region", "InstanceId"},
}

func (c *instancesCmd) Run(ctx context.Context, app *App, g *Global) error {
	printer, err := render.Compile[inventory.Instance](c.Output.options(app, g), instanceView)
	if err != nil {
		return err
	}
	p, err := prepare(app, g, &c.Selection, &c.SweepFlags)
	if err != nil {
		return err
	}
	instances, err := inventory.NewInstances(p.resolver.API, inventory.Query{
		What: c.What, States: c.State, Types: c.Type, Tags: c.Tag, Filters: c.Filter,
	})
	if err != nil {
		return err
	}
	regions, err := c.RegionFlags.finder(p.resolver.API)
	if err != nil {
		return err
	}
	accounts, err := p.accounts(ctx, app)
	if err != nil {
		return err
	}
	return run(ctx, app, &c.SweepFlags, "instances", printer.Start(app.Stdout), sweep.Plan[inventory.Instance]{
		Accounts: accounts, Regions: regions.Of, Wanted: regions.Selected, Visit: instances.Visit,
		ID: func(i *inventory.Instance) string { return i.InstanceId },
	})
}
