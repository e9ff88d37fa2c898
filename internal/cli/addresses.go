package cli

import (
	"context"
	"sync"

	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/sweep"
)

type addressesCmd struct {
	What []string `arg:"" optional:"" complete:"instances" help:"IP addresses, CIDR blocks, DNS names, ids or names (globs), as for find."`
	Type []string `enum:"private,public,ipv6,prefix" placeholder:"T,T" group:"resources" help:"Only these types: private, public, ipv6, or prefix (a block of an interface)."`

	regionalListing[inventory.Address] `embed:""`
}

func (*addressesCmd) Examples() []string {
	return []string{
		"muster addresses --all-profiles",
		"muster addresses --type public --organization --role EC2ReadAccess -o name",
		"muster addresses 10.20.0.0/16 --all-profiles --count-by AccountName,OwnerType",
	}
}

// Help explains the command beyond its flags.
func (*addressesCmd) Help() string {
	return `Prints one record for each address of every network interface, and for each Elastic IP, with its owner. Blocks that are delegated to an interface are records of type prefix.

'muster find' prints one record for each interface instead, and 'muster list addresses' only Elastic IPs, as EC2 has them.`
}

var addressView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 3, Shorten: true},
		{Field: "AccountId", Need: 10},
		{Field: "Region", Need: 2},
		{Field: "Address", Need: 1},
		{Field: "Type", Need: 5},
		{Field: "OwnerType", Need: 4},
		{Field: "Owner", Need: 1},
		{Field: "Name", Need: 6, Shorten: true},
		{Field: "PrivateIP", Need: 8},
		{Field: "PublicIP", Need: 7},
		{Field: "NetworkInterfaceId", Need: 9},
	},
	Text: []string{
		"AccountId", "AccountName", "Region", "Address", "Type", "OwnerType", "Owner", "Name", "PrivateIP", "PublicIP", "NetworkInterfaceId",
	},
	ID:   "Address",
	Sort: []string{"AccountId", "Region", "NetworkInterfaceId", "Type"},
	Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}, {"Owner", "OwnerType"}},
}

func (c *addressesCmd) Run(ctx context.Context, app *App, g *Global) error {
	var finder *inventory.AddressFinder // of one sweep
	plan := func(s *sweeper) (plan sweep.Plan[inventory.Address], err error) {
		if finder, err = inventory.NewAddressFinder(s.resolver.API, c.What, c.Type); err != nil {
			return plan, err
		}
		var resolve sync.Once
		plan.Visit = func(ctx context.Context, place sweep.Place, emit func([]inventory.Address)) error {
			resolve.Do(func() { noteResolved(ctx, app, finder.Finder) })
			return finder.Visit(ctx, place, emit)
		}
		return plan, nil
	}
	return c.list(ctx, app, g, listing[inventory.Address]{
		noun: "addresses", what: c.What, view: addressView, plan: plan,
		id: func(r *inventory.Address) string { return r.NetworkInterfaceId + " " + r.Address },
	})
}
