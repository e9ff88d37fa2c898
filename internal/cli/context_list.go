package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/contexts"
	"muster/internal/render"
	"muster/internal/render/shape"
)

type contextListCmd struct {
	Output `embed:""`
}

func (*contextListCmd) Examples() []string {
	return []string{"muster context list", "muster context list -o name"}
}

// contextRecord is a context.
type contextRecord struct {
	Name    string
	Current bool
	Flags   string // as on a command line
	File    string
	Line    int
	Problem string // the first mistake in it, or ""
}

var contextView = render.View{
	Columns: []render.Column{
		{Field: "Name", Need: 1},
		{Field: "Current", Need: 2},
		{Field: "Flags", Need: 3, Shorten: true, Min: 24},
		{Field: "Problem", Need: 4, Shorten: true, Min: 24},
	},
	ID:   "Name",
	Tree: [][]string{},
}

// Schema describes the records, for completion and --template-help.
func (*contextListCmd) Schema() *shape.Schema { return shape.SchemaOf[contextRecord]() }

func (c *contextListCmd) Run(ctx context.Context, app *App, g *Global) error {
	printer, err := newRecordPrinter[contextRecord](app, g, &c.Output, contextView)
	if err != nil {
		return err
	}
	file, err := contexts.Read(ctx, app.contextPath())
	if err != nil {
		return err
	}
	records := make([]contextRecord, len(file.Contexts))
	for i, c := range file.Contexts {
		r := contextRecord{Name: c.Name, Current: c.Name == file.Current, File: c.File, Line: c.Line}
		r.Flags = flagsText(c.Settings)
		if err := c.Check(contextFlags()); err != nil {
			r.Problem = err.Error()
		}
		records[i] = r
	}
	if len(records) == 0 {
		app.note("no contexts in %s; 'muster help contexts' explains them", file.Path)
	}
	return printer.print(ctx, records)
}

type contextShowCmd struct {
	Name string `arg:"" optional:"" complete:"contexts" help:"Context; without one, the one in use."`

	selectionFlags `embed:""`
	RegionFlags    `embed:""`
	browserFlags   `embed:""`
	Output         `embed:""`
}

func (*contextShowCmd) Examples() []string {
	return []string{"muster context show", "muster context show prod", "muster context show --all-profiles"}
}

// Help is the text below the usage line.
func (*contextShowCmd) Help() string {
	return `With flags it shows how a command with these flags would run.`
}

// flagRecord is a flag with its value.
type flagRecord struct {
	Flag       string
	Value      string
	From       string // command line, a variable, the context and its place, or default
	ReplacedBy string // the flag or variable that makes the context's value void, or ""
	Context    string // that sets it, or ""
	File       string
	Line       int
}

var flagView = render.View{
	Columns: []render.Column{
		{Field: "Flag", Need: 1},
		{Field: "Value", Need: 2, Shorten: true, Min: 16},
		{Field: "From", Need: 3, Shorten: true, Min: 24},
	},
	ID:   "Flag",
	Tree: [][]string{},
}

// Schema describes the records, for completion and --template-help.
func (*contextShowCmd) Schema() *shape.Schema { return shape.SchemaOf[flagRecord]() }

func (c *contextShowCmd) Run(ctx context.Context, app *App, g *Global, command *kong.Context) error {
	printer, err := newRecordPrinter[flagRecord](app, g, &c.Output, flagView)
	if err != nil {
		return err
	}
	line := newFlagLine(app, command)
	if line.context, err = c.context(ctx, app, command); err != nil {
		return err
	}
	var records []flagRecord
	for _, flag := range command.Flags() {
		if storable(flag) {
			records = append(records, line.describe(flag)...)
		}
	}
	if err := printer.print(ctx, records); err != nil {
		return err
	}
	switch {
	case !app.term.NotesShown():
	case line.context == nil:
		app.note("no context is in use")
	default:
		app.note("context %s, from %s:%d", line.context.Name, line.context.File, line.context.Line)
	}
	return nil
}

// context returns the context to show.
func (c *contextShowCmd) context(ctx context.Context, app *App, command *kong.Context) (*contexts.Context, error) {
	if c.Name == "" {
		return app.namedContext(command)
	}
	file, err := contexts.Read(ctx, app.contextPath())
	if err != nil {
		return nil, err
	}
	chosen, err := file.Context(c.Name)
	if err != nil {
		return nil, err
	}
	return chosen, chosen.Check(contextFlags())
}

// describe returns the value of a flag, and the context's own value if another one counts.
func (l *flagLine) describe(flag *kong.Flag) (records []flagRecord) {
	r := flagRecord{Flag: flag.Name, From: "command line"}
	onLine := slices.ContainsFunc(l.command.Path, func(p *kong.Path) bool { return p.Flag == flag && !p.Resolved })
	variable := l.variable(flag)
	switch {
	case onLine:
		r.Value = strings.Join(flagValues(flag), ",")
	case variable != "":
		r.Value, r.From = variable, variableName(flag.Name)
	default:
		r.Value, r.From = flag.Default, "default"
	}
	setting := l.setting(flag)
	if setting == nil {
		if r.Value != "" {
			records = append(records, r)
		}
		return records
	}
	own := flagRecord{
		Flag: flag.Name, Value: strings.Join(setting.Values, ","), From: contextOrigin(l.context, setting),
		Context: l.context.Name, File: l.context.File, Line: setting.Line,
	}
	switch {
	case onLine:
		own.ReplacedBy = "--" + flag.Name
	case variable != "":
		own.ReplacedBy = variableName(flag.Name)
	default:
		own.ReplacedBy = l.replacedBy(flag)
	}
	if own.ReplacedBy == "" {
		return append(records, own)
	}
	own.From += ", replaced by " + own.ReplacedBy
	if r.Value != "" {
		records = append(records, r)
	}
	return append(records, own)
}
