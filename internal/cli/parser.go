package cli

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
	"muster/internal/cli/manual"
	"muster/internal/names"
	"muster/internal/render"
)

// parserFor returns a parser for a command line, and its trace of the line. The flags of
// all commands take 10 ms to build, so the parser knows only the commands whose names are
// among the words. If the line selects no command, it is about the whole program: the
// parser knows all commands. In the trace, the name of a kind is 'list KIND'.
func parserFor(app *App, args []string) (*kong.Kong, *kong.Context, error) {
	parser, err := newParser(grammarOf(args), app)
	if err != nil {
		return nil, nil, err
	}
	line, err := kong.Trace(parser, args)
	if err != nil || line.Selected() != nil {
		return parser, line, err
	}
	unknown := line.Path[len(line.Path)-1].Remainder()
	if len(unknown) > 0 && isKind(unknown[0]) {
		return parserFor(app, slices.Insert(slices.Clone(args), len(args)-len(unknown), "list"))
	}
	parser, err = newParser(new(grammar), app)
	return parser, line, err
}

// grammarOf returns a pointer to a struct like grammar, without the commands whose names
// are not among words.
func grammarOf(words []string) any {
	whole := reflect.TypeFor[grammar]()
	fields := reflect.VisibleFields(whole)
	unnamed := map[string]bool{}
	for _, c := range complete.ReadGrammar(whole, nil).Commands {
		unnamed[c.Field] = !slices.Contains(words, c.Name) || meansKind(c, words)
	}
	fields = slices.DeleteFunc(fields, func(f reflect.StructField) bool { return len(f.Index) > 1 || unnamed[f.Name] })
	for i := range fields {
		fields[i].Anonymous = false // StructOf embeds no types with methods; kong goes by the tag
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

// newParser returns a parser of a grammar.
func newParser(grammar any, app *App) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name(app.name),
		kong.Description(description),
		kong.ExplicitGroups(groups),
		kong.NoDefaultHelp(),
		kong.Writers(app.Stdout, app.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Resolvers(fromElsewhere(app)),
		kong.Vars(helpVars()),
		kong.Bind(app),
		kong.NamedMapper("sortkeys", kong.MapperFunc(decodeSortKeys)),
		kong.NamedMapper("filters", kong.MapperFunc(decodeFilters)),
		kong.NamedMapper("globs", kong.MapperFunc(decodeGlobs)),
		kong.NamedMapper("arns", kong.MapperFunc(decodeARNs)),
		kong.NamedMapper("when", kong.MapperFunc(decodeWhen)),
	)
}

// takeParameters lets the selected command take words off the command line that the
// grammar does not know, such as the parameters of an operation.
func takeParameters(line *kong.Context) (args []string, err error) {
	for _, step := range line.Path {
		if step.Command == nil {
			continue
		}
		taker, ok := step.Command.Target.Addr().Interface().(interface {
			takeParameters(program string, flags []*kong.Flag, args []string) ([]string, error)
		})
		if !ok { // the command below it may
			continue
		}
		words := step.Remainder()
		before := line.Args[:len(line.Args)-len(words)]
		rest, err := taker.takeParameters(line.Model.Name, slices.Concat(step.Command.AllFlags(false)...), words)
		return slices.Concat(before, rest), err
	}
	return line.Args, nil
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

// decodeARNs separates ARNs at the commas between them. The name of a role may contain commas.
func decodeARNs(line *kong.DecodeContext, target reflect.Value) error {
	var list string
	if err := line.Scan.PopValueInto("string", &list); err != nil {
		return err
	}
	given := strings.Split(strings.ReplaceAll(list, ",arn:", "\narn:"), "\n")
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(given)))
	return nil
}

// decodeWhen takes the words of git, grep and ls for those of the AWS CLI.
func decodeWhen(line *kong.DecodeContext, target reflect.Value) error {
	var when string
	if err := line.Scan.PopValueInto("string", &when); err != nil {
		return err
	}
	target.SetString(cmp.Or(map[string]string{"always": "on", "never": "off"}[when], when))
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

// hasTag reports whether a command, or one above it, has a tag with a value.
func hasTag(node *kong.Node, tag, value string) bool {
	for ; node != nil; node = node.Parent {
		if node.Tag != nil && node.Tag.Get(tag) == value {
			return true
		}
	}
	return false
}
