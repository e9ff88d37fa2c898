package cli

import (
	"reflect"
	"strings"

	"muster/internal/cli/complete"
)

type manCmd struct {
	Command string `arg:"" optional:"" complete:"commands" help:"Command; without one, muster itself."`
	Below   string `arg:"" optional:"" name:"subcommand" complete:"subcommands" help:"Its subcommand."`
}

func (*manCmd) Examples() []string {
	return []string{
		"muster man | man -l -",
		"muster man instances | man -l -",
		"muster man find > ~/muster-find.1",
	}
}

// Words lists the commands below another, for completion.
func (c *manCmd) Words(source string) []string { return subcommandWords(source, c.Command) }

func (c *manCmd) Run(app *App) error {
	m, err := app.wholeManual()
	if err != nil {
		return err
	}
	return written(m.Man(app.Stdout, strings.TrimSpace(c.Command+" "+c.Below)))
}

// subcommandWords returns the names of the commands below a command.
func subcommandWords(source, command string) (found []string) {
	if source != "subcommands" {
		return nil
	}
	for _, c := range complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars()).Commands {
		if c.Name != command {
			continue
		}
		for _, below := range c.Read(helpVars()).Commands {
			found = append(found, below.Name)
		}
	}
	return found
}
