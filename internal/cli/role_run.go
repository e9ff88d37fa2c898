package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"muster/internal/change/deploy"
	"muster/internal/terminal"
)

// conclude prints a plan, and carries it out with --yes. unchanged and done are the last
// lines of a run without and with changes.
func (o *rollout) conclude(ctx context.Context, plan *deploy.Plan, unchanged, done string) error {
	if err := o.printPlan(ctx, plan); err != nil {
		return err
	}
	switch {
	case plan.Under != "" && o.Yes:
		return fmt.Errorf("the operation %s of the stack set is under way: nothing was changed; run the command again when it has ended", plan.Under)
	case plan.Under != "":
		o.app.note("the operation %s of the stack set is under way; wait until it has ended", plan.Under)
		return nil
	case len(plan.Steps) == 0:
		o.app.note("%s", unchanged)
		return nil
	case !o.Yes:
		o.app.note("nothing was changed; --yes carries out %s", count(len(plan.Steps), "step"))
		return nil
	}
	line, report := o.progress(ctx)
	failures, err := plan.Run(ctx, report)
	line.End()
	o.listFailures(failures)
	var ongoing *deploy.Ongoing
	switch {
	case errors.As(err, &ongoing):
		o.app.note("interrupted: %v; 'muster role status %s' shows its state", ongoing, o.flags)
		return &partial{exitInterrupted}
	case err != nil:
		return err
	case len(failures) > 0:
		return &partial{exitPartial}
	}
	o.app.note("%s", done)
	return nil
}

// progress shows the progress of a run: on a terminal in a line, else in a note for each
// step and account.
func (o *rollout) progress(ctx context.Context) (*terminal.Line, func(deploy.Progress)) {
	if o.Quiet {
		return nil, func(deploy.Progress) {}
	}
	var latest atomic.Pointer[deploy.Progress]
	latest.Store(new(deploy.Progress))
	line := o.app.term.StartLine(ctx, func(width int) string { return cutTo(width, progressOf(*latest.Load())) })
	return line, func(p deploy.Progress) {
		latest.Store(&p)
		switch {
		case line != nil:
		case p.Account == nil:
			o.app.note("%s", p.Step)
		case p.Failure != "":
			o.app.detail("%s: failed (%d/%d)", accountLabel(p.Account.ID, p.Account.Name), p.Done, p.Total)
		default:
			o.app.detail("%s: done (%d/%d)", accountLabel(p.Account.ID, p.Account.Name), p.Done, p.Total)
		}
	}
}

func progressOf(p deploy.Progress) string {
	if p.Total == 0 {
		return p.Step
	}
	return fmt.Sprintf("%d/%d accounts, %s", p.Done, p.Total, p.Step)
}

func accountLabel(id, name string) string { return strings.TrimSpace(id + " " + name) }

// listFailures lists the accounts that failed, and each remedy once.
func (o *rollout) listFailures(failures []deploy.Failure) {
	if len(failures) == 0 {
		return
	}
	o.app.note("%s failed:", count(len(failures), "account"))
	var remedies []string
	for _, f := range failures {
		o.app.detail("%s: %s", accountLabel(f.ID, f.Name), f.Reason)
		if f.Remedy != "" && !slices.Contains(remedies, f.Remedy) {
			remedies = append(remedies, f.Remedy)
		}
	}
	for _, remedy := range remedies {
		o.app.note("%s", remedy)
	}
}
