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

// watchInterval is --watch: how long to wait before the next round. 0: the flag is
// not given.
type watchInterval time.Duration

// A sweep costs hundreds of calls, so rounds are further apart than those of watch(1).
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

// WatchedOutput is Output of commands whose sweep can be done again and again.
type WatchedOutput struct {
	Output `embed:""`
	Watch  watchInterval `short:"w" env:"-" placeholder:"INTERVAL" group:"output" help:"Repeat every 30s (or -w 5s, --watch=5m), and mark new (+), changed (~) and gone (-) records."`
}

func (o *WatchedOutput) options(app *App, g *Global) render.Options {
	options := o.Output.options(app, g)
	options.Watch = o.Watch > 0
	return options
}

// repeat carries out a sweep once, or with --watch until it is interrupted. An
// error ends it only in the first round, where it is likely to be one of the
// command line or of the credentials. What is no terminal gets the first round
// whole and then a line for each record that has changed, as kubectl has it.
func repeat[R any](ctx context.Context, app *App, g *Global, o *WatchedOutput, printer *render.Printer[R], once func(context.Context, stream[R]) error) error {
	if o.Watch == 0 {
		return once(ctx, printer.Start(app.term.Records()))
	}
	records := printer.Watch()
	out := &lastingError{w: app.term.Records()}
	shown := frame{every: time.Duration(o.Watch), table: records.Again}
	var screen *terminal.Screen
	if logged := g.Debug && terminal.IsTerminal(app.Stderr); !logged {
		drawing, stop := context.WithCancel(ctx)
		defer stop()
		screen = app.term.NewScreen(drawing, shown.lines)
	}
	if screen != nil {
		out.w = io.Discard // Close only finds out what has changed
		defer screen.Leave()
	}
	records.ChangesOnly = screen == nil
	for first := true; ; first = false {
		r := &round[R]{ctx: ctx, screen: screen}
		r.Stream = records.Round(out, r.unseen)
		var ended *partial
		notes, err := app.term.Capture(func() error {
			err := once(ctx, r)
			if err != nil && !first && !errors.As(err, &ended) && ctx.Err() == nil {
				app.report(err)
			}
			return err
		})
		switch {
		case ctx.Err() != nil:
			return &partial{exitInterrupted}
		case out.err != nil:
			return written(out.err)
		case first && err != nil && (!errors.As(err, &ended) || ended.code != exitPartial):
			app.term.Print(string(notes))
			return err
		case screen == nil || !terminal.IsTerminal(app.Stderr):
			if len(notes) > 0 {
				app.term.Print(string(notes))
			}
			notes = nil
		}
		if screen != nil {
			err := screen.Draw(func() {
				shown.at, shown.summary, shown.changes, shown.notes = app.Now(), cmp.Or(r.summary, "failed"), records.Changes(), string(notes)
			})
			if err != nil {
				return written(err)
			}
		}
		if err := rest(ctx, time.Duration(o.Watch), app.Stdout); err != nil {
			return err
		}
	}
}

// rest waits for the next round, or until there is nobody to show it to: nothing may
// change for hours, and so nothing be written.
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

// round is the stream of a round's records.
type round[R any] struct {
	*render.Stream[R]
	ctx     context.Context // of all rounds
	screen  *terminal.Screen
	summary string // once the sweep has ended
	listErr error
	missing map[[2]string]bool // account and region of gaps
	there   map[[2]string]bool // of answers
}

// ended notes which places did not answer, since nothing is gone from there.
func (r *round[R]) ended(ledger *sweep.Ledger, noun string) {
	r.summary = tallyText(ledger, noun, true)
	r.listErr = ledger.ListError()
	r.missing, r.there = map[[2]string]bool{}, map[[2]string]bool{}
	for _, e := range ledger.Entries() {
		if e.Gap() {
			r.missing[[2]string{cmp.Or(e.AccountId, e.AccountName), e.Region}] = true
		} else {
			r.there[[2]string{e.AccountId, e.Region}] = true
		}
	}
}

// unseen says whether a record was in a place that could not be looked at.
func (r *round[R]) unseen(record *R) bool {
	field := func(name string) string {
		if v := reflect.ValueOf(record).Elem().FieldByName(name); v.IsValid() {
			return v.String()
		}
		return ""
	}
	id, region := field("AccountId"), field("Region")
	for _, account := range []string{id, field("AccountName"), ""} {
		if r.missing[[2]string{account, region}] || r.missing[[2]string{account, ""}] {
			return true
		}
	}
	return r.listErr != nil && !r.there[[2]string{id, region}] && !r.there[[2]string{id, ""}]
}

// Close ends the round; one that is interrupted tells nothing of what has changed.
func (r *round[R]) Close() error {
	if r.ctx.Err() != nil {
		return nil
	}
	return r.screen.Update(r.Stream.Close) // it may be drawing the records of the round before
}

// lastingError is a writer that remembers its first error.
type lastingError struct {
	w   io.Writer
	err error
}

func (l *lastingError) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	l.err = cmp.Or(l.err, err)
	return n, err
}
