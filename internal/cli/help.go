package cli

import (
	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
)

// manual returns the help pages and man pages of the command line.
func (a *App) manual(model *kong.Application) manual.Manual {
	return manual.Manual{
		Model: model, Version: readBuild().version,
		Rename: func(text string) string { return respelled(a.name, text) },
	}
}

// helpError reports that help or the version could not be written. The command line
// is not to blame.
type helpError struct{ error }

type helpFlag bool

// BeforeReset prints help before the rest of the command line is checked.
func (helpFlag) BeforeReset(app *App, line *kong.Context) error {
	if err := app.manual(line.Model).Help(app.Stdout, line.Selected()); err != nil {
		return &helpError{written(err)}
	}
	line.Exit(exitOK)
	return nil
}

type helpCmd struct {
	Subject string `arg:"" optional:"" complete:"commands,topics" help:"Command, or topic: ${topics}."`
}

func (*helpCmd) Examples() []string {
	return []string{
		"muster help instances",
		"muster help output",
		"muster help exit-codes",
	}
}

func (c *helpCmd) Run(app *App, line *kong.Context) error {
	return written(app.manual(line.Model).Explain(app.Stdout, c.Subject))
}
