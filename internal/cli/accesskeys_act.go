package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"muster/internal/change"
	"muster/internal/shell"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// carryOut makes the planned changes, and prints each result as soon as it is known.
func (r *keyRun) carryOut(ctx context.Context, ledger *sweep.Ledger, out stream[keyChange]) error {
	changes := r.planned()
	if r.From == "" || r.MaxChanges > 0 {
		if err := change.CheckBound(len(changes), int(r.MaxChanges)); err != nil {
			return usage("%v%s", err, r.app.ofContext())
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	canary, err := r.canary(ledger, changes)
	if err != nil {
		return err
	}
	if err := r.stopReason(ledger, canary); err != nil && ctx.Err() == nil {
		stop(err)
	}
	if len(changes) > 0 && ctx.Err() == nil {
		if err := r.beginJournal(); err != nil {
			return err
		}
	}
	before := r.results
	r.results = nil
	var failed error
	var done atomic.Int64
	report := func(result change.Result) {
		r.results = append(r.results, result)
		if result.Outcome == change.Done {
			done.Add(1)
		}
		if failed != nil {
			return
		}
		if failed = out.Write(r.verb.record(result, r.app.Now())); failed != nil {
			stop(failed) // nobody reads the results any more
		}
	}
	for _, result := range before {
		if result.Outcome != change.Planned {
			report(result)
		}
	}
	run := &change.Run{
		Changes: changes, Max: len(changes), Canary: canary, Journal: r.journal, Width: r.Concurrency, Undo: r.From != "", FailFast: r.FailFast,
		Open: func(_ context.Context, accountID string) (change.Editor, error) {
			return change.KeyEditor(r.sweeper.resolver.API, r.identities[accountID]), nil
		},
		Report: report,
	}
	r.begun = true
	line := r.progress(ctx, len(changes), &done)
	err = run.Do(ctx)
	line.End()
	if err != nil {
		r.app.report(err)
	}
	return written(failed)
}

// beginJournal records the beginning of the run. An undo goes on without a journal.
func (r *keyRun) beginJournal() error {
	err := r.journal.Begin(r.header())
	if err != nil && r.From != "" {
		r.app.note("%v: the undo goes on without it", err)
		return nil
	}
	return err
}

// progress shows on a terminal how many of the planned changes are made.
func (r *keyRun) progress(ctx context.Context, planned int, done *atomic.Int64) *terminal.Line {
	if r.Quiet {
		return nil
	}
	return r.app.term.StartLine(ctx, func(width int) string {
		return cutTo(width, fmt.Sprintf("%s %s of %s", r.verb.past, thousands(int(done.Load())), count(planned, "key")))
	})
}

// canary returns the id of the account of --canary; "" without the flag.
func (r *keyRun) canary(ledger *sweep.Ledger, changes []change.Change) (id string, err error) {
	if r.Canary == "" {
		return "", nil
	}
	for _, e := range ledger.Entries() {
		switch {
		case e.AccountId != r.Canary && e.AccountName != r.Canary, e.AccountId == id:
		case id != "":
			return "", fmt.Errorf("--canary %s: several accounts have this name; nothing was changed", r.Canary)
		default:
			id = e.AccountId
		}
	}
	if id == "" && r.keys == nil { // the other accounts were not visited
		return "", fmt.Errorf("--canary %s: nothing is to be changed in an account of this name; nothing was changed", r.Canary)
	}
	if id == "" {
		return "", fmt.Errorf("--canary %s: no such account among the selected ones; nothing was changed", r.Canary)
	}
	for _, c := range changes {
		if c.AccountID == id {
			return id, nil
		}
	}
	for _, gap := range ledger.Gaps() {
		if gap.AccountId == id {
			return id, nil
		}
	}
	if len(changes) == 0 {
		return id, nil
	}
	return "", fmt.Errorf("--canary %s: the plan changes nothing there; nothing was changed", r.Canary)
}

// stopReason returns why no change may be made, or nil.
func (r *keyRun) stopReason(ledger *sweep.Ledger, canary string) error {
	gaps := ledger.Gaps()
	switch {
	case ledger.ListError() != nil:
		return errors.New("the list of accounts is incomplete")
	case r.FailFast && len(gaps) > 0:
		return errors.New("an account did not answer (--fail-fast)")
	}
	for _, gap := range gaps {
		if canary != "" && gap.AccountId == canary {
			return errors.New("the canary account did not answer")
		}
	}
	return nil
}

// noteFailures prints why changes have failed or were not made, one line for each reason.
func (r *keyRun) noteFailures() {
	counts, reasons := map[string]int{}, []string{}
	for _, result := range r.results {
		switch result.Outcome {
		case change.Failed, change.Unknown, change.NotMade:
		default:
			continue
		}
		reason := string(result.Outcome) + ": " + r.verb.record(result, r.app.Now()).Reason
		if counts[reason]++; counts[reason] == 1 {
			reasons = append(reasons, reason)
		}
	}
	for _, reason := range reasons {
		r.app.note("%s %s", count(counts[reason], "key"), reason)
	}
}

// summarizeRun prints the number of changes, and the way back.
func (r *keyRun) summarizeRun() {
	r.app.note("%s %s%s", r.verb.past, placesOf(r.results, change.Done), r.others())
	if r.From == "" && numberOf(r.results, change.Done, change.Unknown) > 0 {
		r.app.note("the way back: %s access-keys %s --from %s --yes", ownName, r.verb.reverse, shell.Word(r.Journal))
	}
}

// others names the context, and counts the results that are neither planned nor done.
func (r *keyRun) others() string {
	text := r.app.ofContext()
	for _, outcome := range []change.Outcome{change.Failed, change.Unknown, change.NotMade, change.Skipped, change.Unchanged, change.Protected} {
		if n := numberOf(r.results, outcome); n > 0 {
			text += fmt.Sprintf("; %s %s", thousands(n), outcome)
		}
	}
	return text
}

// exit returns the error for the exit code. concluded is that of the gaps.
func (r *keyRun) exit(concluded error) error {
	missing := numberOf(r.results, change.Failed, change.Unknown, change.NotMade)
	if r.From != "" {
		missing += numberOf(r.results, change.Skipped)
	}
	var ended *partial
	switch {
	case missing == 0, errors.As(concluded, &ended) && ended.code == exitInterrupted, concluded != nil && !errors.As(concluded, &ended):
		return concluded
	case numberOf(r.results, change.Done, change.Unchanged, change.Planned) == 0:
		return &partial{exitNothing}
	}
	return &partial{exitPartial}
}

// summarize prints the last lines.
func (r *keyRun) summarize(*sweep.Ledger) {
	r.noteFailures()
	if r.Quiet {
		return
	}
	switch {
	case r.undone:
		r.app.note("nothing to undo: no change in %s is still to be taken back", r.From)
		return
	case r.Yes:
		r.summarizeRun()
		return
	}
	r.app.note("the plan: %s %s%s; nothing was changed", r.verb.name, placesOf(r.results, change.Planned), r.others())
	n := len(r.planned())
	switch {
	case r.MaxChanges > 0 && n > int(r.MaxChanges):
		r.app.note("--yes would reject this plan: it has more changes than --max-changes %d", r.MaxChanges)
	case n == 0 || r.Plan != "":
	case r.From != "":
		r.app.note("to make the changes, add --yes")
	default:
		r.app.note("to make the changes, add --yes --max-changes %d --journal FILE", n)
	}
	r.app.note("keys of root users and service-specific credentials are left alone")
}
