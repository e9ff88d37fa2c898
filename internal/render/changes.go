package render

import (
	"context"
	"io"
	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
	"slices"
	"strconv"
	"strings"
)

// marked is a record with its change since the previous round.
type marked struct {
	record shape.Value
	mark   mark
}

// mark is the character in front of a record of --watch.
type mark string

const (
	added   mark = "+"
	changed mark = "~"
	gone    mark = "-"
	missed  mark = "?" // it was there before, but its account or region did not answer this time
)

// marks are the marks of the words in a field of View.Mark.
var marks = map[string]mark{"added": added, "changed": changed, "removed": gone, "unknown": missed}

// MarkColor returns the color of a word in a field of View.Mark.
func MarkColor(word string) Color { return markColors[string(marks[word])] }

var markColors = map[string]Color{string(added): Green, string(changed): Yellow, string(gone): Red, string(missed): Faint}

// Watch is the output of a command that repeats its sweep. Each round marks how the
// visible fields of a record have changed since the previous round: "+" is new, "~" has
// changed, "-" is gone, and "?" means that its account or region did not answer.
type Watch[T any] struct {
	// ChangesOnly leaves unchanged records out of every round but the first. A record
	// whose account answers again is then marked "~".
	ChangesOnly bool

	printer *Printer[T]
	plan    plan
	rounds  int
	records []T              // of the last round, with those that are missed
	rows    map[string]shown // of the last round, without those that are gone
	last    []marked         // all of the last round
}

// shown is a record with the text of its visible fields.
type shown struct {
	marked
	text string
}

// Watch starts the output of rounds.
func (p *Printer[T]) Watch() *Watch[T] { return &Watch[T]{printer: p, plan: p.plan} }

// Round starts a round. Close prints it, and calls unseen for each record of the
// previous round that this round lacks: true means that the record's account or region
// did not answer. If unseen is nil, all of them answered.
func (w *Watch[T]) Round(out io.Writer, unseen func(*T) bool) *Stream[T] {
	s := newStream(w.printer, out)
	s.watch, s.unseen = w, unseen
	return s
}

// Again prints the last round again, for example after the terminal's width changed.
func (w *Watch[T]) Again(out io.Writer) error {
	b, err := w.plan.start(&expr.Output{Context: context.Background()}).all(nil, w.last)
	if err == nil {
		_, err = out.Write(b)
	}
	return err
}

// Changes counts the marks of the last round, as in "+1 ~2".
func (w *Watch[T]) Changes() string {
	var counts []string
	for _, m := range []mark{added, changed, gone, missed} {
		n := 0
		for _, r := range w.last {
			if r.mark == m {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, string(m)+strconv.Itoa(n))
		}
	}
	return strings.Join(counts, " ")
}

// gather returns the rows of a round, marked: records, or counts of them.
func (w *Watch[T]) gather(records []T, unseen func(*T) bool) []marked {
	found := w.printer.valuesOf(records)
	missing := w.missing(found, unseen)
	w.records = records
	for _, record := range missing {
		w.records = append(w.records, *record)
		found = append(found, marked{w.printer.valueOf(record), missed})
	}
	if w.plan.counting != nil {
		t := w.plan.counting.start()
		for _, r := range found {
			t.add(r)
		}
		found = t.records()
	}
	return w.mark(found)
}

// missing returns the records of the previous round that were not found and that
// unseen reports.
func (w *Watch[T]) missing(found []marked, unseen func(*T) bool) []*T {
	if unseen == nil {
		return nil
	}
	known := map[string]bool{}
	for _, r := range found {
		known[textOf(w.plan.given, r.record)] = true
	}
	var missing []*T
	for i := range w.records {
		record := &w.records[i]
		before := w.printer.valueOf(record)
		if !known[textOf(w.plan.given, before)] && unseen(record) {
			missing = append(missing, record)
		}
	}
	return missing
}

// mark compares the rows with the rows of the previous round. It adds the rows that are
// gone.
func (w *Watch[T]) mark(found []marked) []marked {
	rows := make(map[string]shown, len(found))
	seen := map[string]int{}
	for i, r := range found {
		key := textOf(w.plan.same, r.record)
		if seen[key]++; seen[key] > 1 { // nothing tells it from an earlier row
			key += "\x00" + strconv.Itoa(seen[key])
		}
		row := shown{r, textOf(w.plan.shown, r.record)}
		before, known := w.rows[key]
		switch {
		case r.mark == missed && before.mark == missed && w.ChangesOnly:
			found[i].mark = "" // an earlier round printed it
		case w.rounds == 0 || r.mark != "":
		case !known:
			found[i].mark = added
		case before.text != row.text || before.mark == missed && w.ChangesOnly:
			found[i].mark = changed
		}
		rows[key] = row
	}
	for key, before := range w.rows {
		if _, still := rows[key]; !still {
			found = append(found, marked{before.record, gone})
		}
	}
	w.rows = rows
	w.rounds++
	return found
}

// textOf returns the text of all values at the paths. Different values give different
// texts.
func textOf(paths []*shape.Path, record shape.Value) string {
	var b []byte
	for _, p := range paths {
		b = append(encode.Text(b, p, record), 0)
	}
	return string(b)
}

// valuesOf returns unmarked records.
func (p *Printer[T]) valuesOf(records []T) []marked {
	values := make([]marked, len(records))
	for i := range records {
		values[i].record = p.valueOf(&records[i])
	}
	return values
}

// keep stores the rows of a round, sorted, and returns those to print.
func (w *Watch[T]) keep(records []marked) []marked {
	w.last = records
	if w.ChangesOnly && w.rounds > 1 {
		return slices.DeleteFunc(slices.Clone(records), func(r marked) bool { return r.mark == "" })
	}
	return records
}
