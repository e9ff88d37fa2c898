package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"muster/internal/disk"
	"muster/internal/render"
	"muster/internal/sweep"
)

// rewriteFile calls once with the file of --out, or with --watch again and again. Each
// round replaces the file. Only the user can read a secret one. open shows the first one; nil:
// nothing does. An error ends the run only in the first round.
func rewriteFile[R any](ctx context.Context, app *App, o *WatchedOutput, secret bool, open func(url string) error, start func(io.Writer) (stream[R], error), once func(context.Context, stream[R]) error) error {
	if err := checkWritable("--out", o.Out); err != nil {
		return err
	}
	round := func() error {
		file, err := disk.Create(ctx, o.Out, secret)
		if err != nil {
			return fmt.Errorf("--out %s: %w", o.Out, err)
		}
		defer file.Discard()
		out, err := start(file)
		if err != nil {
			return err
		}
		written := &outFile[R]{stream: out, file: file, path: o.Out}
		err = once(ctx, written)
		if written.replaced && open != nil {
			app.showFile(o.Out, open)
			open = nil
		}
		return err
	}
	if o.Watch == 0 {
		return round()
	}
	for first := true; ; first = false {
		err := round()
		ended, listed := errors.AsType[*partial](err)
		switch {
		case ctx.Err() != nil:
			return &partial{exitInterrupted}
		case first && err != nil && !(listed && ended.code == exitPartial):
			return err
		case err != nil && !listed:
			app.report(err)
		}
		if err := rest(ctx, time.Duration(o.Watch), app.Stdout); err != nil {
			return err
		}
	}
}

// outFile is the stream of --out.
type outFile[R any] struct {
	stream[R]
	file *disk.File
	path string
	void bool // nothing answered

	replaced bool // the file has the records
}

func (s *outFile[R]) ended(ledger *sweep.Ledger, noun string) {
	if out, ok := s.stream.(ledgerStream); ok {
		out.ended(ledger, noun)
	}
	s.void = ledger.Void()
}

// Close replaces the file. It leaves the file alone if nothing answered, or if an
// expression did not end.
func (s *outFile[R]) Close() error {
	err := s.stream.Close()
	failed := (*render.RecordsError)(nil)
	if s.void || err != nil && (!errors.As(err, &failed) || failed.Cut) {
		return err
	}
	if err := s.file.Commit(); err != nil {
		return fmt.Errorf("--out %s: %w", s.path, err)
	}
	s.replaced = true
	return err
}
