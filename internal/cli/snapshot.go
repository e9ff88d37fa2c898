package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/snapshot"
)

type snapshotCmd struct {
	Save  snapshotSaveCmd  `cmd:"" demo:"-" context:"-" help:"Run a listing, and keep its records."`
	List  snapshotListCmd  `cmd:"" demo:"-" context:"-" help:"List the snapshots."`
	Show  snapshotShowCmd  `cmd:"" demo:"-" context:"-" help:"Print the records of a snapshot."`
	Prune snapshotPruneCmd `cmd:"" demo:"-" context:"-" help:"Remove old snapshots."`
}

// Help is the text below the usage line.
func (*snapshotCmd) Help() string {
	return `Keeps what a listing prints, for 'muster diff'. See 'muster help snapshots'. 'muster snapshots' is the kind: it lists EBS snapshots.`
}

// StoreFlag names the folder of the snapshots.
type StoreFlag struct {
	Store string `placeholder:"DIR" group:"compare" complete:"file" help:"Folder of the snapshots (~/.local/share/muster)."`
}

// store returns the user's store of snapshots.
func (f *StoreFlag) store(app *App) (snapshot.Store, error) {
	dir := f.Store
	if dir == "" {
		dir = snapshot.DefaultDir(app.dataHome, app.userHome)
	}
	if dir == "" {
		return snapshot.Store{}, usage("there is no place for snapshots: set HOME or XDG_DATA_HOME, or name a folder with --store DIR")
	}
	return snapshot.Store{Dir: dir}, nil
}

type snapshotListCmd struct {
	StoreFlag `embed:""`
	Output    `embed:""`
}

func (*snapshotListCmd) Examples() []string {
	return []string{"muster snapshot list", "muster snapshot list --sort-by -Time -o name"}
}

// snapshotRecord is a snapshot.
type snapshotRecord struct {
	Name      string
	Selection string // the part of Name that stands for the selection
	Command   string
	Time      string // RFC 3339 UTC
	Records   int
	Accounts  int
	Regions   int
	Gaps      int
	Bytes     int64
	File      string
}

var snapshotView = render.View{
	Columns: []render.Column{
		{Field: "Name", Need: 1},
		{Field: "Command", Need: 3, Shorten: true, Min: 20},
		{Field: "Records", Need: 2},
		{Field: "Accounts", Need: 5},
		{Field: "Regions", Need: 6},
		{Field: "Gaps", Need: 4},
		{Field: "Bytes", Need: 7},
	},
	ID:   "Name",
	Sort: []string{"Selection", "Time", "Name"},
	Tree: [][]string{{"Selection", "Command"}},
}

// Schema describes the records, for completion and --template-help.
func (*snapshotListCmd) Schema() *shape.Schema { return shape.SchemaOf[snapshotRecord]() }

func (c *snapshotListCmd) Run(ctx context.Context, app *App, g *Global) error {
	printer, err := newRecordPrinter[snapshotRecord](app, g, &c.Output, snapshotView)
	if err != nil {
		return err
	}
	store, err := c.store(app)
	if err != nil {
		return err
	}
	all, failed := store.List()
	var records []snapshotRecord
	for _, info := range all {
		records = append(records, snapshotRecord{
			Name: info.Name, Selection: info.Folder(), Command: shownSelection(info.Selection), Time: info.Time.UTC().Format(time.RFC3339),
			Records: info.Records, Accounts: info.Accounts, Regions: info.Regions, Gaps: info.Gaps, Bytes: info.Size, File: info.Path,
		})
	}
	if err := printer.print(ctx, records); err != nil {
		return err
	}
	if len(all)+len(failed) == 0 {
		app.note("no snapshots in %s; 'muster snapshot save' makes one", store.Dir)
	}
	if len(failed) > 0 {
		app.noteAll(failed)
		return &partial{exitPartial}
	}
	return nil
}

func (a *App) noteAll(errs []error) {
	for _, err := range errs {
		a.note("%v", err)
	}
}

