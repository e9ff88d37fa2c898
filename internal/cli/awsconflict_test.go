package cli

import (
	"slices"
	"testing"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/inventory"
)

// TestNamesOfBoth: each name that a flag of muster shares with a parameter of some
// operation is muster's in front of --, and the operation's behind it.
func TestNamesOfBoth(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&grammar{}, &App{name: "muster"})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "aws" })
	flags := slices.Concat(parser.Model.Children[at].AllFlags(false)...)
	muster := map[string]*kong.Flag{}
	for _, f := range flags {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			muster[name] = f
		}
	}
	shared := map[string]bool{}
	for _, e := range catalog.Services() {
		for op := range catalog.Open(e.Name).Operations() {
			for _, p := range inventory.Parameters(op) {
				if muster[p.Name] == nil || shared[p.Name] || p.Name == "help" {
					continue
				}
				shared[p.Name] = true
				words := []string{"--" + p.Name}
				if least, most := p.Takes(); least > 0 || most > 0 {
					words = append(words, "value")
				}
				command := new(awsCmd)
				rest, err := command.takeParameters("muster", flags, slices.Concat([]string{e.Name, op.CLIName, "--"}, words))
				if err != nil || len(rest) != 2 || len(command.parameters) != 1 || command.parameters[0].Name != p.Name {
					t.Errorf("%s %s -- %q: %v, %q, %+v", e.Name, op.CLIName, words, err, rest, command.parameters)
				}
				command = new(awsCmd)
				rest, err = command.takeParameters("muster", flags, slices.Concat([]string{e.Name, op.CLIName}, words))
				if err != nil && !muster[p.Name].IsBool() || err == nil && len(rest) != 2+len(words) || len(command.parameters) > 0 {
					t.Errorf("%s %s %q: %v, %q, %+v", e.Name, op.CLIName, words, err, rest, command.parameters)
				}
			}
		}
	}
	for _, name := range []string{"account", "external-id", "role", "sort-by"} {
		if !shared[name] {
			t.Errorf("no operation has a parameter --%s", name)
		}
	}
}
