package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"muster/internal/render/shape"
	"muster/internal/snapshot"
	"muster/internal/sweep"
)

// CompareFlags are the flags of a comparison.
type CompareFlags struct {
	Ignore    []string `placeholder:"F,F" group:"compare" complete:"fields" help:"Do not compare these fields, such as State,Tags.env; globs allowed."`
	AllFields bool     `group:"compare" help:"Also compare fields that change by themselves, such as times of the last use."`
	ExitCode  bool     `group:"compare" help:"Exit with 4 if anything changed."`
	StoreFlag `embed:""`
}

// check returns an error for flags that need each other.
func (o *WatchedOutput) check() error {
	switch {
	case o.ChangedSince == "" && o.ExitCode:
		return usage("--exit-code needs --changed-since, or the command diff")
	case o.ChangedSince == "" && (o.AllFields || len(o.Ignore) > 0):
		return usage("--ignore and --all-fields need --changed-since, or the command diff")
	case o.ChangedSince != "" && (o.Watch > 0 || len(o.PartitionBy) > 0):
		return usage("--changed-since cannot be used with --watch or --partition-by")
	}
	return nil
}

type diffCmd struct {
	Old string `arg:"" optional:"" complete:"snapshots" help:"The older snapshot: a name of 'snapshot list', 'latest', or an age such as 24h. Alone, it is compared with the live state."`
	New string `arg:"" optional:"" complete:"snapshots" help:"The newer snapshot. Without both, the newest two are compared."`

	SelectionFlag `embed:""`
	CompareFlags  `embed:""`
	Concurrency   int           `placeholder:"N" default:"${concurrency}" group:"sweep" complete:"none" help:"With the live state: run at most this many calls at once (${concurrency})."`
	Timeout       time.Duration `placeholder:"5m" group:"sweep" complete:"none" help:"With the live state: stop after this long."`
	AllowDenied   bool          `group:"sweep" help:"Exit with 0 even if AWS denied access in some places."`
	Quiet         bool          `short:"q" group:"sweep" help:"No progress and no summary on stderr; gaps are still listed."`
	Output        `embed:""`
	Out           string `placeholder:"FILE" group:"output" complete:"file" help:"Write to this file, in one step at the end."`
	PageFlags     `embed:""`
}

func (*diffCmd) Examples() []string {
	return []string{
		"muster diff",
		"muster diff 24h latest --ignore Tags -o tree",
		"muster diff latest --exit-code",
		"muster diff --jq 'select(.Change == \"changed\") | [.Id, .Fields]'",
	}
}

// Help is the text below the usage line.
func (*diffCmd) Help() string {
	return `Compares two snapshots of one selection; or a snapshot with the live state, for which it runs the snapshot's own command again. The marks are those of --watch: + added, ~ changed, - removed, and ? where the account or region did not answer on the other side, so that muster cannot know. See 'muster help snapshots'.`
}

// Schema has the fields of changes that do not depend on the listing.
func (*diffCmd) Schema() *shape.Schema { return shape.SchemaOf[anyChange]() }

// anyChange has the fields of the changes of every listing.
type anyChange struct {
	Change      string
	AccountId   string
	AccountName string
	Region      string
	Id          string
	Fields      []string
	Changes     []string
	Before      any
	After       any
}

func (c *diffCmd) Run(ctx context.Context, app *App, g *Global) error {
	chooser, err := newSnapshotChooser(app, &c.StoreFlag, c.SelectionFlag.Selection)
	if err != nil {
		return err
	}
	before, after, err := c.choose(chooser)
	if err != nil {
		return err
	}
	if after != nil && !before.Selection.Equal(after.Selection) {
		return usage("%s and %s have different selections: %s, and %s", before.Name, after.Name, shownSelection(before.Selection), shownSelection(after.Selection))
	}
	output := &WatchedOutput{Output: c.Output, Out: c.Out, CompareFlags: c.CompareFlags}
	return app.withSource(ctx, g, before.Selection, after == nil, func(ctx context.Context, source *recordSource) error {
		*source.flags.sweep = SweepFlags{Concurrency: c.Concurrency, Timeout: c.Timeout, AllowDenied: c.AllowDenied, Quiet: c.Quiet}
		source.flags.page = &c.PageFlags
		return source.compare(ctx, output, before, after)
	})
}

