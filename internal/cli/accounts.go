package cli

import (
	"context"
	"errors"
	"iter"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/sweep"
)

// prepared is what a sweep needs before its first call.
type prepared struct {
	resolver  *auth.Resolver
	selection account.Selection
}

func prepare(app *App, g *Global, s *Selection, f *SweepFlags) (*prepared, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	resolver, err := g.connect(app, f.Concurrency, s.Profile)
	if err != nil {
		return nil, err
	}
	selection, err := s.selection(app, g)
	if err != nil {
		return nil, err
	}
	app.watch(g, selection)
	return &prepared{resolver, selection}, nil
}

// accounts finds the accounts that are meant, and tells of profiles that cannot
// be used.
func (p *prepared) accounts(app *App) (func(context.Context) iter.Seq2[*account.Account, error], error) {
	p.resolver.Retry()
	found, err := account.Find(p.resolver, p.selection)
	if err != nil {
		return nil, err
	}
	for _, err := range found.Skipped {
		app.note("left out: %v", err)
	}
	return stopEmpty(func(ctx context.Context) iter.Seq2[*account.Account, error] {
		return app.sightings.list(found.Accounts(ctx))
	}), nil
}

// stopEmpty ends a sweep whose selection means no account: that is no gap.
func stopEmpty(accounts func(context.Context) iter.Seq2[*account.Account, error]) func(context.Context) iter.Seq2[*account.Account, error] {
	return func(ctx context.Context) iter.Seq2[*account.Account, error] {
		return func(yield func(*account.Account, error) bool) {
			for a, err := range accounts(ctx) {
				if errors.As(err, new(*account.EmptyError)) {
					err = &sweep.Stop{Err: err}
				}
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

type accountsCmd struct {
	Selection     `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
}

// accountRecord is an account and how it is entered.
type accountRecord struct {
	AccountId   string
	AccountName string
	Email       string
	Status      string // as Organizations has it; "" elsewhere
	Source      string // identity, profile, organization or sso-session
	Profile     string
	Role        string // that gives credentials there; "" for a user, or where none does
	Note        string // why it cannot be entered, or by what else than the role it is
}

var accountView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 1},
		{Field: "AccountName", Need: 2, Shorten: true},
		{Field: "Email", Need: 7, Shorten: true},
		{Field: "Status", Need: 5},
		{Field: "Source", Need: 8},
		{Field: "Profile", Need: 9, Shorten: true},
		{Field: "Role", Need: 3, Shorten: true},
		{Field: "Note", Need: 4, Shorten: true},
	},
	ID:   "AccountId",
	Sort: []string{"AccountId", "AccountName"},
	Tree: [][]string{{"Source"}},
}

func (c *accountsCmd) Run(ctx context.Context, app *App, g *Global) error {
	printer, err := render.Compile[accountRecord](c.WatchedOutput.options(app, g), accountView)
	if err != nil {
		return err
	}
	p, err := prepare(app, g, &c.Selection, &c.SweepFlags)
	if err != nil {
		return err
	}
	return repeat(ctx, app, &c.WatchedOutput, printer, func(ctx context.Context, out stream[accountRecord]) error {
		accounts, err := p.accounts(app)
		if err != nil {
			return err
		}
		return run(ctx, app, &c.SweepFlags, "accounts", out, sweep.Plan[accountRecord]{
			Accounts: accounts,
			Visit: func(_ context.Context, p sweep.Place, emit func([]accountRecord)) error {
				r := describeAccount(p.Account)
				r.Profile, r.Role, r.Note = p.Identity.Profile, p.Identity.Role, p.Account.Note
				emit([]accountRecord{r})
				return nil
			},
			Closed: func(a *account.Account, err error) []accountRecord {
				if !account.Listed(err) {
					return nil
				}
				r := describeAccount(a)
				if err != nil {
					r.Note = awsapi.Explain(err).Message
				}
				return []accountRecord{r}
			},
		})
	})
}

func describeAccount(a *account.Account) accountRecord {
	return accountRecord{AccountId: a.ID, AccountName: a.Name, Email: a.Email, Status: a.Status, Source: a.Source}
}

type regionsCmd struct {
	All bool `group:"regions" help:"Those not opted in to as well."`

	Selection     `embed:""`
	RegionFlags   `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
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
	printer, err := render.Compile[inventory.Region](c.WatchedOutput.options(app, g), regionView)
	if err != nil {
		return err
	}
	p, err := prepare(app, g, &c.Selection, &c.SweepFlags)
	if err != nil {
		return err
	}
	finder, err := c.RegionFlags.finder(p.resolver.API)
	if err != nil {
		return err
	}
	c.SweepFlags.regions = finder
	return repeat(ctx, app, &c.WatchedOutput, printer, func(ctx context.Context, out stream[inventory.Region]) error {
		accounts, err := p.accounts(app)
		if err != nil {
			return err
		}
		return run(ctx, app, &c.SweepFlags, "regions", out, sweep.Plan[inventory.Region]{
			Accounts: accounts,
			Visit: func(ctx context.Context, p sweep.Place, emit func([]inventory.Region)) error {
				regions, err := finder.List(ctx, p.Account, p.Identity, c.All)
				emit(regions)
				return err
			},
		})
	})
}
