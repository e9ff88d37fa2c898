package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"reflect"
	"time"

	"muster/internal/render"
	"muster/internal/snapshot"
	"muster/internal/sweep"
)

// record is the struct of a record that was read from a snapshot.
type record = reflect.Value

// readRecord reads a record as the type that its listing prints.
func readRecord(t reflect.Type, text []byte) (record, error) {
	v := reflect.New(t)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(v.Interface())
	return v.Elem(), err
}

// keptPrinter prints records that no sweep is under way for.
type keptPrinter struct {
	*render.Printer[record]
	app       *App
	g         *Global
	output    *WatchedOutput
	html      bool
	summarize func(*sweep.Ledger)
	open      func(url string) error // nil: nothing opens the file
	leftOut   []string               // columns for which the terminal was too narrow
	noun      string
}

// printer checks the output flags, and returns the printer of records of a type.
func (s *recordSource) printer(o *WatchedOutput, page *PageFlags, noun string, view render.View, t reflect.Type) (*keptPrinter, error) {
	p := &keptPrinter{app: s.app, g: s.g, output: o, html: o.Output.Output == "html", noun: noun}
	options := o.options(s.app, s.g)
	options.LeftOut = func(columns []string) { p.leftOut = columns }
	options.Page, p.summarize = newPage(s.app, noun, noun, o)
	var err error
	p.Printer, err = render.CompileAs(options, view, t, func(r *record) reflect.Value { return *r })
	if err == nil {
		p.open, err = page.opener(s.app, o)
	}
	return p, err
}

// print prints the records that each yields.
func (p *keptPrinter) print(ctx context.Context, ledger *sweep.Ledger, each func(write func(record) error) error) error {
	start := func(w io.Writer) (stream[record], error) {
		if p.html {
			return &ledgerTap[record]{p.Start(w), p.summarize}, nil
		}
		return p.Start(w), nil
	}
	once := func(ctx context.Context, out stream[record]) error {
		out.Until(ctx)
		err := each(func(r record) error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return written(out.Write(r))
		})
		if err != nil {
			return err
		}
		if out, ok := out.(ledgerStream); ok {
			out.ended(ledger, p.noun)
		}
		return written(out.Close())
	}
	if p.output.Out != "" {
		return rewriteFile(ctx, p.app, p.output, false, p.open, start, once)
	}
	out := stream[record](startOutput(p.app, p.g, p.Printer))
	if p.html {
		out, _ = start(p.app.term.Records())
	}
	if err := once(ctx, out); err != nil {
		return err
	}
	p.app.noteLeftOut(p.leftOut)
	return nil
}

// side is one side of a comparison, with its ledger.
type side struct {
	snapshot.Side
	ledger *sweep.Ledger
	name   string
	time   time.Time
}

// keptSide returns a snapshot as a side.
func keptSide(info *snapshot.Info) (*side, error) {
	report, err := info.Ledger()
	if err != nil {
		return nil, err
	}
	ledger, err := sweep.ReadLedger(report)
	if err != nil {
		return nil, &snapshot.BrokenError{Path: info.Path, Err: err}
	}
	return &side{
		Side:   snapshot.Side{Open: info.Open, Fields: info.Fields, Missed: sweep.CoverageOf(ledger.Entries()).Missed},
		ledger: ledger, name: info.Name, time: info.Time,
	}, nil
}

// liveSide runs a listing, and returns its records as a side until done is called. ended is the
// error of the sweep's end, which leaves a side all the same.
func (s *recordSource) liveSide(ctx context.Context) (live *side, done func(), ended error) {
	scratch, err := snapshot.NewScratch()
	if err != nil {
		return nil, nil, err
	}
	now := s.app.Now()
	ledger, ended := s.run(ctx, scratch)
	if err := scratch.Finish(); ledger != nil && err != nil {
		ledger, ended = nil, err
	}
	if ledger == nil {
		scratch.Remove()
		return nil, nil, ended
	}
	return &side{
		Side:   snapshot.Side{Open: scratch.Open, Fields: s.fields(), Missed: sweep.CoverageOf(ledger.Entries()).Missed},
		ledger: ledger, name: "now", time: now,
	}, scratch.Remove, ended
}

// noteMissed lists the places that a snapshot lacks, if there are any.
func (a *App) noteMissed(info *snapshot.Info, ledger *sweep.Ledger) {
	gaps := ledger.Gaps()
	if len(gaps) == 0 {
		return
	}
	a.note("%s did not answer when %s was saved:", count(len(gaps), "place"), info.Name)
	a.listCauses(gaps, ledger.ListError())
}
