package cli

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/sweep"
)

// listCmd lists the resources of kinds.
type listCmd struct {
	Kinds string   `arg:"" optional:"" name:"kind,..." commas:"" complete:"kinds" help:"Kinds of resources: volumes, or buckets,functions,users."`
	What  []string `arg:"" optional:"" complete:"resources" help:"Ids, names, ARNs (globs), IP addresses or CIDR blocks."`

	State     []string `placeholder:"S,S" group:"resources" complete:"kind-states" help:"Only these states."`
	Tag       []string `placeholder:"K[=V,V]|K!=V|!K" sep:"none" group:"resources" complete:"tag-keys" help:"Only resources with this tag; V may be a glob."`
	Since     string   `placeholder:"TIME|AGE" group:"resources" complete:"none" help:"Only resources created since then: 2026-01-31, 12h, 90d."`
	Until     string   `placeholder:"TIME|AGE" group:"resources" complete:"none" help:"Only resources created before then."`
	OlderThan string   `placeholder:"AGE" group:"resources" complete:"none" help:"Only resources older than this: 12h, 90d."`

	Selection     `embed:""`
	RegionFlags   `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
	PageFlags     `embed:""`
}

func (*listCmd) Examples() []string {
	return []string{
		"muster list volumes --all-profiles --state available",
		"muster list access-keys --all-profiles --older-than 90d --state Active",
		"muster list buckets,functions --all-profiles --count-by Kind,AccountName",
		"muster list security-groups 'web*' -o wide",
	}
}

// Help explains the command beyond its flags.
func (*listCmd) Help() string {
	return `Without a kind it prints the names of all kinds. A kind is a command, too: 'muster volumes' is 'muster list volumes'.

Records have the fields that kinds share (Kind, Id, Name, Arn, State, CreatedAt, Tags, where AWS has them), and then the members of AWS's answer, under AWS's names.`
}

// kinds returns the kinds that the argument names.
func (c *listCmd) kinds() (kinds []*inventory.Kind, err error) {
	for name := range strings.SplitSeq(c.Kinds, ",") {
		k, err := inventory.FindKind(strings.ToLower(name))
		if err != nil {
			return nil, err
		}
		if k == nil {
			return nil, unknownKind(name)
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds, nil
}

// unknownKind returns the error for a name that is no kind.
func unknownKind(name string) error {
	switch {
	case name == "":
		return usage("an empty name of a kind; expected names with commas and no blanks between them, such as volumes,buckets")
	case strings.TrimSuffix(strings.ToLower(name), "s") == "instance":
		return usage("instances are a command of their own: muster instances")
	}
	if kinds := kindsOf(strings.ToLower(name)); len(kinds) > 0 {
		return usage("no kind %q; the service has the kinds %s", name, strings.Join(kinds, ", "))
	}
	return usage("no kind %q%s", name, hintOf(name, inventory.KindNames(), "; 'muster list' lists the kinds"))
}

// resources prepares the query of the flags.
func (c *listCmd) resources(now time.Time) (*inventory.Resources, error) {
	kinds, err := c.kinds()
	if err != nil {
		return nil, err
	}
	q := inventory.ResourceQuery{What: c.What, States: c.State, Tags: c.Tag}
	if q.Since, q.Until, err = parsePeriod(c.Since, c.Until, c.OlderThan, now); err != nil {
		return nil, err
	}
	return inventory.NewResources(kinds, q)
}

// Schema is that of the records of the named kinds; without a kind, that of kinds.
func (c *listCmd) Schema() *shape.Schema {
	if c.Kinds == "" {
		return shape.SchemaOf[kindRecord]()
	}
	plain := listCmd{Kinds: c.Kinds}
	if resources, err := plain.resources(time.Time{}); err == nil {
		return shape.OfGoType(resources.RecordType("Profile", "Role"))
	}
	return shape.SchemaOf[ownerFields]()
}

// SeenKinds are the named kinds, for completion.
func (c *listCmd) SeenKinds() (names []string) {
	kinds, _ := c.kinds()
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// Words lists the states of the named kinds, for completion.
func (c *listCmd) Words(source string) []string {
	if source != "kind-states" || c.Kinds == "" {
		return nil
	}
	plain := listCmd{Kinds: c.Kinds}
	resources, err := plain.resources(time.Time{})
	if err != nil {
		return nil
	}
	return resources.States()
}

func (c *listCmd) Run(ctx context.Context, app *App, g *Global, command *kong.Context) error {
	if c.Kinds == "" {
		return c.listKinds(ctx, app, g, command)
	}
	resources, err := c.resources(app.Now())
	if err != nil {
		return err
	}
	accounts, regional := resources.Scope()
	flags := listFlags{&c.Selection, &c.RegionFlags, &c.SweepFlags, &c.WatchedOutput, &c.PageFlags}
	if !regional {
		flags.regions = nil
		if len(c.Region)+len(c.ExcludeRegion) > 0 && !resources.HaveRegion() {
			app.note("%s are listed for all regions at once: --region has no effect", c.Kinds)
		}
	}
	kinds, _ := c.kinds()
	for _, word := range c.What {
		if slices.Contains(inventory.KindNames(), word) {
			app.note("%s is taken for the name of a resource; commas separate kinds: muster list %s,%s", word, c.Kinds, word)
		}
	}
	record := resources.RecordType(namedOwners(&c.Output)...)
	return list(ctx, app, g, flags, listing[inventory.Resource]{
		noun: c.noun(kinds), what: c.What, view: kindView(kinds, record),
		plan: func(s *sweeper) (plan sweep.Plan[inventory.Resource], err error) {
			regions := s.regions
			if regions == nil {
				if regions, err = c.RegionFlags.finder(s.resolver.API); err != nil {
					return plan, err
				}
			}
			resources.InRegion = regions.Contains
			if len(c.Region)+len(c.ExcludeRegion) == 0 {
				resources.InRegion = nil
			}
			plan.Visit = func(ctx context.Context, p sweep.Place, emit func([]inventory.Resource)) error {
				return resources.Visit(ctx, s.resolver.API, p, emit)
			}
			s.names.kinds = kinds
			plan.NoCredentials = resources.WithoutCredentials()
			plan.WholeAccounts = accounts && regional
			return plan, nil
		},
		id:          func(r *inventory.Resource) string { return r.Kind.Name + " " + r.Region + " " + r.Id },
		recordNames: (*nameRecorder).resource,
		complete:    c.listsAll(accounts),
		compile: func(o render.Options, v render.View) (*render.Printer[inventory.Resource], error) {
			return render.CompileAs(o, v, record, func(r *inventory.Resource) reflect.Value {
				v := reflect.New(record).Elem()
				resources.Fill(v, r)
				return v
			})
		},
	})
}

// listsAll reports whether the flags leave no resource of a visited place out. Regions leave
// out some of those that are listed for the whole account.
func (c *listCmd) listsAll(accounts bool) bool {
	return len(c.What)+len(c.State)+len(c.Tag)+len(c.Since)+len(c.Until)+len(c.OlderThan) == 0 &&
		!(accounts && len(c.Region)+len(c.ExcludeRegion) > 0)
}

// noun names the records in counts.
func (c *listCmd) noun(kinds []*inventory.Kind) string {
	if len(kinds) == 1 {
		return kinds[0].Name
	}
	return "resources"
}

// kindView chooses the columns. With several kinds they are the fields that kinds share.
func kindView(kinds []*inventory.Kind, record reflect.Type) render.View {
	columns := kinds[0].Columns
	v := render.View{ID: "Id", Sort: []string{"AccountId", "Region"}, Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}}}
	if len(kinds) > 1 {
		columns = []string{"Kind", "Id", "Name", "State", "CreatedAt"}
		v.Sort = append(v.Sort, "Kind")
		v.Tree = append(v.Tree, []string{"Kind"})
		v.CSV = []string{"AccountId", "AccountName", "Region", "Kind", "Id", "Name", "Arn", "State", "CreatedAt", "Tags"}
		v.CSV = slices.DeleteFunc(v.CSV, func(name string) bool { return !hasField(record, name) })
		v.Wide = v.CSV
	}
	v.Columns = []render.Column{{Field: "AccountName", Need: 2, Shorten: true}, {Field: "Region", Need: 3}}
	v.Text = []string{"AccountId", "AccountName", "Region"}
	for i, name := range columns {
		if len(kinds) > 1 && !hasField(record, name) {
			continue
		}
		column := render.Column{Field: name, Title: columnTitle(name, columns), Need: 1 + 3*i}
		switch name {
		case "Name":
			column.Shorten = true
		case "State":
			column.Color = stateColor(kinds)
		}
		v.Columns, v.Text = append(v.Columns, column), append(v.Text, name)
	}
	return v
}

// columnTitle returns the last name of a path; the whole path if another column ends in the
// same name.
func columnTitle(path string, columns []string) string {
	last := func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
	for _, other := range columns {
		if other != path && last(other) == last(path) {
			return path
		}
	}
	return last(path)
}

func hasField(record reflect.Type, name string) bool {
	_, found := record.FieldByName(name)
	return found
}

// stateColor returns the color of a state of one of the kinds.
func stateColor(kinds []*inventory.Kind) func(string) render.Color {
	colors := map[string]render.Color{"green": render.Green, "yellow": render.Yellow, "red": render.Red, "faint": render.Faint}
	return func(state string) render.Color {
		for _, k := range kinds {
			if color := k.StateColor(state); color != "" {
				return colors[color]
			}
		}
		return ""
	}
}
