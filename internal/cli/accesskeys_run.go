package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/change"
	"muster/internal/disk"
	"muster/internal/render"
	"muster/internal/sweep"
)

// keyRun is one run of a command that changes access keys: a sweep finds the changes, and with --yes the guard
// of package change makes them.
type keyRun struct {
	*keyFlags
	verb    keyVerb
	app     *App
	sweeper *sweeper
	printer *render.Printer[keyChange]
	leftOut []string // columns for which the terminal was too narrow

	keys    *change.Keys    // nil with --apply and --from
	given   []change.Change // of --apply and --from
	from    *change.Journal // of --from
	undone  bool            // all changes in from are taken back
	journal *change.Journal // of --yes; may be from
	own     *change.Own

	begun bool // changes may have been made

	mu         sync.Mutex
	identities map[string]*auth.Identity // by account
	results    []change.Result
}

// open reads the files, prepares the query and connects. It makes no call of AWS.
func (r *keyRun) open(ctx context.Context, g *Global) (err error) {
	var accounts json.RawMessage
	switch {
	case r.Apply != "":
		accounts, err = r.readPlan(ctx)
	case r.From != "":
		accounts, err = r.readJournal()
	default:
		r.keys, err = r.keyFlags.keys(r.verb.after, r.app.Now())
	}
	if err == nil {
		err = r.reach(accounts)
	}
	if err != nil {
		return err
	}
	if r.Yes {
		if err := r.openJournal(); err != nil {
			return err
		}
		for flag, path := range map[string]string{"--report": r.Report, "--timings": string(r.Timings)} {
			if path != "" && (samePath(path, r.Journal) || samePath(path, r.From)) {
				return usage("%s %s: the journal must not be overwritten; choose another file", flag, path)
			}
		}
	}
	if r.sweeper, err = prepare(r.app, g, &r.Selection, &r.SweepFlags, r.Concurrency); err != nil {
		return err
	}
	r.sweeper.accountOptions.Strict = true
	r.own, r.identities = change.NewOwn(r.sweeper.resolver), map[string]*auth.Identity{}
	return nil
}

func (r *keyRun) close() {
	for _, j := range []*change.Journal{r.from, r.journal} {
		if j != nil {
			j.Close()
		}
	}
}

// run finds the changes, makes them with --yes, and prints them.
func (r *keyRun) run(ctx context.Context) error {
	result, err := r.find(ctx)
	if err != nil {
		return err
	}
	out := r.printer.Start(r.app.term.Records())
	out.Until(ctx)
	act := r.plan
	if r.Yes {
		act = r.carryOut
	}
	if err = act(ctx, result.ledger, out); err == nil {
		err = written(out.Close())
	}
	if err != nil && !errors.As(err, &result.failed) {
		if r.begun { // keys have changed, even if nobody can read the results
			r.summarizeRun()
		}
		return err
	}
	result.leftOut = r.leftOut
	result.summary = r.summarize
	return r.exit(r.sweeper.conclude(ctx, result))
}

// find visits the accounts. Its result has the gaps, and r.results the planned changes.
func (r *keyRun) find(ctx context.Context) (*sweepResult, error) {
	found, err := r.sweeper.accounts()
	if err != nil {
		return nil, err
	}
	plan := sweep.Plan[change.Result]{Accounts: r.concerned(found.Accounts), Visit: r.visit}
	result, err := sweepOnce(ctx, r.sweeper, &listing[change.Result]{
		noun: "keys", plan: func(*sweeper) (sweep.Plan[change.Result], error) { return plan, nil },
	}, &resultCollector{&r.results})
	if err != nil {
		return nil, err
	}
	result.refused = found.Refused
	r.addUnvisited(ctx, result.ledger)
	for i := range r.results {
		c := &r.results[i]
		if reason := r.own.Protect(c.Change); reason != "" && c.Outcome == change.Planned && c.After == change.KeyInactive {
			c.Outcome, c.Reason = change.Protected, reason
		}
	}
	return result, nil
}

