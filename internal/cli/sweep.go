package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/region"
	"muster/internal/render"
	"muster/internal/sweep"
	"muster/internal/terminal"
	"muster/internal/timing"
)

// sweeper carries out the sweeps of one command line: one, or with --watch several.
type sweeper struct {
	*SweepFlags
	app            *App
	resolver       *auth.Resolver
	selection      account.Selection
	accountOptions account.Options
	regions        *region.Selection // the selected regions; nil: the command has no --region
	earlier        *sweep.Earlier    // the report of --retry-gaps; nil: everything is visited
	names          *nameRecorder     // for completion
}

// prepare checks the flags and connects. It makes no call of AWS. calls is how many
// calls are made at one time.
func prepare(app *App, g *Global, s *Selection, f *SweepFlags, calls int) (*sweeper, error) {
	earlier, err := f.check()
	if err != nil {
		return nil, err
	}
	if f.Timings != "" {
		app.timings = timing.New()
	}
	rates := app.ratesFile(g, s.SeenScope())
	app.earlierRates = app.readRates(rates)
	resolver, err := g.connect(app, calls, s.Profiles)
	if err != nil {
		return nil, err
	}
	app.closers = append(app.closers, func() { app.saveRates(rates, resolver.API) })
	selection, options, err := s.selection(app, g)
	if err != nil {
		return nil, err
	}
	return &sweeper{
		SweepFlags: f, app: app, resolver: resolver, selection: selection, accountOptions: options,
		earlier: earlier, names: startRecordingNames(app, g, s.SeenScope()),
	}, nil
}

// accounts finds the selected accounts. The list is read when the sweep iterates over it.
func (s *sweeper) accounts() (*account.Found, error) {
	found, err := findAccounts(s.app, s.resolver, s.selection, s.accountOptions)
	if err != nil {
		return nil, err
	}
	all := found.Accounts
	found.Accounts = func(ctx context.Context) iter.Seq2[*account.Account, error] {
		return s.names.list(s.app.timeList(ctx, all))
	}
	return found, nil
}

// findAccounts finds the accounts of a selection, and names the profiles that cannot be
// used.
func findAccounts(app *App, r *auth.Resolver, s account.Selection, o account.Options) (*account.Found, error) {
	r.ForgetFailures()
	found, err := account.Find(r, s, o)
	if err != nil {
		return nil, err
	}
	for _, err := range found.Skipped {
		app.note("left out: %v", err)
	}
	all := found.Accounts
	found.Accounts = func(ctx context.Context) iter.Seq2[*account.Account, error] { return stopEmpty(all(ctx)) }
	return found, nil
}

// stopEmpty stops the sweep if the selection matches no account, or if a name fits several.
// That is a mistake in the command line and no gap.
func stopEmpty(accounts iter.Seq2[*account.Account, error]) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range accounts {
			if errors.As(err, new(*account.EmptyError)) || errors.As(err, new(*account.AmbiguousError)) {
				err = &sweep.Stop{Err: err}
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// bound returns a context that ends after --timeout.
func (s *sweeper) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.Timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("stopped after --timeout %s", s.Timeout))
}

// stream prints records as they arrive.
type stream[R any] interface {
	// Until sets the context that stops an expression that would run forever.
	Until(context.Context)
	Write(R) error
	// Flush is called when no more records are waiting.
	Flush() error
	Close() error
}

// ledgerStream is a stream that gets the ledger of the sweep before Close.
type ledgerStream interface {
	ended(ledger *sweep.Ledger, noun string)
}

// sweepResult is the outcome of a sweep, for conclude.
type sweepResult struct {
	ledger *sweep.Ledger
	noun   string   // names the records, in the plural
	what   []string // the arguments that they match
	// summary replaces the count of records; nil: they are counted.
	summary  func(*sweep.Ledger)
	complete bool

	failed  *render.RecordsError         // an expression failed on some records; nil: on none
	refused func(context.Context) string // account.Found.Refused
	leftOut []string                     // columns for which the terminal was too narrow
}

