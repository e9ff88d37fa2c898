package render

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/render/expr"
)

// interrupting ends a context once it has been written to so often.
type interrupting struct {
	left, bytes int
	interrupt   func(error)
}

func (w *interrupting) Write(p []byte) (int, error) {
	w.bytes += len(p)
	if w.left--; w.left == 0 {
		w.interrupt(context.Canceled)
	}
	return len(p), nil
}

var endless = map[string]Options{
	"jq":        {JQ: "range(infinite)"},
	"repeat":    {JQ: "repeat(.)"},
	"slurp":     {JQ: "range(infinite)", Slurp: true},
	"sorted":    {JQ: "range(infinite)", SortBy: []string{"Name"}},
	"template":  {Output: "template=<<range 9000000000000000000>>x<<end>>"},
	"templates": {Output: `template=<<define "a">>x<<range 9000000000000000000>><<.>><<end>><<end>><<template "a">>`},
}

// TestEndless: the output for one record is written as it grows, and an
// interrupt ends it.
func TestEndless(t *testing.T) {
	t.Parallel()
	for name, o := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancelCause(context.Background())
			w := &interrupting{left: 3, interrupt: interrupt}
			s := compile(t, o).Start(w)
			s.Until(ctx)
			err := s.Write(nasty()[0])
			if err == nil {
				err = s.Close()
			}
			var failed *RecordsError
			if !errors.As(err, &failed) || !failed.Cut || !errors.Is(err, context.Canceled) || w.bytes < 3*expr.BufferSize {
				t.Errorf("%v after %d bytes", err, w.bytes)
			}
			if again := s.Close(); again != err {
				t.Errorf("then %v", again)
			}
			if cap(s.buffer) > 4*expr.BufferSize {
				t.Errorf("a buffer of %d bytes", cap(s.buffer))
			}
		})
	}
}

// TestEndlessReader: a reader that goes away ends an expression, too.
func TestEndlessReader(t *testing.T) {
	t.Parallel()
	for name, o := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &failingWriter{err: errors.New("gone")}
			s := compile(t, o).Start(w)
			err := s.Write(nasty()[0])
			if err == nil {
				err = s.Close()
			}
			if err != w.err || w.calls != 1 {
				t.Errorf("%v after %d calls", err, w.calls)
			}
		})
	}
}

// onlyEnd is an expression that ends for a record with the name "end" only.
const onlyEnd = `.InstanceId, if .Name == "end" then . else last(range(infinite)) end`

// TestSilent: an expression that prints nothing is ended as well.
func TestSilent(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	ctx, interrupt := context.WithCancel(context.Background())
	s := compile(t, Options{JQ: onlyEnd}).Start(&b)
	s.Until(ctx)
	interrupt()
	err := s.Write(instance{InstanceId: "i-2"})
	if want := "--jq: i-2: context canceled"; err == nil || err.Error() != want || b.String() != "i-2\n" {
		t.Errorf("%v, want %s; %q", err, want, &b)
	}
}

// TestEndsByItself: an expression that ends by itself prints all records from before the
// interrupt. No time passes in the bubble while it works.
func TestEndsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		ctx, interrupt := context.WithCancel(t.Context())
		s := compile(t, Options{JQ: onlyEnd}).Start(&b)
		s.Until(ctx)
		interrupt()
		for _, id := range []string{"i-1", "i-2"} {
			if err := s.Write(instance{InstanceId: id, Name: "end"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil || !strings.HasPrefix(b.String(), "i-1\n{") || !strings.Contains(b.String(), "\ni-2\n{") {
			t.Errorf("%v, %q", err, &b)
		}
	})
}

// TestSilentQueries: a query that is made to grow beyond all bounds ends with the run,
// be it while it works or while its result is unfolded.
func TestSilentQueries(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"flatten": "@" + strings.Repeat(" | [@, @][]", 60),
		"project": "@" + strings.Repeat(" | [@, @][] | [*].{InstanceId: InstanceId}", 60),
		"map":     "@" + strings.Repeat(" | map(&@, [@, @][])", 60),
		"filter":  "@" + strings.Repeat(" | [@, @][] | [?InstanceId]", 60),
		"shared":  "@" + strings.Repeat(" | [@, @]", 60),
		"objects": "@" + strings.Repeat(" | {a: @, b: @}", 60),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(context.Background())
			s := compile(t, Options{Query: query}).Start(io.Discard)
			s.Until(ctx)
			if err := s.Write(nasty()[0]); err != nil {
				t.Fatal(err)
			}
			interrupt()
			err := s.Close()
			if failed, ok := errors.AsType[*RecordsError](err); !ok || !failed.Cut || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
}

// slowReader takes its time for everything, as a pager does.
type slowReader struct{ strings.Builder }

func (r *slowReader) Write(p []byte) (int, error) {
	time.Sleep(time.Hour)
	return r.Builder.Write(p)
}

// TestArrived: however long the reader takes after an interrupt, and however long
// the run takes to end, all records that have arrived are printed.
func TestArrived(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"jq":       {JQ: ".Name"},
		"sorted":   {JQ: ".Name", SortBy: []string{"InstanceId"}},
		"slurp":    {JQ: ".[].Name", Slurp: true},
		"template": {Output: "template=<<.Name>>"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const records, size = 5, 20 << 10
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				w := new(slowReader)
				s := compile(t, o).Start(w)
				s.Until(ctx)
				for i := range records {
					if err := s.Write(instance{InstanceId: "i-1", Name: strings.Repeat("x", size)}); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						interrupt()
						time.Sleep(time.Minute)
					}
				}
				if err := s.Close(); err != nil || w.Len() != records*(size+1) {
					t.Errorf("%v; %d bytes", err, w.Len())
				}
			})
		})
	}
}

// TestLaterFailure: a failure on a record long after an interrupt is reported as such.
func TestLaterFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		s := compile(t, Options{Query: "sort_by(@, &PrivateIPs)"}).Start(io.Discard)
		s.Until(ctx)
		for _, r := range nasty()[:2] {
			if err := s.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		interrupt()
		time.Sleep(time.Minute)
		var failed *RecordsError
		if err := s.Close(); !errors.As(err, &failed) || failed.Cut || errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

// TestSilentTemplate: a template that prints nothing ends with its run, whether it loops
// or calls itself.
func TestSilentTemplate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"<<range 9000000000000000000>><<end>>",
		"<<range 9000000000000000000>><<if false>>x<<end>><<continue>><<end>>",
		`<<define "a">><<template "b" .>><<template "b" .>><<end>><<define "b">><<range 99999999>><<template "c" .>><<end>><<end>><<define "c">><<end>><<template "a" .>>`,
	} {
		s := compile(t, Options{Output: "template=" + text}).Start(io.Discard)
		s.grace.end(context.Canceled)
		if failed := (*RecordsError)(nil); !errors.As(s.Write(nasty()[0]), &failed) || !failed.Cut {
			t.Errorf("%s: %v", text, failed)
		}
	}
}
