package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/clipperhouse/displaywidth"

	"muster/internal/account"
	"muster/internal/catalog"
	"muster/internal/child"
	"muster/internal/render"
	"muster/internal/safe"
	"muster/internal/sweep"
)

// outcome is one run of the command in a place: its output and its exit code.
type outcome struct {
	sweep.Place
	region         string // in the command's environment
	code           int
	stdout, stderr io.Writer // of the child
	spool          *child.Spool
	finish         func() error // is called when the child has ended; its error stops the sweep
}

// sink shows outcomes. open is called from several goroutines, the other methods from one.
type sink interface {
	begin(context.Context, []*account.Account)
	open(*outcome)
	put([]*outcome) error // takes runs that have ended; an empty list means that no more are waiting
	close() error
}

func (e *execution) newSink(app *App) (sink, error) {
	switch {
	case e.DryRun:
		return nil, nil
	case e.records():
		printer, err := render.Compile[execRecord](e.options(app), execView)
		if err != nil {
			return nil, err
		}
		return &recordSink{stream: printer.Start(app.term.Records())}, nil
	case e.Prefix:
		return &prefixSink{app: app, color: e.global.Color, perRegion: e.PerRegion}, nil
	}
	return &groupSink{app: app, together: sameFile(app.Stdout, app.Stderr)}, nil
}

// keep spools the output of the child until it has ended.
func (o *outcome) keep() {
	o.spool = new(child.Spool)
	o.stdout, o.stderr = o.spool.Stdout(), o.spool.Stderr()
	o.finish = func() error { return nil }
}

// replay writes the spooled output and drops it.
func (o *outcome) replay(stdout, stderr io.Writer) error {
	defer o.spool.Close()
	return o.spool.Replay(stdout, stderr)
}

// forget drops the spooled output of a command that did not run to its end.
func (o *outcome) forget() {
	if o.spool != nil {
		o.spool.Close()
	}
}

// groupSink shows the output of each run in one piece, under a heading.
type groupSink struct {
	app      *App
	together bool // stdout and stderr are the same file, so that one heading serves both
	shown    bool
}

func (*groupSink) begin(context.Context, []*account.Account) {}
func (*groupSink) open(o *outcome)                           { o.keep() }
func (*groupSink) close() error                              { return nil }