// sweepOnce visits the places of a listing and prints their records as they arrive. Gaps are
// in the result and no error.
func sweepOnce[R any](ctx context.Context, s *sweeper, l *listing[R], out stream[R]) (*sweepResult, error) {
	plan, result, err := newPlan(s, l)
	if err != nil {
		return nil, err
	}
	var line *terminal.Line
	if !s.Quiet {
		line = s.app.showProgress(ctx, plan.Meter, l.noun, plan.Regions == nil)
		defer line.End()
	}
	out.Until(ctx)
	result.ledger, err = plan.Run(ctx, func(records []R) error {
		return s.app.timings.Print(func() error {
			if len(records) == 0 { // no more are waiting: show those that have arrived
				return written(out.Flush())
			}
			for i := range records {
				if l.recordNames != nil {
					l.recordNames(s.names, &records[i])
				}
				if err := out.Write(records[i]); err != nil {
					return written(err)
				}
			}
			return nil
		})
	})
	line.End()
	if err != nil {
		return nil, err
	}
	if out, ok := out.(ledgerStream); ok {
		out.ended(result.ledger, l.noun)
	}
	if err := s.app.timings.Print(out.Close); err != nil && !errors.As(err, &result.failed) {
		return nil, written(err)
	}
	return result, s.checkRegions(ctx, result.ledger)
}

// newPlan completes the plan of a listing with the accounts, the regions and the flags.
func newPlan[R any](s *sweeper, l *listing[R]) (plan sweep.Plan[R], r *sweepResult, err error) {
	plan.Visit = func(ctx context.Context, place sweep.Place, emit func([]R)) error {
		return l.visit(ctx, s, place, emit)
	}
	if l.plan != nil {
		if plan, err = l.plan(s); err != nil {
			return plan, nil, err
		}
	}
	r = &sweepResult{noun: l.noun, what: l.what, summary: l.summary, complete: l.complete}
	if plan.Accounts == nil {
		found, err := s.accounts()
		if err != nil {
			return plan, nil, err
		}
		plan.Accounts, r.refused = found.Accounts, found.Refused
	}
	if s.regions != nil && !l.wholeAccounts && plan.Regions == nil {
		plan.Regions, plan.RegionSelected = s.regions.Of, s.regions.Contains
	}
	plan.Width, plan.FailFast, plan.Meter, plan.Earlier = s.Concurrency, s.FailFast, new(sweep.Meter), s.earlier
	plan.Timings = s.app.timings
	s.app.timings.Begin()
	if s.earlier != nil || s.Report != "" { // else no later run will ask which records were printed
		plan.ID = l.id
	}
	visit := plan.Visit
	plan.Visit = func(ctx context.Context, place sweep.Place, emit func([]R)) error {
		err := visit(ctx, place, emit)
		if err == nil && place.Identity != nil {
			s.names.role(place.Identity.Role)
		}
		return err
	}
	return plan, r, s.checkEarlier(plan.Regions == nil || plan.WholeAccounts, plan.Regions != nil)
}

// checkEarlier returns an error if the report of --retry-gaps has places that this command
// does not visit: accounts as a whole, or their regions.
func (s *sweeper) checkEarlier(accounts, regions bool) error {
	if s.earlier == nil {
		return nil
	}
	if err := s.earlier.CheckScope(accounts, regions); err != nil {
		return usage("--retry-gaps %s: %v", s.RetryGaps, err)
	}
	return nil
}

// checkRegions warns about globs of --region and --exclude-region that match no region, and
// returns an error if no region is selected. It checks nothing with --retry-gaps, because the
// gaps may be in a few regions.
func (s *sweeper) checkRegions(ctx context.Context, ledger *sweep.Ledger) error {
	if s.regions == nil || s.earlier != nil || ctx.Err() != nil {
		return nil
	}
	err := s.regions.CheckSelected()
	switch gaps := ledger.Gaps(); {
	case err != nil && len(gaps) == 0:
		return err
	case err != nil:
		s.app.note("%v", err)
	default:
		for _, line := range append(s.regions.UnmatchedExcludes(), s.regions.UnmatchedIncludes()...) {
			s.app.note("%s", line)
		}
	}
	return nil
}
