package cli

import (
	"context"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/sweep"
)

// consoleRecord is a URL that signs in to the console of an account.
type consoleRecord struct {
	AccountId   string
	AccountName string
	Role        string
	Destination string // the page after the sign-in
	URL         string // holds a secret
}

var consoleView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 1},
		{Field: "AccountName", Need: 2},
		{Field: "Role", Need: 3},
		{Field: "URL", Need: 1},
	},
	Wide: []string{"AccountId", "AccountName", "Role", "Destination", "URL"},
	ID:   "URL",
	Sort: []string{"AccountId", "AccountName"},
	Tree: [][]string{{"AccountName", "AccountId"}},
}

// Schema describes the records of --list, for completion and --template-help.
func (*consoleCmd) Schema() *shape.Schema { return shape.SchemaOf[consoleRecord]() }

// list prints a URL for each selected account.
func (c *consoleCmd) list(ctx context.Context, app *App, g *Global) error {
	if c.Open || c.givenOn(app) {
		return usage("--list prints URLs, and --open, --browser and --browser-profile open one: expected one of them")
	}
	if c.Output.Output == "" && c.JQ == "" && c.Query == "" { // a table fitted to the terminal would leave out the URL
		c.Output.Output = "wide"
	}
	flags := listFlags{selection: &c.Selection, sweep: &c.SweepFlags, output: &c.WatchedOutput}
	return list(ctx, app, g, flags, listing[consoleRecord]{
		noun: "URLs", view: consoleView, secret: true,
		plan: func(s *sweeper) (sweep.Plan[consoleRecord], error) {
			s.resolver.Region, s.resolver.MinTTL, s.accountOptions.Strict = c.Region, exportTTL, true
			return sweep.Plan[consoleRecord]{Visit: func(ctx context.Context, p sweep.Place, emit func([]consoleRecord)) error {
				record, err := c.record(ctx, s, p)
				if err == nil {
					emit([]consoleRecord{record})
				}
				return err
			}}, nil
		},
	})
}

// record gets the URL of one account.
func (c *consoleCmd) record(ctx context.Context, s *sweeper, p sweep.Place) (consoleRecord, error) {
	record := consoleRecord{AccountId: p.Account.ID, AccountName: p.Account.Name, Role: p.Identity.Role}
	id, err := c.temporary(ctx, s.resolver, p.Identity)
	if err != nil {
		return record, err
	}
	region := id.Target.Region
	if record.Destination, err = consolePage(c.Destination, catalog.PartitionOf(region), region); err != nil {
		return record, err
	}
	record.URL, err = c.signinURL(ctx, s.app, s.resolver, id)
	return record, err
}

// listingFlag returns a flag on the command line that only a listing has; "" without one.
func listingFlag(line *kong.Context) string {
	for _, p := range line.Path {
		if p.Flag != nil && !p.Resolved && p.Flag.Group != nil && (p.Flag.Group.Key == "output" || p.Flag.Group.Key == "sweep") {
			return p.Flag.Name
		}
	}
	return ""
}