type snapshotShowCmd struct {
	Name string `arg:"" optional:"" complete:"snapshots" help:"Name of a snapshot, 'latest', or an age such as 24h."`

	SelectionFlag `embed:""`
	StoreFlag     `embed:""`
	Output        `embed:""`
	Out           string `placeholder:"FILE" group:"output" complete:"file" help:"Write to this file, in one step at the end."`
	PageFlags     `embed:""`
}

func (*snapshotShowCmd) Examples() []string {
	return []string{
		"muster snapshot show latest",
		"muster snapshot show 24h -o html --out yesterday.html",
	}
}

// Schema describes the records of the default listing, for completion. The records of another
// listing have the fields of that one.
func (*snapshotShowCmd) Schema() *shape.Schema { return new(instancesCmd).Schema() }

// Help is the text below the usage line.
func (*snapshotShowCmd) Help() string {
	return `Prints the records as the listing would, in any format. Places that did not answer are listed on stderr, and the exit code is 3.`
}

func (c *snapshotShowCmd) Run(ctx context.Context, app *App, g *Global) error {
	chooser, err := newSnapshotChooser(app, &c.StoreFlag, c.SelectionFlag.Selection)
	if err != nil {
		return err
	}
	info, err := chooser.find(c.Name)
	if err != nil {
		return err
	}
	side, err := keptSide(info)
	if err != nil {
		return err
	}
	output := &WatchedOutput{Output: c.Output, Out: c.Out}
	return app.withSource(ctx, g, info.Selection, false, func(ctx context.Context, source *recordSource) error {
		printer, err := source.printer(output, &c.PageFlags, info.Noun, source.view, source.record)
		if err != nil {
			return err
		}
		err = printer.print(ctx, side.ledger, func(write func(record) error) error {
			return info.Each(func(text []byte) error {
				r, err := readRecord(source.record, text)
				if err != nil {
					return fmt.Errorf("snapshot %s: %w", info.Name, err)
				}
				return write(r)
			})
		})
		if err != nil {
			return err
		}
		if len(side.ledger.Gaps()) > 0 {
			app.noteMissed(info, side.ledger)
			return &partial{exitPartial}
		}
		return nil
	})
}

type snapshotPruneCmd struct {
	Keep   string `required:"" placeholder:"AGE" complete:"none" help:"Keep snapshots that are younger than this, such as 90d."`
	DryRun bool   `help:"List the snapshots that would be removed, but remove none."`

	SelectionFlag `embed:""`
	StoreFlag     `embed:""`
}

func (*snapshotPruneCmd) Examples() []string {
	return []string{"muster snapshot prune --keep 90d", "muster snapshot prune --keep 4w --dry-run"}
}

func (c *snapshotPruneCmd) Run(app *App) error {
	age, ok := parseAge(c.Keep)
	if !ok {
		return usage("--keep %q: expected an age, such as 24h, 90d or 12w", c.Keep)
	}
	store, err := c.store(app)
	if err != nil {
		return err
	}
	histories, failed := store.Histories(c.SelectionFlag.Selection)
	if c.SelectionFlag.Selection != "" && len(histories) == 0 {
		return unknownSelection(c.SelectionFlag.Selection, store)
	}
	limit, removed, bytes := app.Now().Add(-age), 0, int64(0)
	for _, h := range histories {
		for _, info := range h.All {
			if !info.Time.Before(limit) {
				continue
			}
			if c.DryRun {
				app.note("would remove %s", info.Name)
			} else if err := store.Remove(info); err != nil {
				return err
			}
			removed, bytes = removed+1, bytes+info.Size
		}
	}
	if !c.DryRun {
		app.note("removed %s, %s bytes", count(removed, "snapshot"), thousands(int(bytes)))
	}
	app.noteAll(failed)
	return nil
}

// SelectionFlag chooses among the selections of a store.
type SelectionFlag struct {
	Selection string `placeholder:"NAME" group:"compare" complete:"snapshot-selections" help:"Only snapshots whose names begin with this selection, or with a part of it."`
}

// snapshotChooser finds snapshots by what users call them.
type snapshotChooser struct {
	app       *App
	store     snapshot.Store
	histories []*snapshot.History
	failed    []error
	prefix    string
}

