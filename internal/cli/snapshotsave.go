package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/snapshot"
	"muster/internal/sweep"
)

// defaultListing is the command of 'snapshot save' without a command.
const defaultListing = "instances"

type snapshotSaveCmd struct {
	// It is for help and completion. takeParameters sets words instead.
	Command []string `arg:"" optional:"" passthrough:"" complete:"listings" help:"A command that lists records, with its flags (instances)."`

	StoreFlag `embed:""`

	words []string
}

func (*snapshotSaveCmd) Examples() []string {
	return []string{
		"muster snapshot save --all-profiles",
		"muster snapshot save instances --organization --role EC2ReadAccess",
		"muster snapshot save list volumes --all-profiles --region 'eu-*'",
	}
}

// Usage is the usage line.
func (*snapshotSaveCmd) Usage() string { return "snapshot save [COMMAND ...] [flags of the command]" }

// Help is the text below the usage line.
func (*snapshotSaveCmd) Help() string {
	return `Runs a command such as instances, volumes or accounts, and keeps all fields of its records, and which places answered. Snapshots of the same command with the same flags can be compared: see 'muster help snapshots'.

Places that did not answer are gaps, as in the listing itself: the snapshot is kept, and the exit code is 3. If nothing answered, or after an interrupt, none is kept.`
}

// takeParameters takes the listing command off the command line. Its flags are not those of
// this command, except --store.
func (c *snapshotSaveCmd) takeParameters(_ string, flags []*kong.Flag, args []string) (rest []string, err error) {
	own := newFlagWords(flags)
	for i := 0; i < len(args); {
		f, n := own.at(args, i)
		switch {
		case args[i] == "--":
			c.words = append(c.words, args[i:]...)
			i = len(args)
		case f != nil && f.Name == "help":
			return []string{"--help"}, nil
		case f != nil && f.Name == "store":
			rest = append(rest, args[i:i+n]...)
			i += n
		default:
			c.words = append(c.words, args[i])
			i++
		}
	}
	if first := own.skip(c.words, 0); first == len(c.words) || strings.HasPrefix(c.words[first], "-") {
		c.words = append([]string{defaultListing}, c.words...)
	}
	return rest, nil
}

func (c *snapshotSaveCmd) Run(ctx context.Context, app *App, g *Global, line *kong.Context) error {
	store, err := c.store(app)
	if err != nil {
		return err
	}
	command, err := app.parseListing(append(globalWords(line), c.words...))
	if err != nil {
		return err
	}
	if flag := outputFlag(command); flag != "" {
		return usage("--%s cannot be used with 'snapshot save', which keeps whole records of all places", flag)
	}
	selection := selectionOf(app, command)
	app.take = func(ctx context.Context, source *recordSource) error {
		return saveSnapshot(ctx, store, selection, source)
	}
	return app.run(ctx, command)
}

// globalWords returns the global flags in front of a command, as words of a command line.
func globalWords(line *kong.Context) (words []string) {
	for _, step := range line.Path {
		if step.Flag != nil && !step.Resolved && step.Flag.Group != nil && step.Flag.Group.Key == "global" {
			words = append(words, fmt.Sprintf("--%s=%v", step.Flag.Name, line.FlagValue(step.Flag)))
		}
	}
	return words
}

// parseListing parses the command line of a listing command.
func (a *App) parseListing(words []string) (*kong.Context, error) {
	command, err := a.parse(words)
	if err == nil && !listsRecords(command) {
		return nil, usage("%s lists no records of accounts; expected a listing such as instances, list volumes or accounts", command.Selected().Path())
	}
	return command, err
}

// saveSnapshot keeps the records of a listing, and says so.
func saveSnapshot(ctx context.Context, store snapshot.Store, selection snapshot.Selection, source *recordSource) error {
	app := source.app
	writer, err := store.Create(ctx, selection)
	if err != nil {
		return fmt.Errorf("no snapshot is kept: %w", err)
	}
	defer writer.Discard()
	meta := snapshot.Meta{
		Selection: selection, Noun: source.noun, Time: app.Now().UTC().Truncate(time.Second), Fields: source.fields(), Version: readBuild().version,
	}
	ledger, ended := source.run(ctx, writer)
	if ledger == nil {
		if errors.As(ended, new(*os.PathError)) {
			ended = fmt.Errorf("no snapshot is kept: %w", ended)
		}
		return ended
	}
	if end := (*partial)(nil); ended != nil && (!errors.As(ended, &end) || end.code != exitPartial) {
		app.note("no snapshot is kept")
		return ended
	}
	info, err := commitSnapshot(writer, meta, ledger)
	if err != nil {
		return fmt.Errorf("no snapshot is kept: %w", err)
	}
	if !source.flags.sweep.Quiet {
		text := ""
		if info.Gaps > 0 {
			text = "; " + count(info.Gaps, "gap")
		}
		app.note("kept %s: %s in %s%s", info.Name, quantity(info.Records, info.Noun), places(info.Accounts, info.Regions), text)
	}
	return ended
}

func commitSnapshot(writer *snapshot.Writer, meta snapshot.Meta, ledger *sweep.Ledger) (*snapshot.Info, error) {
	meta.Records, meta.Accounts, meta.Regions = ledger.Count()
	meta.Gaps, meta.DurationMs = len(ledger.Gaps()), ledger.Duration().Milliseconds()
	report, err := ledger.Report()
	if err != nil {
		return nil, err
	}
	return writer.Commit(meta, report)
}
