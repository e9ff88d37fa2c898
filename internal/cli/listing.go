package cli

import (
	"cmp"
	"context"
	"io"

	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/sweep"
)

// A listing command prints records of one type: of accounts, or of the regions of
// accounts. Its file declares its flags, by embedding accountListing or
// regionalListing, and a listing; list does the rest, from the flags to the exit code.

// listing is the declaration of a listing command. R is the record.
type listing[R any] struct {
	noun string // names the records in counts, in the plural
	view render.View

	// visit emits the records of one place.
	visit func(ctx context.Context, s *sweeper, place sweep.Place, emit func([]R)) error
	// id returns the id of a record within its place. With it, --retry-gaps does not print
	// a record again that the earlier run has printed before the place failed.
	id func(*R) string

	// The rest is for commands that need more.

	title string   // of a page; "": the noun
	what  []string // the arguments that a record must match, for the note that none does

	// compile replaces render.Compile, for records whose fields are known only when the
	// program runs.
	compile func(render.Options, render.View) (*render.Printer[R], error)
	// gather replaces the printer by a stream of its own. Without a writer it only checks
	// the output flags.
	gather func(render.Options, io.Writer) (stream[R], error)

	// plan replaces visit. It is called for each sweep, before any call of AWS, and its
	// errors are mistakes in the command line. sweepOnce adds the accounts and regions.
	plan func(*sweeper) (sweep.Plan[R], error)
	// secret says that the records hold secrets: only the user can read the file of --out.
	secret bool
	// wholeAccounts visits accounts as a whole, although the command has --region.
	wholeAccounts bool
	// noise are fields that a comparison ignores; nil: those that say how muster reached the
	// account.
	noise []string
	// summary replaces the count of records at the end.
	summary func(*sweep.Ledger)
	// recordNames keeps the names in a record for completion. Those of accounts, regions
	// and roles are kept without it.
	recordNames func(*nameRecorder, *R)
	// complete says that the records are all that each place has: completion then forgets
	// the others.
	complete bool
}

// accountListing are the flags of a command that lists records of accounts.
type accountListing[R any] struct {
	Selection     `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
	PageFlags     `embed:""`
}

// Schema is that of the command's records.
func (*accountListing[R]) Schema() *shape.Schema { return shape.SchemaOf[R]() }

func (f *accountListing[R]) list(ctx context.Context, app *App, g *Global, l listing[R]) error {
	return list(ctx, app, g, listFlags{&f.Selection, nil, &f.SweepFlags, &f.WatchedOutput, &f.PageFlags}, l)
}

// regionalListing are the flags of a command that lists records of regions.
type regionalListing[R any] struct {
	Selection     `embed:""`
	RegionFlags   `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
	PageFlags     `embed:""`
}

// Schema is that of the command's records.
func (*regionalListing[R]) Schema() *shape.Schema { return shape.SchemaOf[R]() }

func (f *regionalListing[R]) list(ctx context.Context, app *App, g *Global, l listing[R]) error {
	return list(ctx, app, g, f.flags(), l)
}

func (f *regionalListing[R]) flags() listFlags {
	return listFlags{&f.Selection, &f.RegionFlags, &f.SweepFlags, &f.WatchedOutput, &f.PageFlags}
}

// listFlags are the flags of a listing command.
type listFlags struct {
	selection *Selection
	regions   *RegionFlags // nil: the command has no --region
	sweep     *SweepFlags
	output    *WatchedOutput
	page      *PageFlags // nil: the command has no page
}

// prepare checks the flags and connects. It makes no call of AWS.
func (f *listFlags) prepare(app *App, g *Global) (*sweeper, error) {
	s, err := prepare(app, g, f.selection, f.sweep, f.sweep.Concurrency)
	if err == nil && f.regions != nil {
		s.regions, err = f.regions.finder(s.resolver.API)
	}
	return s, err
}

// compiled returns the printer of the records.
func (l *listing[R]) compiled(o render.Options) (*render.Printer[R], error) {
	if l.compile != nil {
		return l.compile(o, l.view)
	}
	return render.Compile[R](o, l.view)
}

// streams returns the printer, which is nil with gather, and a function that starts a stream.
func (l *listing[R]) streams(o render.Options, summarize func(*sweep.Ledger)) (*render.Printer[R], func(io.Writer) (stream[R], error), error) {
	if l.gather != nil {
		_, err := l.gather(o, nil)
		return nil, func(w io.Writer) (stream[R], error) { return l.gather(o, w) }, err
	}
	printer, err := l.compiled(o)
	return printer, func(w io.Writer) (stream[R], error) {
		if o.Output == "html" {
			return &ledgerTap[R]{printer.Start(w), summarize}, nil
		}
		return printer.Start(w), nil
	}, err
}

// list takes a listing command from its flags to its exit code.
func list[R any](ctx context.Context, app *App, g *Global, flags listFlags, l listing[R]) error {
	if err := flags.output.check(); err != nil {
		return err
	}
	if app.take != nil || flags.output.ChangedSince != "" {
		return keepOrCompare(ctx, app, g, flags, &l)
	}
	parts, err := flags.output.partitioned(l.secret)
	if err != nil {
		return err
	}
	var leftOut []string
	options := flags.output.options(app, g)
	options.LeftOut = func(columns []string) { leftOut = columns }
	page, summarize := newPage(app, cmp.Or(l.title, l.noun), l.noun, flags.output)
	if flags.page != nil {
		options.Page = page
	}
	printer, start, err := l.streams(options, summarize)
	if err != nil {
		return err
	}
	open, err := flags.page.opener(app, flags.output)
	if err != nil {
		return err
	}
	s, err := flags.prepare(app, g)
	if err != nil {
		return err
	}
	once := func(ctx context.Context, out stream[R]) error {
		ctx, cancel := s.bound(ctx)
		defer cancel()
		leftOut = nil
		result, err := sweepOnce(ctx, s, &l, out)
		if err != nil {
			return err
		}
		result.leftOut = leftOut
		return s.conclude(ctx, result)
	}
	switch {
	case parts:
		out, err := newPartitions(printer, flags.output.Out, s.accountOptions.Shard)
		if err != nil {
			return err
		}
		defer out.discard()
		return once(ctx, out)
	case flags.output.Out != "":
		return rewriteFile(ctx, app, flags.output, l.secret, open, start, once)
	case l.gather != nil || options.Output == "html":
		out, err := start(app.term.Records())
		if err != nil {
			return err
		}
		return once(ctx, out)
	}
	return repeat(ctx, app, g, flags.output, printer, once)
}

// keepOrCompare keeps the records in a snapshot, or compares them with one, as the command
// around this one or --changed-since wants.
func keepOrCompare[R any](ctx context.Context, app *App, g *Global, flags listFlags, l *listing[R]) error {
	if l.secret {
		return usage("--changed-since is not for these records: they hold secrets, which no snapshot keeps")
	}
	source, err := newRecordSource(app, g, flags, l)
	if err != nil {
		return err
	}
	if app.take != nil {
		return app.take(ctx, source)
	}
	return source.compareSince(ctx)
}
