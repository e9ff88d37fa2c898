package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/internal/awsapi"
	"muster/internal/render"
	"muster/internal/sweep"
)

// conclude tells what is missing and makes the exit code. The noun is what there
// may be none of; "" where that has been told.
func (a *App) conclude(ctx context.Context, flags *SweepFlags, noun string, ledger *sweep.Ledger, failed *render.RecordsError) error {
	if flags.Report != "" {
		if err := writeReport(ctx, flags.Report, ledger.Entries()); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	a.sightings.keep(ledger)
	gaps := ledger.Gaps()
	_, accounts, _ := ledger.Count()
	if err := ledger.ListError(); err != nil && len(ledger.Entries()) == 1 && ctx.Err() == nil {
		return err // there was nothing but the list
	}
	if !flags.Quiet {
		a.noteLeftOut()
	}
	if noun != "" && !flags.Quiet && (len(gaps) == 0 || accounts > 0) {
		a.tally(ledger, noun)
	}
	if flags.earlier != nil && flags.earlier.Gaps() == 0 {
		a.note("%s has no gap: nothing was asked", flags.RetryGaps)
	}
	if passed := ledger.Passed(); passed > 0 {
		if !interrupted(ctx) && passed == flags.earlier.Gaps() {
			a.note("no gap of %s is within this selection: was it written with other flags?", flags.RetryGaps)
		} else {
			a.note("%s of %s left as before: outside of this selection", count(passed, "gap"), flags.RetryGaps)
		}
	}
	a.listGaps(gaps, ledger.ListError())
	if failed != nil {
		a.report(failed)
	}
	counting := 0
	for _, gap := range gaps {
		if !flags.AllowDenied || !gap.Denial() {
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

// tally counts what was found, for people: others are told only that it is nothing.
func (a *App) tally(ledger *sweep.Ledger, noun string) {
	if a.screen != nil && isTerminal(a.lineOn) {
		return // the screen's header tells it
	}
	people := isTerminal(a.Stderr)
	if records, _, _ := ledger.Count(); records == 0 || people {
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
		text += ", " + span(ledger.Took())
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

// listGaps names every place where a command failed, and every place that is
// missing, what was asked there and what came instead, and at the end what can be
// done about it.
func (a *App) listGaps(gaps []sweep.Entry, listErr error) {
	var failed, silent []sweep.Entry
	for _, gap := range gaps {
		if gap.Status == sweep.Failed {
			failed = append(failed, gap)
		} else {
			silent = append(silent, gap)
		}
	}
	if len(failed) > 0 {
		a.note("the command failed in %s:", count(len(failed), "place"))
	}
	for _, gap := range failed {
		a.detail("%s: %s", gapPlace(gap, nil), gap.Message)
	}
	if len(silent) > 0 {
		a.note("%s did not answer:", count(len(silent), "place"))
	}
	var hints []string
	known := map[string]bool{}
	for _, gap := range silent {
		a.detail("%s", gapLine(gap, listErr))
		if hint := gapHint(gap); hint != "" && !known[hint] {
			known[hint] = true
			hints = append(hints, hint)
		}
	}
	for _, hint := range hints {
		a.note("%s", hint)
	}
}

func gapPlace(gap sweep.Entry, listErr error) string {
	where := strings.TrimSpace(gap.AccountId + " " + gap.AccountName)
	switch {
	case where == "" && listErr != nil:
		where = "(the list of accounts)"
	case where == "":
		where = "(current identity)"
	}
	if gap.Region != "" {
		where += " " + gap.Region
	}
	return where
}

func gapLine(gap sweep.Entry, listErr error) string {
	what := string(gap.Status)
	if gap.Operation != "" {
		what += ", " + gap.Operation
	}
	if gap.Code != "" {
		what += ": " + gap.Code
	}
	line := gapPlace(gap, listErr) + ": " + what
	if gap.Message != "" {
		line += ": " + shorten(gap.Message)
	}
	if gap.Records > 0 {
		line += fmt.Sprintf(" (after %s)", count(gap.Records, "record"))
	}
	return line
}

// shorten leaves out what EC2 appends to a refusal for machines to decode, often
// longer than the rest; the report has it.
func shorten(message string) string {
	message, _, _ = strings.Cut(message, " Encoded authorization failure message:")
	return message
}

// gapHint says what to do about a gap, where that is known.
func gapHint(gap sweep.Entry) string {
	if hint := gap.Hint(); hint != "" {
		return string(gap.Status) + ": " + hint
	}
	switch gap.Status {
	case sweep.Status(awsapi.NoRole):
		if gap.Operation == "AssumeRole" {
			return "no-role: the role does not exist there or does not trust the caller; --role A,B tries several, --exclude-account leaves accounts out"
		}
	case sweep.Status(awsapi.DeniedSCP):
		return "denied-scp: a service control policy forbids it; --exclude-region leaves regions out, --allow-denied accepts denials"
	case sweep.Status(awsapi.Denied):
		if gap.Region != "" && (awsapi.Failure{Code: gap.Code}).Unrecognized() {
			return "denied: AWS does not know the credentials there: the region may not be enabled in the account; --exclude-region leaves regions out"
		}
		if gap.Region != "" {
			return "denied: the role may not make this call there; --allow-denied accepts denials"
		}
	case sweep.Status(awsapi.Throttled):
		return "throttled: AWS asked for fewer calls for too long; try again with a lower --concurrency"
	case sweep.Status(awsapi.Expired):
		if gap.Operation != "" {
			return "expired: the credentials have ended; sign in again or renew them"
		}
	case sweep.Status(awsapi.Unreachable):
		if gap.Code == "Timeout" {
			return "unreachable: no answer in time; --cli-read-timeout and --cli-connect-timeout allow more"
		}
	}
	return ""
}
