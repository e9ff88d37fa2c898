package cli

import (
	"context"

	"muster/internal/region"
	"muster/internal/render"
	"muster/internal/sweep"
)

type regionsCmd struct {
	regionalListing[region.Region] `embed:""`

	All bool `group:"regions" help:"Also regions that are not opted in to."`
}

func (*regionsCmd) Examples() []string {
	return []string{
		"muster regions --all-profiles",
		"muster regions --profile development --region 'af-*' --all",
		"muster regions --profile production -o name",
	}
}

var regionView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "AccountId", Need: 3},
		{Field: "Region", Need: 1},
		{Field: "OptInStatus", Need: 2},
	},
	ID:   "Region",
	Sort: []string{"AccountId", "Region"},
	Tree: [][]string{{"AccountName", "AccountId"}},
}

func (c *regionsCmd) Run(ctx context.Context, app *App, g *Global) error {
	return c.list(ctx, app, g, listing[region.Region]{
		noun: "regions", view: regionView, wholeAccounts: true,
		visit: func(ctx context.Context, s *sweeper, p sweep.Place, emit func([]region.Region)) error {
			regions, err := s.regions.Records(ctx, p.Account, p.Identity, c.All)
			emit(regions)
			return err
		},
	})
}