func (s *groupSink) put(ended []*outcome) error {
	for _, o := range ended {
		heading := "==> " + o.title() + " <==\n"
		if s.shown {
			heading = "\n" + heading
		}
		s.shown = true
		stdout, stderr := &headed{w: s.app.Stdout, last: new(byte)}, &headed{w: s.app.term.Log(), last: new(byte), heading: heading}
		if s.together {
			stderr.heading, stderr.last = "", stdout.last
		}
		if _, err := io.WriteString(stdout, heading); err != nil {
			return err
		}
		if err := o.replay(stdout, stderr); err != nil {
			return err
		}
		for _, w := range []*headed{stdout, stderr} {
			if *w.last != '\n' && *w.last != 0 {
				if _, err := io.WriteString(w, "\n"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// title returns the place on one line.
func (o *outcome) title() string {
	words := []string{o.Account.ID, o.Account.Name, o.Place.Region}
	return safe.Text(strings.Join(strings.Fields(strings.Join(words, " ")), " "))
}

// headed is a writer that writes a heading before the first byte, and keeps the last byte.
type headed struct {
	w       io.Writer
	heading string
	last    *byte // the last byte written; 0 before the first
}

func (h *headed) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if h.heading != "" {
		if _, err := io.WriteString(h.w, h.heading); err != nil {
			return 0, err
		}
		h.heading = ""
	}
	*h.last = p[len(p)-1]
	return h.w.Write(p)
}

// sameFile reports whether two streams are the same terminal or file.
func sameFile(a, b io.Writer) bool {
	first, ok1 := a.(*os.File)
	second, ok2 := b.(*os.File)
	if !ok1 || !ok2 {
		return a == b
	}
	info1, err1 := first.Stat()
	info2, err2 := second.Stat()
	return err1 == nil && err2 == nil && os.SameFile(info1, info2)
}

// prefixSink shows each line as it arrives, after the name of its account.
type prefixSink struct {
	app       *App
	color     string
	perRegion bool

	lock   sync.Mutex // one line at a time
	order  map[*account.Account]int
	named  map[string]int // the number of accounts with a name
	width  int            // of the longest account name
	region int            // of the longest region name
}

// palette are colors that are readable on dark and on light backgrounds.
var palette = []string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}

func (s *prefixSink) begin(_ context.Context, accounts []*account.Account) {
	s.order, s.named = map[*account.Account]int{}, map[string]int{}
	for _, a := range accounts {
		s.order[a] = len(s.order)
		s.named[a.Name]++
	}
	for _, a := range accounts {
		s.width = max(s.width, displaywidth.String(s.label(a)))
	}
	if s.perRegion {
		for _, region := range catalog.Regions() {
			s.region = max(s.region, len(region))
		}
	}
}

// label returns the account's name, with its id if other accounts have the same name.
func (s *prefixSink) label(a *account.Account) string {
	label := cmp.Or(a.Name, a.ID)
	if a.Name != "" && s.named[a.Name] > 1 {
		label += " " + a.ID
	}
	return safe.Text(label)
}

func (s *prefixSink) open(o *outcome) {
	label := s.label(o.Account)
	label += strings.Repeat(" ", max(0, s.width-displaywidth.String(label)))
	if s.perRegion {
		label += fmt.Sprintf(" %-*s", s.region, safe.Text(o.Place.Region))
	}
	lines := func(stream, to io.Writer) *child.LineWriter {
		prefix := label + "  | "
		if s.app.term.Color(stream, s.color) {
			prefix = "\x1b[" + palette[s.order[o.Account]%len(palette)] + "m" + prefix + "\x1b[0m"
		}
		return &child.LineWriter{Lock: &s.lock, To: to, Prefix: prefix}
	}
	stdout, stderr := lines(s.app.Stdout, s.app.Stdout), lines(s.app.Stderr, s.app.term.Log())
	o.stdout, o.stderr = stdout, stderr
	o.finish = func() error {
		if err := stdout.Close(); err != nil {
			return err
		}
		stderr.Close() // an error of stderr has nowhere to go
		return nil
	}
}

func (*prefixSink) put([]*outcome) error { return nil }
func (*prefixSink) close() error         { return nil }

// execRecord is the record of a run.
type execRecord struct {
	AccountId   string
	AccountName string
	Region      string
	ExitCode    int // as in a shell: 128 plus the number for a signal
	Stdout      string
	Stderr      string
}

var execView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "AccountId", Need: 3},
		{Field: "Region", Need: 5},
		{Field: "ExitCode", Need: 1},
		{Field: "Stdout", Need: 2, Shorten: true},
		{Field: "Stderr", Need: 6, Shorten: true},
	},
	ID:   "AccountId",
	Sort: []string{"AccountId", "Region"},
}

type recordSink struct{ stream *render.Stream[execRecord] }

func (s *recordSink) begin(ctx context.Context, _ []*account.Account) { s.stream.Until(ctx) }
func (*recordSink) open(o *outcome)                                   { o.keep() }
func (s *recordSink) close() error                                    { return s.stream.Close() }

func (s *recordSink) put(ended []*outcome) error {
	if len(ended) == 0 {
		return s.stream.Flush()
	}
	for _, o := range ended {
		var stdout, stderr bytes.Buffer
		if err := o.replay(&stdout, &stderr); err != nil {
			return err
		}
		err := s.stream.Write(execRecord{
			AccountId: o.Account.ID, AccountName: o.Account.Name, Region: o.region, ExitCode: o.code,
			Stdout: stdout.String(), Stderr: stderr.String(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
