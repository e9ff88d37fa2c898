package cli

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
	"muster/internal/names"
	"muster/internal/render"
)

// commandNames are the commands of the grammar.
func commandNames(model *kong.Application) (names []string) {
	for _, command := range model.Children {
		names = append(names, command.Name)
	}
	return names
}

// takeParameters lets a command that has flags of its own, which the grammar does not
// know, take them off the command line.
func takeParameters(model *kong.Application, args []string) ([]string, error) {
	for i, word := range args {
		if strings.HasPrefix(word, "-") {
			continue
		}
		for _, command := range model.Children {
			taker, ok := command.Target.Addr().Interface().(interface {
				takeParameters(program string, flags []*kong.Flag, args []string) ([]string, error)
			})
			if command.Name != word || !ok {
				continue
			}
			rest, err := taker.takeParameters(model.Name, slices.Concat(command.AllFlags(false)...), args[i+1:])
			return append(slices.Clip(args[:i+1]), rest...), err
		}
		return args, nil
	}
	return args, nil
}

func newParser(g *grammar, app *App) (*kong.Kong, error) {
	return kong.New(g,
		kong.Name(app.name),
		kong.Description(description),
		kong.ExplicitGroups(groups),
		kong.NoDefaultHelp(),
		kong.Writers(app.Stdout, app.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Resolvers(fromEnvironment(app)),
		kong.Vars(helpVars()),
		kong.Bind(app),
		kong.NamedMapper("sortkeys", kong.MapperFunc(decodeSortKeys)),
		kong.NamedMapper("filters", kong.MapperFunc(decodeFilters)),
		kong.NamedMapper("globs", kong.MapperFunc(decodeGlobs)),
	)
}

// decodeSortKeys takes -F for a value, which the parser does of no flag else.
func decodeSortKeys(line *kong.DecodeContext, target reflect.Value) error {
	text, ok := line.Scan.Peek().Value.(string)
	if !ok || strings.HasPrefix(text, "--") {
		return errors.New("expected fields, such as --sort-by LaunchTime,-Name")
	}
	line.Scan.Pop()
	if text != "" {
		target.Set(reflect.AppendSlice(target, reflect.ValueOf(strings.Split(text, ","))))
	}
	return nil
}

// decodeGlobs leaves the commas within a glob's braces, where the parser would
// separate.
func decodeGlobs(line *kong.DecodeContext, target reflect.Value) error {
	var list string
	if err := line.Scan.PopValueInto("string", &list); err != nil {
		return err
	}
	given := slices.DeleteFunc(names.Split(list), func(text string) bool { return text == "" })
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(given)))
	return nil
}

// helpVars are what ${...} means in the help of the grammar.
func helpVars() map[string]string {
	return map[string]string{
		"formats":     strings.Replace(strings.Join(render.Formats(), ", "), "template=,", "template=TEXT,", 1) + "PATH",
		"concurrency": strconv.Itoa(defaultConcurrency),
		"topics":      strings.Join(manual.Topics(), ", "),
	}
}
