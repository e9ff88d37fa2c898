package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"reflect"
	"strconv"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/render"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// watchInterval is the value of --watch, the time between two rounds; 0 without the flag.
type watchInterval time.Duration

// A sweep takes hundreds of calls, so the default interval is longer than that of watch(1).
const (
	defaultInterval = 30 * time.Second
	leastInterval   = time.Second
)

// IsBool tells the parser, and completion, that the flag needs no value.
func (*watchInterval) IsBool() bool { return true }

// Decode takes the value behind "=" or -w, or the next word if it is an interval.
func (w *watchInterval) Decode(line *kong.DecodeContext) error {
	next := line.Scan.Peek()
	text, _ := next.Value.(string)
	interval, err := parseInterval(text)
	starts := text != "" && '0' <= text[0] && text[0] <= '9'
	switch {
	case next.Type == kong.FlagValueToken, next.Type == kong.ShortFlagTailToken && starts, next.InferredType() == kong.UntypedToken && err == nil:
		line.Scan.Pop()
	default:
		interval, err = defaultInterval, nil
	}
	if err == nil && interval < leastInterval {
		err = errors.New(text + ": expected 1s or more")
	}
	*w = watchInterval(interval)
	return err
}

// parseInterval reads seconds, or a duration with its units.
func parseInterval(text string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n < 1e9 {
		return time.Duration(n * float64(time.Second)), nil
	}
	interval, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New(strconv.Quote(text) + ": expected an interval, like 10, 10s or 5m")
	}
	return interval, nil
}

// WatchedOutput is the Output of commands that list records of a sweep.
type WatchedOutput struct {
	Output      `embed:""`
	Out         string        `placeholder:"FILE" group:"output" complete:"file" help:"Write to this file, in one step at the end; with --watch, again each time."`
	PartitionBy []string      `placeholder:"A,B" group:"output" complete:"fields" help:"With -o parquet, write a folder with a file for each value of these fields, in Hive's layout, such as AccountId,Region."`
	Watch       watchInterval `short:"w" env:"-" placeholder:"INTERVAL" group:"output" help:"Repeat every 30s (or -w 5s, --watch=5m), and mark new (+), changed (~) and gone (-) records."`

	ChangedSince string `env:"-" placeholder:"AGE|NAME" group:"compare" complete:"snapshots" help:"Print what changed since the newest snapshot of this selection that is at least this old, such as 24h."`
	CompareFlags `embed:""`
}

func (o *WatchedOutput) options(app *App, g *Global) render.Options {
	options := o.Output.options(app, g)
	options.Watch = o.Watch > 0 && o.Out == ""
	options.PartitionBy = o.PartitionBy
	if o.Out != "" {
		options.Terminal, options.Links, options.Width = false, false, nil
		options.Color = g.Color == "on"
	}
	return options
}

// repeat calls once, or with --watch calls it again and again until an interrupt. An error
// ends the run only in the first round, where it is probably a mistake in the flags or the
// credentials. On a terminal, each round replaces the one before. Other output gets all
// records of the first round, and then the records that change, as in kubectl.
func repeat[R any](ctx context.Context, app *App, g *Global, o *WatchedOutput, printer *render.Printer[R], once func(context.Context, stream[R]) error) error {
	if o.Watch == 0 {
		return once(ctx, startOutput(app, g, printer))
	}
	interval := time.Duration(o.Watch)
	w := newWatcher(app, interval, printer.Watch())
	if logged := g.Debug && terminal.IsTerminal(app.Stderr); !logged {
		drawing, stop := context.WithCancel(ctx)
		defer stop()
		if w.useScreen(drawing) {
			defer w.screen.Leave()
		}
	}
	for first := true; ; first = false {
		if err := w.round(ctx, first, once); err != nil {
			return err
		}
		if err := rest(ctx, interval, app.Stdout); err != nil {
			return err
		}
	}
}

