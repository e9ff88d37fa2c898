package cli

import (
	"cmp"
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shell"
	"muster/internal/snapshot"
	"muster/internal/sweep"
)

// recordSource is a listing command that prints no records, but gives them to a snapshot or a
// comparison.
type recordSource struct {
	app   *App
	g     *Global
	flags listFlags

	noun     string
	view     render.View
	record   reflect.Type // of the records
	identity []string     // the fields that identify a record
	noise    []string     // as in listing

	// run sweeps and writes the records as ndjson. Its error is that of the sweep's end, with a
	// ledger, or one that left no ledger.
	run func(ctx context.Context, w io.Writer) (*sweep.Ledger, error)
}

func newRecordSource[R any](app *App, g *Global, flags listFlags, l *listing[R]) (*recordSource, error) {
	printer, err := l.compiled(render.Options{Output: "ndjson"})
	if err != nil {
		return nil, err
	}
	source := &recordSource{
		app: app, g: g, flags: flags,
		noun: l.noun, view: l.view, record: printer.Type(), identity: printer.Identity(), noise: l.noise,
	}
	source.run = func(ctx context.Context, w io.Writer) (*sweep.Ledger, error) {
		s, err := flags.prepare(app, g)
		if err != nil {
			return nil, err
		}
		bounded, cancel := s.bound(ctx)
		defer cancel()
		result, err := sweepOnce(bounded, s, l, stream[R](printer.Start(w)))
		if err != nil {
			return nil, err
		}
		return result.ledger, s.conclude(ctx, result)
	}
	return source, nil
}

// fields returns the names of the records' fields.
func (s *recordSource) fields() []string { return shape.OfGoType(s.record).FieldNames() }

// keptProgram stands for the program in the commands of snapshots.
const keptProgram = ownName

// otherFlags are the names of the flags that do not select records: those of the output, the
// comparison, the sweep and the connection.
var otherFlags = sync.OnceValue(func() map[string]bool {
	others := map[string]bool{"help": true, "version": true}
	for _, t := range []reflect.Type{
		reflect.TypeFor[WatchedOutput](), reflect.TypeFor[PageFlags](), reflect.TypeFor[SweepFlags](), reflect.TypeFor[Global](),
	} {
		for _, p := range complete.ReadGrammar(t, nil).Flags {
			others[p.Name] = true
		}
	}
	delete(others, "demo")
	delete(others, "endpoint-url")
	return others
})

// selectsRecords reports whether a flag is one of those that select the records of a listing.
func selectsRecords(flag *kong.Flag) bool { return !otherFlags()[flag.Name] }

// hasRecords reports whether a command can list records of accounts that are no secrets: these
// have no page.
func hasRecords(command reflect.Type) bool {
	_, watched := command.FieldByName("WatchedOutput")
	_, page := command.FieldByName("PageFlags")
	return watched && page
}

// listsRecords reports whether a command line lists such records. A command that may print
// something else has a method listsNames.
func listsRecords(command *kong.Context) bool {
	node := command.Selected()
	if node == nil || !hasRecords(node.Target.Type()) {
		return false
	}
	other, ok := node.Target.Addr().Interface().(interface{ listsNames() bool })
	return !ok || !other.listsNames()
}

// listsNames reports whether the command prints the names of all kinds.
func (c *listCmd) listsNames() bool { return c.Kinds == "" }

// listsNames reports whether the command prints the names of services or operations.
func (c *awsCmd) listsNames() bool { return c.op == nil }

// listingNames are the names of the listing commands.
func listingNames() (names []string) {
	top := complete.ReadGrammar(reflect.TypeFor[grammar](), nil)
	for _, c := range top.Commands {
		if f, ok := reflect.TypeFor[grammar]().FieldByName(c.Field); ok && hasRecords(f.Type) {
			names = append(names, c.Name)
		}
	}
	return names
}