// choose returns the snapshots to compare. after is nil for the live state.
func (c *diffCmd) choose(chooser *snapshotChooser) (before, after *snapshot.Info, err error) {
	if c.Old != "" {
		if before, err = chooser.find(c.Old); err != nil || c.New == "" {
			return before, nil, err
		}
		if chooser.prefix == "" && !strings.Contains(c.New, "/") { // the selection of OLD
			if chooser, err = newSnapshotChooser(chooser.app, &c.StoreFlag, before.Folder()); err != nil {
				return nil, nil, err
			}
		}
		after, err = chooser.find(c.New)
		return before, after, err
	}
	h, err := chooser.history()
	if err != nil {
		return nil, nil, err
	}
	n := len(h.All)
	if n < 2 {
		return nil, nil, fmt.Errorf("%s has one snapshot, %s; 'muster diff %s/latest' compares it with the live state", h.Folder, h.All[0].Name, h.Folder)
	}
	return h.All[n-2], h.All[n-1], nil
}

// compareSince prints what has changed since a snapshot of the listing's own selection.
func (s *recordSource) compareSince(ctx context.Context) error {
	o := s.flags.output
	store, err := o.store(s.app)
	if err != nil {
		return err
	}
	selection := selectionOf(s.app, s.app.command)
	history, failed := store.Of(selection)
	if len(history.All) == 0 {
		s.app.noteAll(failed)
		return fmt.Errorf("no snapshot of this selection in %s; 'muster snapshot save' makes one with the same command and flags", store.Dir)
	}
	chooser := &snapshotChooser{app: s.app, store: store, histories: []*snapshot.History{history}, failed: failed, prefix: history.Folder}
	before, err := chooser.find(o.ChangedSince)
	if err != nil {
		return fmt.Errorf("--changed-since: %w", err)
	}
	return s.compare(ctx, o, before, nil)
}

// compare prints what has changed between two snapshots, or, if after is nil, between a
// snapshot and the live state.
func (s *recordSource) compare(ctx context.Context, o *WatchedOutput, before, after *snapshot.Info) error {
	rules, err := s.rules(&o.CompareFlags)
	if err != nil {
		return err
	}
	changes := newChangeType(s)
	printer, err := s.printer(o, s.flags.page, "changes", changes.view(o.Output.Output), changes.t)
	if err != nil {
		return err
	}
	old, err := keptSide(before)
	if err != nil {
		return err
	}
	now, done, ended := s.newSide(ctx, after)
	if now == nil {
		return ended
	}
	defer done()
	if end := (*partial)(nil); errors.As(ended, &end) && end.code != exitPartial {
		return ended
	}
	found, err := snapshot.Compare(old.Side, now.Side, rules)
	if err != nil {
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			return fmt.Errorf("reading records to compare: %w", err)
		}
		return err
	}
	err = printer.print(ctx, sweep.Union(old.ledger, now.ledger), func(write func(record) error) error {
		for i := range found {
			r, err := changes.record(&found[i])
			if err == nil {
				err = write(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.app.noteMissed(before, old.ledger)
	if after != nil {
		s.app.noteMissed(after, now.ledger)
	}
	if !s.flags.sweep.Quiet {
		s.tally(found, old, now)
	}
	return s.outcome(o, found, old, now, ended)
}

// newSide returns the newer side: a snapshot, or the live state if it is nil. The results are
// those of liveSide.
func (s *recordSource) newSide(ctx context.Context, after *snapshot.Info) (now *side, done func(), ended error) {
	if after == nil {
		return s.liveSide(ctx)
	}
	now, err := keptSide(after)
	return now, func() {}, err
}

// tally prints the count of changes for a person. A script gets a line only if there are none.
func (s *recordSource) tally(found []snapshot.Change, old, now *side) {
	period := fmt.Sprintf("%s and %s", old.name, now.name)
	if len(found) == 0 {
		s.app.note("no changes between %s", period)
		return
	}
	if !s.app.term.NotesShown() {
		return
	}
	counts := map[snapshot.Kind]int{}
	for _, c := range found {
		counts[c.Kind]++
	}
	var parts []string
	for _, kind := range []snapshot.Kind{snapshot.Added, snapshot.Changed, snapshot.Removed, snapshot.Unknown} {
		if n := counts[kind]; n > 0 {
			parts = append(parts, thousands(n)+" "+string(kind))
		}
	}
	s.app.note("%s between %s", strings.Join(parts, ", "), period)
}

// outcome returns the error that makes the exit code.
func (s *recordSource) outcome(o *WatchedOutput, found []snapshot.Change, old, now *side, ended error) error {
	if o.ExitCode && slices.ContainsFunc(found, func(c snapshot.Change) bool { return c.Kind != snapshot.Unknown }) {
		return &partial{exitChanged}
	}
	if ended != nil {
		return ended
	}
	if s.flags.sweep.countGaps(slices.Concat(old.ledger.Gaps(), now.ledger.Gaps())) > 0 {
		return &partial{exitPartial}
	}
	return nil
}
