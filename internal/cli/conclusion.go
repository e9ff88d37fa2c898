package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muster/internal/render"
	"muster/internal/sweep"
)

// conclude lists the gaps, prints the summary last, and returns the error that makes
// the exit code. The noun names the records of the summary; "" prints none.
func (a *App) conclude(ctx context.Context, flags *SweepFlags, noun string, ledger *sweep.Ledger, failed *render.RecordsError) error {
	if flags.Report != "" {
		if err := writeReport(ctx, flags.Report, ledger); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	a.sightings.keep(ledger)
	gaps := ledger.Gaps()
	_, accounts, _ := ledger.Count()
	if err := ledger.ListError(); err != nil && len(ledger.Entries()) == 1 && ctx.Err() == nil {
		return err // there was nothing but the list
	}
	if flags.earlier != nil && flags.earlier.Gaps() == 0 {
		a.note("%s has no gap: nothing was asked", flags.RetryGaps)
	}
	if passed := ledger.Unselected(); passed > 0 {
		if !interrupted(ctx) && passed == flags.earlier.Gaps() {
			a.note("no gap of %s is within this selection: was it written with other flags?", flags.RetryGaps)
		} else {
			a.note("%s of %s left as before: outside of this selection", count(passed, "gap"), flags.RetryGaps)
		}
	}
	a.listGaps(flags, gaps, ledger.ListError())
	if accounts == 0 && ctx.Err() == nil && flags.refused != nil && slices.ContainsFunc(gaps, refusesRole) {
		if reason := flags.refused(ctx); reason != "" {
			a.note("%s", reason)
		}
	}
	if failed != nil {
		a.report(failed)
	}
	if !flags.Quiet {
		a.noteLeftOut()
	}
	if noun != "" && !flags.Quiet && (len(gaps) == 0 || accounts > 0) {
		a.tally(flags, ledger, noun)
	}
	counting := 0
	for _, gap := range gaps {
		if !flags.AllowDenied || !gap.Denied() {
			counting++
		}
	}
	switch {
	case interrupted(ctx):
		return &partial{exitInterrupted}
	case failed != nil, len(gaps) > 0 && accounts == 0:
		return &partial{exitNothing}
	case counting > 0:
		return &partial{exitPartial}
	}
	return nil
}

// refusesRole says whether AWS has refused the credentials of a permission set.
func refusesRole(gap sweep.Entry) bool { return gap.Denied() && gap.Operation == "GetRoleCredentials" }

// tally counts what was found, for people: others are told only that it is nothing.
func (a *App) tally(flags *SweepFlags, ledger *sweep.Ledger, noun string) {
	if a.term.HasScreen() {
		return // its header has the counts
	}
	people := a.term.NotesShown()
	records, _, _ := ledger.Count()
	if records == 0 && flags.regions != nil && flags.earlier == nil {
		if text := flags.regions.NotEnabled(); text != "" {
			a.note("%s", text)
			return
		}
	}
	if records == 0 || people {
		a.note("%s", tallyText(ledger, noun, people))
	}
}

// tallyText counts what was found, and if that is wanted how long it took and what
// is missing.
func tallyText(ledger *sweep.Ledger, noun string, more bool) string {
	records, accounts, regions := ledger.Count()
	text := quantity(records, noun)
	if records == 0 {
		text = "no " + noun
	}
	if noun != "accounts" {
		text += " in " + places(accounts, regions)
	}
	if more {
		text += ", " + span(ledger.Duration())
		if gaps := len(ledger.Gaps()); gaps > 0 {
			text += "; " + count(gaps, "gap")
		}
	}
	return text
}

// interrupted tells the user's interrupt from --timeout.
func interrupted(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), context.Canceled)
}

func places(accounts, regions int) string {
	text := count(accounts, "account")
	if regions > 0 {
		text += " and " + count(regions, "region")
	}
	return text
}