// selectionOf returns the selection of a command line of a listing command: with the flags
// that variables and the context have set.
func selectionOf(app *App, command *kong.Context) snapshot.Selection {
	node := command.Selected()
	s := snapshot.Selection{Command: strings.Fields(node.Path())}
	for _, argument := range node.Positional {
		switch target := argument.Target; target.Kind() {
		case reflect.Slice:
			for i := range target.Len() {
				s.Command = append(s.Command, target.Index(i).String())
			}
		case reflect.String:
			if target.String() != "" {
				s.Command = append(s.Command, target.String())
			}
		}
	}
	sourced := false
	for _, flag := range command.Flags() {
		if !selectsRecords(flag) || flag.Target.IsZero() {
			continue
		}
		sourced = sourced || flag.Name == "demo" || ignoresEnvironment(flag)
		if flag.IsBool() {
			s.Command = append(s.Command, "--"+flag.Name)
			continue
		}
		for _, value := range flagValues(flag) {
			s.Command = append(s.Command, "--"+flag.Name+"="+value)
		}
	}
	if more, ok := node.Target.Addr().Interface().(interface{ parameterWords() []string }); ok {
		s.Command = append(s.Command, more.parameterWords()...)
	}
	if !sourced {
		s.Profile = cmp.Or(app.env["AWS_PROFILE"], app.env["AWS_DEFAULT_PROFILE"])
	}
	return s
}

// parameterWords returns the parameters of the operation as words of the command line.
func (c *awsCmd) parameterWords() (words []string) {
	for _, p := range c.parameters {
		name := "--" + p.Name
		if p.Negated {
			name = "--no-" + p.Name
		}
		words = append(append(words, name), p.Texts...)
	}
	if len(words) > 0 {
		words = append([]string{"--"}, words...)
	}
	return words
}

// shownSelection returns a selection as a user types it, without secrets.
func shownSelection(s snapshot.Selection) string {
	var words []string
	if s.Profile != "" {
		words = append(words, "AWS_PROFILE="+shell.Word(s.Profile))
	}
	words = append(words, keptProgram)
	for _, word := range s.Command {
		flag, value, joined := strings.Cut(word, "=")
		if !joined || !strings.HasPrefix(flag, "--") {
			words = append(words, shownValue("", word))
			continue
		}
		words = append(words, flag, shownValue(flag, value))
	}
	return strings.Join(words, " ")
}

// withSource runs the listing command of a selection up to the point where it would sweep, and
// calls take there. live starts what a sweep needs.
func (a *App) withSource(ctx context.Context, g *Global, s snapshot.Selection, live bool, take func(context.Context, *recordSource) error) error {
	environ, lookupHost := a.Environ, a.LookupHost
	defer func() {
		a.setEnviron(environ)
		a.LookupHost = lookupHost
		a.fixed, a.take = false, nil
	}()
	a.setEnviron(withProfile(environ, s.Profile))
	a.fixed = true
	command, err := a.parse(s.Command)
	switch {
	case err != nil:
		return &keptCommandError{s, err}
	case !listsRecords(command):
		return usage("the command of the snapshot, %s, lists no records of accounts", shownSelection(s))
	}
	demo, endpoint := globalOf(command).Demo, globalOf(command).EndpointURL
	*globalOf(command) = *g
	globalOf(command).Demo, globalOf(command).EndpointURL = demo && live, endpoint
	a.take = take
	return a.run(ctx, command)
}

// keptCommandError means that this muster does not understand the command of a snapshot.
type keptCommandError struct {
	selection snapshot.Selection
	err       error
}

func (e *keptCommandError) Error() string {
	return "the command of the snapshot, " + shownSelection(e.selection) + ": " + e.err.Error()
}

func (e *keptCommandError) Unwrap() error { return e.err }

// withProfile returns an environment with this profile, or with none.
func withProfile(environ []string, profile string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name == "AWS_PROFILE" || name == "AWS_DEFAULT_PROFILE"
	})
	if profile != "" {
		kept = append(kept, "AWS_PROFILE="+profile)
	}
	return kept
}
