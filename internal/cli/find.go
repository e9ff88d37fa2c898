package cli

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/sweep"
)

type findCmd struct {
	What []string `arg:"" complete:"instances" help:"IP addresses, CIDR blocks, DNS names, ids or names (globs)."`

	regionalListing[inventory.Finding] `embed:""`
}

func (*findCmd) Examples() []string {
	return []string{
		"muster find 52.59.78.34 --all-profiles",
		"muster find 10.20.0.0/16 2a05:d018::/32 --organization --role EC2ReadAccess",
		"muster find shop-1845302976.eu-west-1.elb.amazonaws.com --demo",
		"muster find eipalloc-0d6f3b81c92ae4570 'shop*' --all-profiles -o json",
	}
}

// Help is the text below the usage line: the targets that find accepts.
func (*findCmd) Help() string {
	return `Searches all network interfaces, also of load balancers, NAT gateways, VPC endpoints, Lambda functions and databases, and all Elastic IPs. Targets are:

  52.59.78.34, 2a05:d018::11    an address, private or public
  10.20.0.0/16                  a CIDR block
  ec2-..., ip-10-0-0-1....      DNS names of EC2
  any other DNS name            resolved on this machine to its addresses
  eni-, i-, eipalloc-, nat-, vpce-, sg-, subnet-, vpc-, fs-, tgw-attach-
  06:a0:f0:d9:2f:56             a MAC address
  'shop*'                       a Name tag, an owner or a description; globs

The exit code is 0 even if nothing is found, and 3 if some place did not answer: the target may be there.`
}

var findView = render.View{
	Columns: []render.Column{
		{Field: "Matched", Need: 1},
		{Field: "AccountName", Need: 3, Shorten: true},
		{Field: "AccountId", Need: 10},
		{Field: "Region", Need: 2},
		{Field: "OwnerType", Need: 4},
		{Field: "Owner", Need: 1},
		{Field: "Name", Need: 6, Shorten: true},
		{Field: "Id", Need: 5},
		{Field: "PrivateIPs", Need: 7},
		{Field: "PublicIPs", Need: 8},
		{Field: "IPv6s", Need: 11},
		{Field: "Status", Need: 9},
	},
	Text: []string{
		"AccountId", "AccountName", "Region", "OwnerType", "Owner", "Name", "Id", "PrivateIPs", "PublicIPs", "IPv6s", "AllocationIds", "Matched",
	},
	ID:   "Id",
	Sort: []string{"AccountId", "Region", "OwnerType", "Owner", "Id"},
	Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}, {"Owner", "OwnerType"}},
}

func (c *findCmd) Run(ctx context.Context, app *App, g *Global) error {
	var finder *inventory.Finder // of one sweep
	var searched *sweeper
	plan := func(s *sweeper) (plan sweep.Plan[inventory.Finding], err error) {
		searched = s
		if finder, err = inventory.NewFinder(s.resolver.API, c.What); err != nil {
			return plan, err
		}
		plan.WholeAccounts = finder.WholeAccounts()
		var resolve sync.Once
		plan.Visit = func(ctx context.Context, place sweep.Place, emit func([]inventory.Finding)) error {
			resolve.Do(func() { noteResolved(ctx, app, finder) })
			return finder.Visit(ctx, place, emit)
		}
		return plan, nil
	}
	err := c.list(ctx, app, g, listing[inventory.Finding]{
		noun: "found", view: findView, plan: plan,
		summary: func(ledger *sweep.Ledger) {
			if missing := finder.Missing(); len(missing) > 0 {
				searched.noteMissing(missing, ledger)
			}
		},
	})
	if err != nil || finder == nil || len(finder.Missing()) == 0 || !noteUnsearched(app, finder) || c.AllowDenied {
		return err
	}
	return &partial{exitPartial}
}

// noteResolved looks up the addresses of DNS names.
func noteResolved(ctx context.Context, app *App, finder *inventory.Finder) {
	for _, note := range finder.Resolve(ctx, app.LookupHost) {
		app.note("%s", note)
	}
}

// noteUnsearched names the kinds in which a missing DNS name may still be. It returns false
// if there are none.
func noteUnsearched(app *App, finder *inventory.Finder) bool {
	unsearched := finder.Unsearched()
	if len(unsearched) == 0 {
		return false
	}
	kinds := slices.Sorted(maps.Keys(unsearched))
	failure := awsapi.Explain(unsearched[kinds[0]])
	app.note("AWS denies the search of %s in some places, such as: %s, %s: %s", enumerate(kinds, "kind"), failure.Operation, failure.Code, failure.Message)
	return true
}

// noteMissing names the targets that were not found, and where they may still be. A run
// that completes an earlier one may have no account left to search.
func (s *sweeper) noteMissing(targets []string, ledger *sweep.Ledger) {
	what := strings.Join(targets, ", ")
	_, accounts, regions := ledger.Count()
	gaps := len(ledger.Gaps())
	switch {
	case regions == 0 && gaps == 0 && ledger.ListError() == nil && s.RetryGaps == "":
		s.app.note("%s not searched for: the selection contains no account with a selected region", what)
	case accounts == 0:
	case gaps > 0:
		s.app.note("%s not found in the %s that answered; it may be in a place that did not", what, places(accounts, regions))
	case s.inOneAccount(ledger):
		name := strings.TrimSpace(ledger.Entries()[0].AccountId + " " + ledger.Entries()[0].AccountName)
		s.app.note("%s not found in 1 account (%s); %s", what, name, moreAccounts)
	default:
		s.app.note("%s not found in %s", what, places(accounts, regions))
	}
}

// lookupHost calls the system's resolver.
func lookupHost(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}