// watcher prints the rounds of --watch.
type watcher[R any] struct {
	app     *App
	records *render.Watch[R]
	out     *stickyError
	screen  *terminal.Screen // nil: the records go to stdout
	frame   frame            // of the screen
}

func newWatcher[R any](app *App, interval time.Duration, records *render.Watch[R]) *watcher[R] {
	records.ChangesOnly = true
	return &watcher[R]{
		app: app, records: records, out: &stickyError{w: app.term.Records()}, frame: frame{every: interval, table: records.Again},
	}
}

// useScreen shows the records on a screen until ctx ends. It returns false if there is no
// terminal for it.
func (w *watcher[R]) useScreen(ctx context.Context) bool {
	if w.screen = w.app.term.NewScreen(ctx, w.frame.lines); w.screen == nil {
		return false
	}
	w.out.w = io.Discard // the screen prints the records; Close only marks changes
	w.records.ChangesOnly = false
	return true
}

// round makes one sweep. An error ends the run.
func (w *watcher[R]) round(ctx context.Context, first bool, once func(context.Context, stream[R]) error) error {
	r := &round[R]{ctx: ctx, screen: w.screen}
	r.Stream = w.records.Round(w.out, r.unseen)
	var ended *partial
	notes, err := w.app.term.Capture(func() error {
		err := once(ctx, r)
		if err != nil && !first && !errors.As(err, &ended) && ctx.Err() == nil {
			w.app.report(err)
		}
		return err
	})
	switch {
	case ctx.Err() != nil:
		return &partial{exitInterrupted}
	case w.out.err != nil:
		return written(w.out.err)
	case first && err != nil && (!errors.As(err, &ended) || ended.code != exitPartial):
		w.app.term.Print(string(notes))
		return err
	case w.screen == nil || !terminal.IsTerminal(w.app.Stderr):
		if len(notes) > 0 {
			w.app.term.Print(string(notes))
		}
		notes = nil
	}
	if w.screen == nil {
		return nil
	}
	return written(w.screen.Draw(func() {
		w.frame.at, w.frame.summary, w.frame.changes, w.frame.notes = w.app.Now(), cmp.Or(r.summary, "failed"), w.records.Changes(), string(notes)
	}))
}

// rest waits for the next round. It returns an error if the reader of a pipe goes away: a
// write, which would show that, may not happen for hours.
func rest(ctx context.Context, interval time.Duration, out io.Writer) error {
	next := time.After(interval)
	look := time.NewTicker(leastInterval / 2)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return &partial{exitInterrupted}
		case <-next:
			return nil
		case <-look.C:
			if f, ok := out.(*os.File); ok && terminal.ReaderGone(f) {
				return written(syscall.EPIPE)
			}
		}
	}
}

// round is the stream of one round.
type round[R any] struct {
	*render.Stream[R]
	ctx     context.Context // of all rounds
	screen  *terminal.Screen
	summary string // once the sweep has ended
	seen    *sweep.Coverage
}

// ended keeps the places that did not answer: their records are unknown, and not gone.
func (r *round[R]) ended(ledger *sweep.Ledger, noun string) {
	r.summary = tallyText(ledger, noun, true)
	r.seen = sweep.CoverageOf(ledger.Entries())
}

// unseen reports whether the place of a record did not answer in this round.
func (r *round[R]) unseen(record *R) bool {
	field := func(name string) string {
		if v := reflect.ValueOf(record).Elem().FieldByName(name); v.IsValid() {
			return v.String()
		}
		return ""
	}
	return r.seen.Missed(field("AccountId"), field("AccountName"), field("Region"))
}

// Close ends the round. An interrupted round prints nothing, because its records are not
// complete.
func (r *round[R]) Close() error {
	if r.ctx.Err() != nil {
		return nil
	}
	return r.screen.Update(r.Stream.Close) // the screen may be drawing the records of the round before
}

// stickyError is a writer that keeps its first error.
type stickyError struct {
	w   io.Writer
	err error
}

func (l *stickyError) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	l.err = cmp.Or(l.err, err)
	return n, err
}
