package render

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// A buffer this full is written without waiting for Flush.
const bufferSize = 32 << 10

// Stream is the output of one run. It is not for concurrent use.
type Stream[T any] struct {
	plan    plan
	format  format
	w       io.Writer
	buffer  []byte
	current T             // the record being printed, at a steady address
	record  reflect.Value // of current
	waiting []T
	tally   *tally // with --count-by, instead of waiting
	watch   *Watch[T]
	unseen  func(*T) bool
	printed int
	failed  RecordsError
	err     error // the first of w's
}

// RecordsError tells that a template, filter or query failed on some records. The
// others were printed.
type RecordsError struct {
	Flag  string // whose text failed, as "--jq"
	Count int    // of the records it failed on
	First string // which the first of them is, as "139769765351 eu-central-1 i-0f1e"; "" if that is not known
	Err   error  // what happened there

	place string // lines that show where in the text; "" if that is not known
}

func (e *RecordsError) Error() string {
	what := oneLine(e.Err.Error())
	if e.First != "" {
		what = Safe(e.First) + ": " + what
	}
	if e.Count > 1 {
		what += fmt.Sprintf(" (and so for %d records in all)", e.Count)
	}
	return e.Flag + ": " + what + e.place
}

func (e *RecordsError) Unwrap() error { return e.Err }

// Write prints a record, or keeps it where the format waits for all of them. What
// was printed may stay in a buffer until Flush or Close. The error is the
// writer's; once there is one, nothing more is written.
func (s *Stream[T]) Write(record T) error {
	if s.err != nil {
		return s.err
	}
	s.current = record
	switch {
	case s.tally != nil:
		s.tally.add(marked{record: s.record})
		return nil
	case s.plan.waits:
		s.waiting = append(s.waiting, record)
		return nil
	}
	s.print(s.record)
	if len(s.buffer) >= bufferSize {
		return s.Flush()
	}
	return nil
}

// Flush writes what the buffer holds.
func (s *Stream[T]) Flush() error {
	if s.err == nil && len(s.buffer) > 0 {
		_, s.err = s.w.Write(s.buffer)
		s.buffer = s.buffer[:0]
	}
	return s.err
}

// Close prints the records that waited and ends the output. It returns the
// writer's first error, or else a *RecordsError if records could not be printed.
func (s *Stream[T]) Close() error {
	if s.err != nil {
		return s.err
	}
	var records []marked
	switch {
	case s.watch != nil:
		records = s.watch.gather(s.waiting, s.unseen)
	case s.tally != nil:
		records = s.tally.records()
	default:
		records = valuesOf(s.waiting)
	}
	sortRecords(records, s.plan.order)
	if s.watch != nil {
		records = s.watch.keep(records)
	}
	if s.format.all != nil {
		var err error
		if s.buffer, err = s.format.all(s.buffer, records); err != nil {
			s.failed = RecordsError{Flag: s.plan.flag, Count: 1, Err: err}
		}
	} else {
		for _, r := range records {
			s.print(r.record)
			if len(s.buffer) >= bufferSize && s.Flush() != nil {
				return s.err
			}
		}
		end := s.format.none
		if s.printed > 0 {
			end = s.format.close
		}
		s.buffer = append(s.buffer, end...)
		if s.format.finish != nil {
			s.buffer = s.format.finish(s.buffer)
		}
	}
	s.waiting = nil
	if err := s.Flush(); err != nil {
		return err
	}
	if s.failed.Count > 0 {
		return &s.failed
	}
	return nil
}

func (s *Stream[T]) print(record reflect.Value) {
	between := s.format.between
	if s.printed == 0 {
		between = s.format.open
	}
	s.printed++
	var err error
	if s.buffer, err = s.format.record(append(s.buffer, between...), record); err == nil {
		return
	}
	if s.failed.Count == 0 {
		s.failed = RecordsError{Flag: s.plan.flag, Err: err}
		s.failed.First = strings.Join(s.plan.identify(record), " ")
		if at, ok := errors.AsType[*placedError](err); ok {
			s.failed.place = excerpt(at.text, at.offset, at.length)
		}
	}
	s.failed.Count++
}

// identify tells a record from others.
func (p *plan) identify(record reflect.Value) []string {
	var parts []string
	for _, path := range p.same {
		if part := string(path.appendText(nil, record)); part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts
}