func newSnapshotChooser(app *App, flag *StoreFlag, prefix string) (*snapshotChooser, error) {
	store, err := flag.store(app)
	if err != nil {
		return nil, err
	}
	c := &snapshotChooser{app: app, store: store, prefix: prefix}
	c.histories, c.failed = store.Histories(prefix)
	return c, nil
}

// find returns the snapshot with a name, the newest one, or the newest one of an age. "" is
// the newest one.
func (c *snapshotChooser) find(name string) (*snapshot.Info, error) {
	for _, h := range c.histories {
		if info := h.Named(name); info != nil && strings.HasPrefix(name, h.Folder+"/") {
			return info, nil
		}
	}
	for _, err := range c.failed {
		if broken := (*snapshot.BrokenError)(nil); errors.As(err, &broken) && strings.HasSuffix(broken.Path, strings.ReplaceAll(name, "/", string(filepath.Separator))+snapshot.Extension) && name != "" {
			return nil, err
		}
	}
	folder, rest, named := strings.Cut(name, "/")
	if named {
		inner := *c
		inner.prefix = folder
		inner.histories, _ = c.store.Histories(folder)
		name, c = rest, &inner
	}
	h, err := c.history()
	if err != nil {
		return nil, err
	}
	if info := h.Named(name); info != nil {
		return info, nil
	}
	if name == "" || name == snapshot.Newest {
		return h.Latest(), nil
	}
	age, ok := parseAge(name)
	if !ok {
		return nil, usage("no snapshot %q; expected a name that 'muster snapshot list' prints, latest, or an age such as 24h", name)
	}
	return h.Before(c.app.Now().Add(-age))
}

// history returns the snapshots of the chosen selection: of the only one, or else of the one
// that 'snapshot save' has without a command.
func (c *snapshotChooser) history() (*snapshot.History, error) {
	switch {
	case len(c.histories) == 1:
		return c.histories[0], nil
	case len(c.histories) == 0 && c.prefix != "":
		return nil, unknownSelection(c.prefix, c.store)
	case len(c.histories) == 0 && len(c.failed) > 0:
		return nil, c.failed[0]
	case len(c.histories) == 0:
		return nil, fmt.Errorf("no snapshots in %s; 'muster snapshot save' makes one", c.store.Dir)
	}
	if c.prefix == "" {
		if command, err := c.app.parse([]string{defaultListing}); err == nil {
			selection := selectionOf(c.app, command)
			for _, h := range c.histories {
				if h.Latest().Selection.Equal(selection) {
					return h, nil
				}
			}
		}
	}
	slices.SortStableFunc(c.histories, func(a, b *snapshot.History) int { return b.Latest().Time.Compare(a.Latest().Time) })
	var lines []string
	for _, h := range c.histories {
		lines = append(lines, h.Folder+"  "+shownSelection(h.Latest().Selection))
	}
	return nil, usage("the snapshots are of %s; choose one with --selection, the newest is first:\n%s", count(len(lines), "selection"), strings.Join(lines, "\n"))
}

func unknownSelection(prefix string, store snapshot.Store) error {
	return usage("no snapshot of a selection %q in %s; 'muster snapshot list' lists them", prefix, store.Dir)
}

// snapshotNames are the names of the snapshots, for completion.
func (a *App) snapshotNames() []string {
	store, err := (&StoreFlag{Store: a.env[variableName("store")]}).store(a)
	if err != nil {
		return nil
	}
	return append(store.Names(), snapshot.Newest)
}

// snapshotSelections are the selections of the snapshots, for completion.
func (a *App) snapshotSelections() (folders []string) {
	for _, name := range a.snapshotNames() {
		if folder, _, ok := strings.Cut(name, "/"); ok && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// outputFlag returns a flag of a command line that decides how records are printed; "" if
// there is none.
func outputFlag(command *kong.Context) string {
	for _, step := range command.Path {
		if step.Flag == nil || step.Resolved {
			continue
		}
		if group := step.Flag.Group; !selectsRecords(step.Flag) && group != nil && (group.Key == "output" || group.Key == "compare") || step.Flag.Name == "retry-gaps" {
			return step.Flag.Name
		}
	}
	return ""
}
