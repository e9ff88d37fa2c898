package cli

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shorthand"
	"muster/internal/sweep"
)

type instancesCmd struct {
	What   []string `arg:"" optional:"" complete:"instances" help:"Instance ids, names (globs), IP addresses or CIDR blocks."`
	State  []string `placeholder:"S,S" group:"filter" complete:"states" help:"Only these states, such as running,stopped."`
	Tag    []string `placeholder:"K[=V,V]|K!=V|!K" sep:"none" group:"filter" complete:"tag-keys" help:"Only instances with this tag; V may be a glob."`
	Type   []string `type:"globs" placeholder:"T,T" group:"filter" complete:"none" help:"Only these instance types; globs allowed, such as 'm5.*'."`
	Filter []string `aliases:"filters" type:"filters" placeholder:"Name=N,Values=V" sep:"none" group:"filter" complete:"none" help:"EC2's own filters, as in the AWS CLI; several may follow. Also --filters."`

	Since     string `placeholder:"TIME|AGE" group:"filter" complete:"none" help:"Only instances launched since then: 2026-01-31, 12h, 90d."`
	Until     string `placeholder:"TIME|AGE" group:"filter" complete:"none" help:"Only instances launched before then; a start counts as a launch."`
	OlderThan string `placeholder:"AGE" group:"filter" complete:"none" help:"Only instances launched longer ago than this: 12h, 90d."`

	regionalListing[inventory.Instance] `embed:""`

	Full bool `group:"output" help:"Add EC2's whole answer as the field EC2, for json, ndjson, yaml, templates, --jq and --query."`
}

func (*instancesCmd) Examples() []string {
	return []string{
		"muster instances --all-profiles --region 'eu-*' --count-by AccountName,State",
		"muster instances --organization --role EC2ReadAccess --tag env=prod -o csv",
		"muster instances 18.198.43.157 10.20.0.0/16 'shop*' --sso-session freddy-sso",
		"muster instances --all-profiles --jq 'select(.PublicIPs != []) | .InstanceId'",
	}
}

// stateColors maps an instance state to its color.
var stateColors = map[string]render.Color{
	"running": render.Green,
	"pending": render.Yellow, "stopping": render.Yellow, "shutting-down": render.Yellow,
	"stopped": render.Red, "terminated": render.Faint,
}

const flatRecords = "records are flat: use .InstanceId in --jq, [].InstanceId in --query"

var instanceView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "AccountId", Need: 8},
		{Field: "Region", Need: 3},
		{Field: "InstanceId", Need: 1},
		{Field: "Name", Need: 5, Shorten: true},
		{Field: "InstanceType", Need: 7},
		{Field: "State", Need: 6, Color: func(state string) render.Color { return stateColors[state] }},
		{Field: "PrivateIPs", Need: 2},
		{Field: "PublicIPs", Need: 2},
		{Field: "IPv6s", Need: 10},
	},
	Text: []string{
		"AccountId", "AccountName", "Region", "InstanceId", "Name", "InstanceType", "State", "PrivateIPs", "PublicIPs", "IPv6s",
	},
	ID:   "InstanceId",
	Sort: []string{"AccountId", "Region", "InstanceId"},

	Absent: map[string]string{
		"EC2":          "--full adds EC2's whole answer",
		"Reservations": flatRecords,
		"Instances":    flatRecords,
	},
	Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}},
}

// Schema is that of the command's records.
func (c *instancesCmd) Schema() *shape.Schema {
	if c.Full {
		return shape.OfGoType(inventory.FullInstanceType())
	}
	return shape.SchemaOf[inventory.Instance]()
}

func (c *instancesCmd) Run(ctx context.Context, app *App, g *Global) error {
	if !c.Full {
		visit := (*inventory.Instances).Visit
		return listInstances(ctx, app, g, c, visit, func(r *inventory.Instance) *inventory.Instance { return r }, nil)
	}
	if format, _, _ := strings.Cut(c.Output.Output, "="); app.take == nil && c.ChangedSince == "" && c.JQ == "" && c.Query == "" && len(c.CountBy)+len(c.Columns) == 0 && slices.Contains([]string{"", "table", "wide", "tree", "csv", "text", "name"}, format) {
		return usage("--full needs an output with whole records: -o json, ndjson, yaml or template=, --jq, --query, --count-by or --columns")
	}
	visit := (*inventory.Instances).VisitFull
	compile := func(o render.Options, v render.View) (*render.Printer[inventory.FullInstance], error) {
		return render.CompileAs(o, v, inventory.FullInstanceType(), (*inventory.FullInstance).Record)
	}
	return listInstances(ctx, app, g, c, visit, func(r *inventory.FullInstance) *inventory.Instance { return &r.Instance }, compile)
}

// listInstances runs the command with one of its two types of records.
func listInstances[R any](ctx context.Context, app *App, g *Global, c *instancesCmd,
	visit func(*inventory.Instances, context.Context, sweep.Place, func([]R)) error, instance func(*R) *inventory.Instance,
	compile func(render.Options, render.View) (*render.Printer[R], error),
) error {
	since, until, err := parsePeriod(c.Since, c.Until, c.OlderThan, app.Now())
	if err != nil {
		return err
	}
	plan := func(s *sweeper) (sweep.Plan[R], error) {
		instances, err := inventory.NewInstances(s.resolver.API, inventory.Query{
			What: c.What, States: c.State, Types: c.Type, Tags: c.Tag, Filters: c.Filter,
			Since: since, Until: until, Load: shorthand.Files(app.Lookup, app.home()),
		})
		if err != nil {
			return sweep.Plan[R]{}, err
		}
		instances.Large = app.OnLargeAnswers
		return sweep.Plan[R]{Visit: func(ctx context.Context, place sweep.Place, emit func([]R)) error {
			return visit(instances, ctx, place, emit)
		}}, nil
	}
	return list(ctx, app, g, c.flags(), listing[R]{
		noun: "instances", what: c.What, view: instanceView, plan: plan, compile: compile,
		id:          func(r *R) string { return instance(r).InstanceId },
		recordNames: func(names *nameRecorder, r *R) { names.instance(instance(r)) },
		complete:    len(c.What)+len(c.State)+len(c.Type)+len(c.Tag)+len(c.Filter) == 0 && since.IsZero() && until.IsZero(),
	})
}

// decodeFilters reads all filters after one flag, as the AWS CLI does. The first word that is
// no filter is an argument of the command.
func decodeFilters(line *kong.DecodeContext, target reflect.Value) error {
	var filter string
	if err := line.Scan.PopValueInto("string", &filter); err != nil {
		return err
	}
	filters := []string{filter}
	for next := line.Scan.Peek(); next.Type == kong.UntypedToken && isFilter(next.String()); next = line.Scan.Peek() {
		filters = append(filters, line.Scan.Pop().String())
	}
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(filters)))
	return nil
}

// isFilter reports whether a word is a filter and not the name of an instance.
func isFilter(text string) bool {
	text = strings.TrimSpace(text)
	for _, key := range []string{"Name", "Values"} {
		if rest, ok := strings.CutPrefix(text, key); ok && strings.HasPrefix(strings.TrimLeft(rest, " @"), "=") {
			return true
		}
	}
	return strings.HasPrefix(text, "file://") || strings.Contains(text, "{") && json.Valid([]byte(text))
}
