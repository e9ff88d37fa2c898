package cli

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/render"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// stream takes records as they arrive. Flush says that no more are waiting, Until
// what ends an expression that does not end by itself.
type stream[R any] interface {
	Until(context.Context)
	Write(R) error
	Flush() error
	Close() error
}

// ending is a stream that is told what became of the sweep before it is closed.
type ending interface {
	ended(ledger *sweep.Ledger, noun string)
}

// run carries out a plan: records to out as they arrive, then everything else to
// stderr, and the exit code.
func run[R any](ctx context.Context, app *App, flags *SweepFlags, noun string, out stream[R], plan sweep.Plan[R]) error {
	ctx, cancel := flags.bound(ctx)
	defer cancel()
	ledger, failed, err := carryOut(ctx, app, flags, noun, out, plan)
	if err != nil {
		return err
	}
	return app.conclude(ctx, flags, noun, ledger, failed)
}

// carryOut is run without what is said at the end. An expression that failed on
// records did not keep the others from being printed: failed tells of it.
func carryOut[R any](ctx context.Context, app *App, flags *SweepFlags, noun string, out stream[R], plan sweep.Plan[R]) (ledger *sweep.Ledger, failed *render.RecordsError, err error) {
	plan.Width, plan.FailFast, plan.Meter = flags.Concurrency, flags.FailFast, new(sweep.Meter)
	if err := resume(flags, &plan); err != nil {
		return nil, nil, err
	}
	var line *terminal.Line
	if !flags.Quiet {
		line = app.showProgress(ctx, plan.Meter, noun, plan.Regions == nil)
		defer line.End()
	}
	out.Until(ctx)
	ledger, err = plan.Run(ctx, func(records []R) error {
		if len(records) == 0 { // no more are waiting: show what there is
			return written(out.Flush())
		}
		for i, r := range records {
			app.sightings.add(&records[i])
			if err := out.Write(r); err != nil {
				return written(err)
			}
		}
		return nil
	})
	line.End()
	if err != nil {
		return nil, nil, err
	}
	if out, ok := out.(ending); ok {
		out.ended(ledger, noun)
	}
	if err := out.Close(); err != nil && !errors.As(err, &failed) {
		return nil, nil, written(err)
	}
	if err := flags.checkRegions(ctx, app, ledger); err != nil {
		return nil, nil, err
	}
	return ledger, failed, nil
}

// checkRegions warns of patterns of --region and --exclude-region that match nothing,
// and returns the error that no region is selected at all. A run that goes on with
// another may have none left.
func (f *SweepFlags) checkRegions(ctx context.Context, app *App, ledger *sweep.Ledger) error {
	if f.regions == nil || f.earlier != nil || ctx.Err() != nil {
		return nil
	}
	err := f.regions.Empty()
	switch gaps := ledger.Gaps(); {
	case err != nil && len(gaps) == 0:
		return err
	case err != nil:
		app.note("%v", err)
	default:
		for _, line := range append(f.regions.Unmatched(true), f.regions.Unmatched(false)...) {
			app.note("%s", line)
		}
	}
	return nil
}

// bound ends a context when --timeout does.
func (f *SweepFlags) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.Timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, f.Timeout, fmt.Errorf("given up after --timeout %s", f.Timeout))
}
