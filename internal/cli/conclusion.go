package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/disk"
	"muster/internal/shell"
	"muster/internal/sweep"
)

// conclude lists the gaps, prints the summary last, and returns the error that makes
// the exit code.
func (s *sweeper) conclude(ctx context.Context, r *sweepResult) error {
	ledger := r.ledger
	if s.Report != "" {
		if err := writeReport(ctx, s.Report, ledger); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	s.names.save(ledger, r.complete)
	gaps := ledger.Gaps()
	_, accounts, _ := ledger.Count()
	if err := ledger.ListError(); err != nil && len(ledger.Entries()) == 1 && ctx.Err() == nil {
		return cmp.Or(s.concludeTimings(ctx), err) // without a list of accounts, nothing was visited
	}
	s.notePassed(ctx, ledger)
	s.app.listGaps(s.SweepFlags, gaps, ledger.ListError())
	if accounts == 0 && ctx.Err() == nil && r.refused != nil && slices.ContainsFunc(gaps, refusesRole) {
		if reason := r.refused(ctx); reason != "" {
			s.app.note("%s", reason)
		}
	}
	if r.failed != nil {
		s.app.report(r.failed)
	}
	if !s.Quiet {
		s.app.noteLeftOut(r.leftOut)
	}
	switch {
	case r.summary != nil:
		r.summary(ledger)
	case !s.Quiet && (len(gaps) == 0 || accounts > 0):
		s.tally(ledger, r)
	}
	if err := s.concludeTimings(ctx); err != nil {
		return err
	}
	switch {
	case interrupted(ctx):
		return &partial{exitInterrupted}
	case r.failed != nil, len(gaps) > 0 && accounts == 0:
		return &partial{exitNothing}
	case s.countGaps(gaps) > 0:
		return &partial{exitPartial}
	}
	return nil
}

// countGaps returns the number of gaps that count towards the exit code.
func (f *SweepFlags) countGaps(gaps []sweep.Entry) (n int) {
	for _, gap := range gaps {
		if !f.AllowDenied || !gap.Denied() {
			n++
		}
	}
	return n
}

// notePassed explains which gaps of --retry-gaps were not visited.
func (s *sweeper) notePassed(ctx context.Context, ledger *sweep.Ledger) {
	if s.earlier == nil {
		return
	}
	if s.earlier.Gaps() == 0 {
		s.app.note("%s has no gaps: there is nothing to repeat", s.RetryGaps)
	}
	switch passed := ledger.Unselected(); {
	case passed == 0:
	case passed == s.earlier.Gaps() && !interrupted(ctx):
		s.app.note("this selection contains no gap of %s; was the report written with other flags?", s.RetryGaps)
	default:
		s.app.note("%s of %s remain: they are outside this selection", count(passed, "gap"), s.RetryGaps)
	}
}

// refusesRole reports whether AWS denied the credentials of a permission set.
func refusesRole(gap sweep.Entry) bool { return gap.Denied() && gap.Operation == "GetRoleCredentials" }

// tally prints the count of records for a person. A script gets a line only if there are no
// records.
func (s *sweeper) tally(ledger *sweep.Ledger, r *sweepResult) {
	if s.app.term.HasScreen() {
		return // its header has the counts
	}
	people := s.app.term.NotesShown()
	records, _, _ := ledger.Count()
	if records == 0 && s.regions != nil && s.earlier == nil {
		if text := s.regions.NoneEnabled(); text != "" {
			s.app.note("%s", text)
			return
		}
	}
	if records == 0 || people {
		noun, more := r.noun, ""
		if records == 0 && len(r.what) > 0 {
			noun += " match " + alternatives(r.what)
			more = s.elsewhere(ledger, r)
		}
		s.app.note("%s%s%s", tallyText(ledger, noun, people), s.app.ofContext(), more)
	}
}

func alternatives(words []string) string {
	if len(words) > mostNamed {
		return "any of the " + count(len(words), "argument")
	}
	return strings.Join(words, " or ")
}

// elsewhere says where there may be what the arguments name and the sweep did not find: in
// other accounts, or behind the flag for the name of an account.
func (s *sweeper) elsewhere(ledger *sweep.Ledger, r *sweepResult) string {
	for _, word := range r.what {
		flag := "--account "
		if _, err := s.resolver.Config.Profile(word); err == nil {
			flag = "--profile "
		} else if !slices.ContainsFunc(ledger.Entries(), func(e sweep.Entry) bool { return strings.EqualFold(e.AccountName, word) }) {
			continue
		}
		return "; for the account: " + flag + shell.Word(word)
	}
	if s.inOneAccount(ledger) {
		return "; " + moreAccounts
	}
	return ""
}

// moreAccounts is the remedy if an account lacks what the user looks for.
const moreAccounts = "--all-profiles or --organization search more"

// inOneAccount reports whether the sweep reached one account because no flag selects more.
func (s *sweeper) inOneAccount(ledger *sweep.Ledger) bool {
	_, accounts, _ := ledger.Count()
	f := s.selection
	return accounts == 1 && !f.Organization && !f.AllProfiles && f.SSOSession == "" && f.SAMLProfile == "" && len(f.Accounts) == 0
}

// tallyText returns the count of records. details adds the duration and the count of gaps.
func tallyText(ledger *sweep.Ledger, noun string, details bool) string {
	records, accounts, regions := ledger.Count()
	text := quantity(records, noun)
	if records == 0 {
		text = "no " + noun
	}
	if noun != "accounts" {
		text += " in " + places(accounts, regions)
	}
	if absent := ledger.Places(sweep.NotOffered, sweep.NotSubscribed); absent > 0 && (records == 0 || details) {
		text += "; " + count(absent, "place") + " without the service"
	}
	if details {
		text += ", " + span(ledger.Duration())
		if gaps := len(ledger.Gaps()); gaps > 0 {
			text += "; " + count(gaps, "gap")
		}
	}
	return text
}

// interrupted reports whether a signal has ended the run, and not --timeout.
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

// writeReport writes the file of --report.
func writeReport(ctx context.Context, path string, ledger *sweep.Ledger) error {
	ctx, cancel := finalWrite(ctx)
	defer cancel()
	return disk.Write(ctx, path, false, ledger.WriteReport)
}

// finalWriteTimeout limits the wait for the reader of a pipe after an interrupt.
const finalWriteTimeout = 10 * time.Second

// finalWrite returns a context for output that is written at the end of a run, also
// after an interrupt.
func finalWrite(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), finalWriteTimeout)
}

// checkWritable returns an error if a file cannot be written or replaced.
func checkWritable(flag, path string) error {
	if err := disk.Check(path); err != nil {
		return usage("%s %s: cannot be written: %v", flag, path, err)
	}
	return nil
}
