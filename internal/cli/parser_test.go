package cli

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
)

// TestParserOfOneCommand: a command line that names a command builds that command alone,
// and every other line builds all commands.
func TestParserOfOneCommand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want []string // nil: all
	}{
		{[]string{"instances"}, []string{"instances"}},
		{[]string{"--demo", "whoami", "--help"}, []string{"whoami"}},
		{[]string{"--ca-bundle", "x", "aws", "ec2", "describe-volumes"}, []string{"aws"}},
		{[]string{"--color", "on", "volumes", "--state", "available"}, []string{"list"}},
		{[]string{"help", "find"}, []string{"find", "help"}},
		{[]string{"instances", "--unknown"}, []string{"instances"}},
		{[]string{"--help"}, nil},
		{[]string{"instnces", "find"}, nil},
		{[]string{"-o", "json", "instances"}, nil},
		{[]string{"--ca-bundle", "instances", "--help"}, nil},
	} {
		app := &App{}
		app.prepare(context.Background())
		parser, _, err := parserFor(app, test.args)
		if err != nil {
			t.Fatal(err)
		}
		var built []string
		for _, command := range parser.Model.Children {
			built = append(built, command.Name)
		}
		all := complete.ReadGrammar(reflect.TypeFor[grammar](), nil).Commands
		if !slices.Equal(built, test.want) && (test.want != nil || len(built) != len(all)) {
			t.Errorf("%q builds %q, want %q", test.args, built, test.want)
		}
	}
}

// TestParserAgainstWhole: a parser of the named commands says of every command line the
// same as a parser of the whole grammar.
func TestParserAgainstWhole(t *testing.T) {
	t.Parallel()
	judge := func(parser func(*App, []string) (*kong.Kong, error), args []string) string {
		app := &App{Args0: "muster"}
		app.prepare(context.Background())
		p, err := parser(app, args)
		if err != nil {
			t.Fatal(err)
		}
		line, err := p.Parse(args)
		if err != nil {
			return parseError(err, args).Error()
		}
		return fmt.Sprintf("%s %v", line.Command(), line.FlagValue(line.Flags()[2]))
	}
	named := func(app *App, args []string) (*kong.Kong, error) {
		parser, _, err := parserFor(app, args)
		return parser, err
	}
	whole := func(app *App, _ []string) (*kong.Kong, error) { return newParser(new(grammar), app) }
	words := []string{
		"instances", "aws", "instnces", "--demo", "--ca-bundle", "--endpoint-url=find", "-o", "--", "-x",
	}
	lines := [][]string{{"instances", "-o", "json", "find"}, {"--ca-bundle", "find", "instances", "--regoin"}, {"--demo", "aws", "ec2", "--", "--role"}}
	for _, first := range words {
		lines = append(lines, []string{first})
		for _, second := range words {
			lines = append(lines, []string{first, second})
		}
	}
	for _, args := range lines {
		if got, want := judge(named, args), judge(whole, args); got != want {
			t.Errorf("%q: %q, the whole grammar says %q", args, got, want)
		}
	}
}
