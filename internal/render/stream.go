package render

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
)

// Stream is the output of one run. It is not for concurrent use.
type Stream[T any] struct {
	printer *Printer[T]
	plan    plan
	format  format
	out     *expr.Output
	grace   *gracePeriod    // the context of out
	until   context.Context // of the run
	w       io.Writer
	buffer  []byte
	current T            // the record being printed; its address stays the same
	record  shape.Value  // current
	waiting []T          // records that are printed by Close
	forms   *keptRecords // the same for a format that keeps forms of records
	tally   *tally       // for --count-by, instead of waiting
	watch   *Watch[T]
	unseen  func(*T) bool
	printed int
	failed  RecordsError
	err     error // the first error of w, or the end of an endless expression
}

func newStream[T any](p *Printer[T], w io.Writer) *Stream[T] {
	s := &Stream[T]{printer: p, plan: p.plan, w: w, out: new(expr.Output)}
	s.Until(context.Background())
	s.out.Write = func(b []byte) error {
		defer s.grace.pause()()
		s.buffer = b
		return s.Flush()
	}
	s.format = p.plan.start(s.out)
	return s
}

// Until makes expressions that do not end by themselves end soon after ctx.
func (s *Stream[T]) Until(ctx context.Context) {
	s.until = ctx
	s.newGracePeriod(1)
}

// newGracePeriod gives the expression time for that many records.
func (s *Stream[T]) newGracePeriod(records int) {
	if s.grace != nil {
		s.grace.release()
	}
	s.grace = newGracePeriod(s.until, records)
	s.out.Context = s.grace
}

// Write prints a record, or keeps it for Close if the format needs all records. Output may
// stay in a buffer until Flush or Close. An error is the writer's, or a *RecordsError if
// the context ended an expression; after an error, nothing more is written.
func (s *Stream[T]) Write(record T) error {
	if s.err != nil {
		return s.err
	}
	s.current = record
	s.record = s.printer.valueOf(&s.current)
	switch {
	case s.tally != nil:
		s.tally.add(marked{record: s.record})
		return nil
	case s.forms != nil:
		s.forms.add(s.record, s.shown(s.record), s.format.keep)
		return nil
	case s.plan.waits:
		s.waiting = append(s.waiting, record)
		return nil
	}
	s.print(s.record)
	if len(s.buffer) >= expr.BufferSize {
		return s.Flush()
	}
	return s.err
}

// Flush writes the buffer.
func (s *Stream[T]) Flush() error {
	if s.err == nil && len(s.buffer) > 0 {
		b := s.buffer
		if s.plan.screening == screenedOutput {
			b = screenedLines(b)
		}
		_, s.err = s.w.Write(b)
		s.buffer = s.buffer[:0]
	}
	return s.err
}

// Close prints the records that Write has kept, and ends the output. It returns the
// writer's first error, or else a *RecordsError if the expression failed on records.
func (s *Stream[T]) Close() error {
	defer func() { s.grace.release() }()
	if s.err != nil {
		return s.err
	}
	var err error
	if s.forms != nil {
		err = s.printForms(s.forms.sorted())
	} else {
		err = s.printRecords(s.kept())
	}
	if err != nil {
		return err
	}
	s.waiting, s.forms = nil, nil
	if err := s.Flush(); err != nil {
		return err
	}
	if s.failed.Count > 0 {
		return &s.failed
	}
	return nil
}

// kept returns the records for Close to print, in order.
func (s *Stream[T]) kept() []marked {
	var records []marked
	switch {
	case s.watch != nil:
		records = s.watch.gather(s.waiting, s.unseen)
	case s.tally != nil:
		records = s.tally.records()
	default:
		records = s.printer.valuesOf(s.waiting)
	}
	sortRecords(records, s.plan.order)
	if s.watch != nil {
		records = s.watch.keep(records)
	}
	return records
}

// printRecords prints records in order, and the end of the format.
func (s *Stream[T]) printRecords(records []marked) (err error) {
	if s.format.all != nil {
		s.newGracePeriod(len(records))
		if s.buffer, err = s.format.all(s.buffer, records); err != nil {
			s.fail(err, "")
		}
		return nil
	}
	for _, r := range records {
		s.print(r.record)
		if s.err != nil || len(s.buffer) >= expr.BufferSize && s.Flush() != nil {
			return s.err
		}
	}
	s.end()
	return nil
}

// printForms is printRecords for records that were kept as forms.
func (s *Stream[T]) printForms(forms iter.Seq[[]byte]) (err error) {
	if s.format.kept != nil {
		if s.buffer, err = s.format.kept(s.buffer, forms); err != nil {
			s.fail(err, "")
		}
		return nil
	}
	for form := range forms {
		s.begin()
		s.buffer = append(s.buffer, form...)
		if len(s.buffer) >= expr.BufferSize && s.Flush() != nil {
			return s.err
		}
	}
	s.end()
	return nil
}

func (s *Stream[T]) print(record shape.Value) {
	s.begin()
	if s.until.Err() != nil {
		s.newGracePeriod(1)
	}
	var err error
	if s.buffer, err = s.format.record(s.buffer, s.shown(record)); err == nil {
		return
	}
	s.fail(err, strings.Join(s.plan.identify(record), " "))
}

// shown returns the record that the format gets.
func (s *Stream[T]) shown(record shape.Value) shape.Value {
	if s.plan.screening == screenedRecords {
		return screened(record)
	}
	return record
}

// begin prints the text in front of a record.
func (s *Stream[T]) begin() {
	between := s.format.between
	if s.printed == 0 {
		between = s.format.open
	}
	s.printed++
	s.buffer = append(s.buffer, between...)
}

// end prints the text behind the last record.
func (s *Stream[T]) end() {
	end := s.format.none
	if s.printed > 0 {
		end = s.format.close
	}
	s.buffer = append(s.buffer, end...)
	if s.format.finish != nil {
		s.buffer = s.format.finish(s.buffer)
	}
}

// fail counts a failure of the expression, and keeps the first with the record's name. An
// expression that the end of the run has stopped ends the stream.
func (s *Stream[T]) fail(err error, name string) {
	switch {
	case s.err != nil: // the failure is the writer's
	case s.grace.Err() != nil && errors.Is(err, s.grace.Err()):
		s.Flush()
		s.err = cmp.Or(s.err, error(&RecordsError{Flag: s.plan.flag, Count: 1, First: name, Err: context.Cause(s.grace), Cut: true}))
	case s.failed.Count == 0:
		s.failed = RecordsError{Flag: s.plan.flag, First: name, Err: err}
		if at, ok := errors.AsType[*caret.TextError](err); ok {
			s.failed.place = at.Excerpt()
		}
		fallthrough
	default:
		s.failed.Count++
	}
}

// identify returns the values that identify a printed record.
func (p *plan) identify(record shape.Value) []string {
	var parts []string
	for _, path := range p.same {
		if part := string(encode.Text(nil, path, record)); part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts
}