// concerned leaves out the accounts that the given changes do not name.
func (r *keyRun) concerned(all func(context.Context) iter.Seq2[*account.Account, error]) func(context.Context) iter.Seq2[*account.Account, error] {
	if r.keys != nil {
		return all
	}
	return func(ctx context.Context) iter.Seq2[*account.Account, error] {
		return func(yield func(*account.Account, error) bool) {
			for a, err := range all(ctx) {
				if err == nil && a.ID != "" && len(r.givenIn(a.ID)) == 0 {
					continue
				}
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// visit emits what a run would do in an account.
func (r *keyRun) visit(ctx context.Context, p sweep.Place, emit func([]change.Result)) error {
	api := r.sweeper.resolver.API
	if err := r.own.Add(ctx, p.Identity); err != nil {
		return err
	}
	if err := r.addOtherProfiles(ctx, p.Account); err != nil {
		return err
	}
	r.mu.Lock()
	r.identities[p.Account.ID] = p.Identity
	r.mu.Unlock()
	if r.keys != nil {
		return r.keys.Visit(ctx, api, p, func(changes []change.Change) {
			results := make([]change.Result, len(changes))
			for i, c := range changes {
				results[i] = change.Result{Change: c, Outcome: change.Planned}
			}
			emit(results)
		})
	}
	editor := change.KeyEditor(api, p.Identity)
	for _, c := range r.givenIn(p.Account.ID) {
		c.AccountName = p.Account.Name // that of a file may be old, or edited
		result, err := c.Check(ctx, editor)
		if err != nil {
			return err
		}
		emit([]change.Result{result})
	}
	return nil
}

// addOtherProfiles adds the keys of the other selected profiles that lead to an account: the
// next run may need them.
func (r *keyRun) addOtherProfiles(ctx context.Context, a *account.Account) error {
	if a.Source != account.SourceProfile {
		return nil
	}
	ids, err := a.Identities(ctx)
	for _, id := range ids {
		_ = r.own.Add(ctx, id) // a profile whose session has ended has no key to protect
	}
	return err
}

func (r *keyRun) givenIn(accountID string) []change.Change {
	return slices.DeleteFunc(slices.Clone(r.given), func(c change.Change) bool { return c.AccountID != accountID })
}

// addUnvisited adds the given changes in accounts that the run has not reached.
func (r *keyRun) addUnvisited(ctx context.Context, ledger *sweep.Ledger) {
	known := map[string][]change.Thing{} // by account
	for _, result := range r.results {
		known[result.AccountID] = append(known[result.AccountID], result.Thing)
	}
	gaps := map[string]bool{}
	for _, gap := range ledger.Gaps() {
		gaps[gap.AccountId] = true
	}
	for _, c := range r.given {
		if slices.Contains(known[c.AccountID], c.Thing) {
			continue
		}
		reason := "the account is not among the selected ones"
		switch {
		case gaps[c.AccountID] || ctx.Err() != nil:
			reason = "the account did not answer"
		case ledger.ListError() != nil:
			reason = "the list of accounts is incomplete"
		}
		r.results = append(r.results, change.Result{Change: c, Outcome: change.NotMade, Reason: reason})
	}
}

// plan prints what a run would do, and saves it with --plan.
func (r *keyRun) plan(ctx context.Context, ledger *sweep.Ledger, out stream[keyChange]) error {
	if _, err := r.canary(ledger, r.planned()); err != nil {
		return err
	}
	for _, result := range r.results {
		if err := out.Write(r.verb.record(result, r.app.Now())); err != nil {
			return written(err)
		}
	}
	if r.Plan == "" {
		return nil
	}
	plan := change.Plan{Header: r.header(), Time: r.app.Now().UTC(), Changes: r.planned()}
	ctx, cancel := finalWrite(ctx)
	defer cancel()
	return disk.Write(ctx, r.Plan, true, func(w io.Writer) error {
		_, err := plan.WriteTo(w)
		return err
	})
}

// planned returns the changes that a run would make.
func (r *keyRun) planned() (changes []change.Change) {
	for _, result := range r.results {
		if result.Outcome == change.Planned {
			changes = append(changes, result.Change)
		}
	}
	return changes
}

// resultCollector is a stream that keeps its records.
type resultCollector struct{ results *[]change.Result }

func (*resultCollector) Until(context.Context) {}

func (c *resultCollector) Write(r change.Result) error {
	*c.results = append(*c.results, r)
	return nil
}

func (*resultCollector) Flush() error { return nil }

func (*resultCollector) Close() error { return nil }
