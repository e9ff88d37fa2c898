package render

import (
	"context"
	"io"
	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// marked is a record and what became of it since it was printed last.
type marked struct {
	record shape.Value
	mark   mark
}

// mark is what stands in front of a record.
type mark string

const (
	added   mark = "+"
	changed mark = "~"
	gone    mark = "-"
	missed  mark = "?" // it was there, and nobody could look this time
)

var markColors = map[string]Color{string(added): Green, string(changed): Yellow, string(gone): Red, string(missed): Faint}

// Watch is the output of a run that is done again and again. Each round marks what
// has changed in what is shown since the one before: "+" new, "~" changed, "-"
// gone, and "?" for what was there and could not be looked for.
type Watch[T any] struct {
	ChangesOnly bool // rounds after the first print what has changed alone, "~" too what can be looked for again

	plan    plan
	rounds  int
	records []T              // of the last round
	rows    map[string]shown // of the last round, without those gone
	last    []marked         // as printed
}

// shown is a record and what has been shown of it.
type shown struct {
	marked
	text string
}

// Watch begins the output of rounds.
func (p *Printer[T]) Watch() *Watch[T] { return &Watch[T]{plan: p.plan} }

// Round begins a round, which Close prints. unseen is asked at Close whether a
// record of the round before is one that this round could not look for; nil: none.
func (w *Watch[T]) Round(out io.Writer, unseen func(*T) bool) *Stream[T] {
	s := newStream[T](w.plan, out)
	s.watch, s.unseen = w, unseen
	return s
}

// Again prints the last round once more, as after a change of the terminal's width.
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

// gather makes a round's records those to print, marked.
func (w *Watch[T]) gather(records []T, unseen func(*T) bool) []marked {
	found := valuesOf(w.plan.record, records)
	known := map[string]bool{}
	for _, r := range found {
		known[textOf(w.plan.given, r.record)] = true
	}
	for i := range w.records {
		before := shape.ValueOf(w.plan.record, reflect.ValueOf(&w.records[i]).Elem())
		if unseen != nil && !known[textOf(w.plan.given, before)] && unseen(&w.records[i]) {
			records = append(records, w.records[i])
			found = append(found, marked{before, missed})
		}
	}
	w.records = records
	if w.plan.counting != nil {
		t := w.plan.counting.start()
		for _, r := range found {
			t.add(r)
		}
		found = t.records()
	}
	rows := make(map[string]shown, len(found))
	taken := map[string]int{}
	for i, r := range found {
		key := textOf(w.plan.same, r.record)
		if taken[key]++; taken[key] > 1 { // two that cannot be told apart
			key += "\x00" + strconv.Itoa(taken[key])
		}
		row := shown{r, textOf(w.plan.shown, r.record)}
		before, known := w.rows[key]
		switch {
		case r.mark == missed && before.mark == missed && w.ChangesOnly:
			found[i].mark = "" // that has been told
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

// textOf is what paths lead to, each apart.
func textOf(paths []*shape.Path, record shape.Value) string {
	var b []byte
	for _, p := range paths {
		b = append(encode.Text(b, p, record), 0)
	}
	return string(b)
}

func valuesOf[T any](schema *shape.Schema, records []T) []marked {
	values := make([]marked, len(records))
	for i := range records {
		values[i].record = shape.ValueOf(schema, reflect.ValueOf(&records[i]).Elem())
	}
	return values
}

// keep is what a round prints of what was gathered for it.
func (w *Watch[T]) keep(records []marked) []marked {
	w.last = records
	if w.ChangesOnly && w.rounds > 1 {
		return slices.DeleteFunc(slices.Clone(records), func(r marked) bool { return r.mark == "" })
	}
	return records
}
