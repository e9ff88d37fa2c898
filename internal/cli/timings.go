package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/disk"
	"muster/internal/safe"
	"muster/internal/timing"
)

// timingsFlag is the value of --timings: a file, or "-" for text on stderr; "" without the
// flag.
type timingsFlag string

// IsBool tells the parser, and completion, that the flag needs no value.
func (*timingsFlag) IsBool() bool { return true }

// Decode takes the value behind "=".
func (f *timingsFlag) Decode(line *kong.DecodeContext) error {
	*f = "-"
	if next := line.Scan.Peek(); next.Type == kong.FlagValueToken {
		line.Scan.Pop()
		if text, _ := next.Value.(string); text != "" {
			*f = timingsFlag(text)
		}
	}
	return nil
}

// timeList measures the list of accounts, without the time that the sweep takes for them.
func (a *App) timeList(ctx context.Context, list func(context.Context) iter.Seq2[*account.Account, error]) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		ctx, timed := a.timings.Start(ctx, timing.List, "", "", "")
		defer timed.End()
		for account, err := range list(ctx) {
			timed.Pause()
			more := yield(account, err)
			timed.Resume()
			if !more {
				return
			}
		}
	}
}

// maxOperations is how many operations the text of --timings has at most.
const maxOperations = 10

// concludeTimings writes the result of --timings, if it is given.
func (s *sweeper) concludeTimings(ctx context.Context) error {
	if s.app.timings == nil {
		return nil
	}
	report := s.app.timings.Report()
	if s.Timings != "-" {
		ctx, cancel := finalWrite(ctx)
		defer cancel()
		err := disk.Write(ctx, string(s.Timings), false, func(w io.Writer) error {
			out := json.NewEncoder(w)
			out.SetIndent("", "  ")
			out.SetEscapeHTML(false)
			return out.Encode(report)
		})
		if err != nil {
			return fmt.Errorf("writing the timings: %w", err)
		}
		return nil
	}
	s.app.noteTimings(report)
	return nil
}

// noteTimings writes the result of --timings for people.
func (a *App) noteTimings(r *timing.Report) {
	a.note("the run took %s", span(time.Duration(r.Elapsed)))
	a.timingsTable("STEP\tCOUNT\tENDED AFTER\tADDED UP", func(row func(...any)) {
		for _, s := range r.Steps {
			count := "-"
			if s.Step != timing.List && s.Step != timing.Printing {
				count = thousands(s.Count)
			}
			row(s.Step, count, tick(s.EndedAfter), tick(s.Time))
		}
	})
	if r.Calls.Calls == 0 {
		return
	}
	a.note("%s took %s, added up: more than the run where calls run at once", count(r.Calls.Calls, "call"), span(time.Duration(r.Calls.Time)))
	a.timingsTable("SPENT ON\tADDED UP\tSHARE", func(row func(...any)) {
		for _, part := range []struct {
			name string
			time timing.Duration
		}{
			{"waiting for AWS's limit", r.Calls.AWSLimit},
			{"waiting for a slot (--concurrency)", r.Calls.Slot},
			{"waiting to retry", r.Calls.Retry},
			{"waiting for credentials", r.Calls.Credentials},
			{"waiting for AWS's answers", r.Calls.Answers},
		} {
			row(part.name, tick(part.time), fmt.Sprintf("%.0f %%", 100*float64(part.time)/float64(max(1, r.Calls.Time))))
		}
	})
	const columns = "CALLS\tRETRIES\tADDED UP\tLIMIT\tSLOT\tRETRY\tCREDENTIALS\tANSWERS"
	cells := func(c timing.CallTimes) []any {
		return []any{thousands(c.Calls), thousands(c.Retries), tick(c.Time), tick(c.AWSLimit), tick(c.Slot), tick(c.Retry), tick(c.Credentials), tick(c.Answers)}
	}
	a.note("the calls by operation")
	a.timingsTable("OPERATION\t"+columns, func(row func(...any)) {
		for _, o := range r.ByName[:min(len(r.ByName), maxOperations)] {
			row(append([]any{o.Service + " " + o.Operation}, cells(o.CallTimes)...)...)
		}
		if more := len(r.ByName) - maxOperations; more > 0 {
			row("and " + count(more, "other"))
		}
	})
	if len(r.Slowest) == 0 {
		return
	}
	a.note("the slowest places; ELAPSED is from their start to their end")
	a.timingsTable("PLACE\tELAPSED\t"+columns, func(row func(...any)) {
		for _, p := range r.Slowest {
			name := strings.TrimSpace(place(p.AccountId, p.AccountName, p.Region))
			row(append([]any{name, tick(p.Elapsed)}, cells(p.CallTimes)...)...)
		}
	})
}

// timingsTable writes a table with columns of equal width.
func (a *App) timingsTable(header string, rows func(row func(cells ...any))) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, header)
	rows(func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				io.WriteString(table, "\t")
			}
			io.WriteString(table, safe.Text(strings.ReplaceAll(fmt.Sprint(cell), "\t", " ")))
		}
		io.WriteString(table, "\n")
	})
	table.Flush()
	for line := range strings.Lines(text.String()) {
		a.detail("%s", strings.TrimRight(line, " \n"))
	}
}

// tick is a time in a table.
func tick(d timing.Duration) string {
	if d < timing.Duration(time.Millisecond) {
		return "-"
	}
	return span(time.Duration(d))
}
