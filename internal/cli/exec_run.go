package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"muster/internal/awsapi"
	"muster/internal/child"
	"muster/internal/render"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// agreed asks the user before a command runs in several accounts. The error is nil if the
// user agrees.
func (e *execution) agreed(ctx context.Context) error {
	if e.Yes || e.active() < 2 {
		return nil
	}
	where := count(e.active(), "account")
	if e.PerRegion {
		regions, err := e.countRegions(ctx)
		if err != nil {
			return err
		}
		where += fmt.Sprintf(", %s in all", count(regions, "region"))
	}
	where += e.app.ofContext()
	yes, err := e.app.term.Confirm(ctx, fmt.Sprintf("Run \"%s\" in %s?", e.commandLine(), where))
	switch {
	case errors.Is(err, terminal.ErrNoTerminal):
		return usage("%s would run in %s: add --yes, since there is no terminal to confirm on", e.commandLine(), where)
	case err != nil:
		return err
	case !yes:
		return errors.New("not confirmed: nothing was run")
	}
	return nil
}

// countRegions returns the number of regions in all accounts.
func (e *execution) countRegions(ctx context.Context) (int, error) {
	var regions atomic.Int64
	ledger, err := sweep.Plan[struct{}]{
		Accounts: e.each, Regions: e.regionsOf, Width: defaultConcurrency, Earlier: e.earlier, RegionSelected: e.regions.Contains,
		Visit: func(context.Context, sweep.Place, func([]struct{})) error {
			regions.Add(1)
			return nil
		},
	}.Run(ctx, func([]struct{}) error { return nil })
	if err == nil && len(ledger.Gaps()) == 0 && e.earlier == nil {
		err = e.regions.CheckSelected()
	}
	return int(regions.Load()), err
}

// fanOut runs the command in every place, several at a time.
func (e *execution) fanOut(ctx context.Context) error {
	if err := e.agreed(ctx); err != nil {
		return err
	}
	ctx, cancel := e.bound(ctx)
	defer cancel()
	if err := e.serve(); err != nil {
		return err
	}
	defer e.unserve()
	e.sink.begin(ctx, e.accounts)
	width := awsapi.FitOpenFiles(e.Concurrency, 4) // two pipes for each command
	plan := sweep.Plan[*outcome]{
		Accounts: e.each, Visit: e.visit, Width: width, Visitors: width, FailFast: e.FailFast, Earlier: e.earlier, Timings: e.app.timings,
	}
	if e.PerRegion {
		plan.Regions, plan.RegionSelected = e.regionsOf, e.regions.Contains
	}
	ledger, err := plan.Run(ctx, func(ended []*outcome) error {
		return e.app.timings.Print(func() error { return written(e.sink.put(ended)) })
	})
	if err != nil {
		return err
	}
	if err := e.checkRegions(ctx, ledger); err != nil {
		return err
	}
	var failed *render.RecordsError
	if err := e.sink.close(); err != nil && !errors.As(err, &failed) {
		return written(err)
	}
	return e.conclude(ctx, &sweepResult{ledger: ledger, noun: "commands were run", failed: failed, refused: e.refused, leftOut: e.leftOut})
}

// visit runs the command in one place.
func (e *execution) visit(ctx context.Context, p sweep.Place, emit func([]*outcome)) error {
	o := &outcome{Place: p, region: e.region(p)}
	environ, release, err := e.environ(ctx, p)
	if err != nil {
		return err
	}
	defer release()
	e.sink.open(o)
	command := child.Command{Path: e.path, Args: e.Command, Env: environ, Stdout: o.stdout, Stderr: o.stderr}
	code, err := command.Run(ctx)
	if stop := o.finish(); stop != nil {
		return &sweep.Stop{Err: written(stop)}
	}
	if err != nil && ctx.Err() == nil {
		err = &failedError{err.Error()}
	}
	if err != nil {
		o.forget()
		return err
	}
	o.code = code
	emit([]*outcome{o})
	switch {
	case code != 0 && ctx.Err() != nil:
		return ctx.Err()
	case code != 0:
		return &failedError{fmt.Sprintf("exit code %d", code)}
	}
	return nil
}

// failedError is a command that failed.
type failedError struct{ msg string }

func (e *failedError) Error() string { return e.msg }

// Reason makes it a failed place in the ledger.
func (e *failedError) Reason() awsapi.Kind { return awsapi.Kind(sweep.Failed) }

// handOver lets the command take muster's place in the only account.
func (e *execution) handOver(ctx context.Context) error {
	ctx, cancel := e.bound(ctx)
	defer cancel()
	if err := e.serve(); err != nil {
		return err
	}
	defer e.unserve()
	for _, a := range e.accounts {
		a.AskRole(e.accountOptions.Choose)
	}
	ended := &partial{-1}
	ledger, err := sweep.Plan[struct{}]{
		Accounts: e.each, Width: 1, Timings: e.app.timings,
		Visit: func(ctx context.Context, p sweep.Place, _ func([]struct{})) error {
			environ, release, err := e.environ(ctx, p)
			if err != nil {
				return err
			}
			defer release()
			end, err := e.beginShell(ctx, p)
			if err != nil {
				return err
			}
			e.app.remember(e.global, p.Account)
			command := child.Command{
				Path: e.path, Args: e.Command, Env: environ, Stdin: e.app.Stdin, Stdout: e.app.Stdout, Stderr: e.app.Stderr,
				Foreground: true, Keyboard: e.app.term.CanAsk(),
			}
			code, err := command.Run(ctx)
			if err != nil {
				return &sweep.Stop{Err: err}
			}
			end()
			if ended.code = code; code != 0 {
				return &failedError{fmt.Sprintf("exit code %d", code)}
			}
			return nil
		},
	}.Run(ctx, func([]struct{}) error { return nil })
	if err != nil {
		return err
	}
	if ended.code < 0 { // the command did not start
		return e.conclude(ctx, &sweepResult{ledger: ledger, noun: "commands were run", refused: e.refused})
	}
	if e.Report != "" {
		if err := writeReport(ctx, e.Report, ledger); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if err := e.concludeTimings(ctx); err != nil || ended.code == 0 {
		return err
	}
	return ended
}
