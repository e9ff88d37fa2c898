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

// wholeManual returns the pages of all commands.
func (a *App) wholeManual() (manual.Manual, error) {
	parser, err := newParser(new(grammar), a)
	if err != nil {
		return manual.Manual{}, err
	}
	return a.manual(parser.Model), nil
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
	m := app.manual(line.Model)
	if !m.Has(c.Subject) { // the program's page, and suggestions for an unknown name
		var err error
		if m, err = app.wholeManual(); err != nil {
			return err
		}
	}
	return written(m.Explain(app.Stdout, c.Subject))
}
