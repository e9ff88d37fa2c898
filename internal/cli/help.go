package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
	"muster/internal/inventory"
)

// manual returns the help pages and man pages of the command line.
func (a *App) manual(model *kong.Application) manual.Manual {
	return manual.Manual{
		Model: model, Version: readBuild().version,
		Rename:   func(text string) string { return respelled(a.name, text) },
		Vars:     map[string]func() string{"kinds": func() string { return strings.Join(inventory.KindNames(), ", ") }},
		Subjects: kindWords(),
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

// explainer is a command that has help pages for its arguments. flags are those that it
// takes.
type explainer interface {
	explain(program string, flags []*kong.Flag, arguments []string) (manual.Page, error)
}

// explainArguments prints the help page for the arguments of a command. printed is false
// if there is none.
func (a *App) explainArguments(w io.Writer, command *kong.Node, arguments []string) (printed bool, err error) {
	if command == nil || len(arguments) == 0 {
		return false, nil
	}
	c, ok := command.Target.Addr().Interface().(explainer)
	if !ok {
		return false, nil
	}
	page, err := c.explain(a.name, slices.Concat(command.AllFlags(false)...), arguments)
	if err != nil {
		return false, err
	}
	return true, page.Print(w)
}

// helpError reports that help or the version could not be written. The command line
// is not to blame.
type helpError struct{ error }

type helpFlag bool

// BeforeReset prints help before the rest of the command line is checked.
func (helpFlag) BeforeReset(app *App, line *kong.Context) error {
	var arguments []string
	for _, step := range line.Path {
		if step.Positional != nil {
			arguments = append(arguments, line.Value(step).String())
		}
	}
	err := app.helpPaged(line, func(w io.Writer) error {
		printed, err := app.explainArguments(w, line.Selected(), arguments)
		if err == nil && !printed {
			err = app.manual(line.Model).Help(w, line.Selected())
		}
		return err
	})
	if err != nil {
		return &helpError{err}
	}
	line.Exit(exitOK)
	return nil
}

type helpCmd struct {
	Subject   string `arg:"" optional:"" complete:"commands,topics,kinds" help:"Command, kind, or topic: ${topics}."`
	Service   string `arg:"" optional:"" complete:"help-arguments,subcommands" help:"Service of 'aws', kind of 'list', or subcommand."`
	Operation string `arg:"" optional:"" complete:"aws-operations" help:"Operation of the service."`
}

func (*helpCmd) Examples() []string {
	return []string{
		"muster help instances",
		"muster help volumes",
		"muster help exit-codes",
		"muster help aws ec2 describe-volumes",
	}
}

// Words lists the services or kinds behind a command, and the operations of the named
// service, for completion.
func (c *helpCmd) Words(source string) []string {
	switch {
	case source == "subcommands":
		return subcommandWords(source, c.Subject)
	case source != "help-arguments":
		return operationWords(source, c.Service)
	case c.Subject == "list":
		return inventory.KindNames()
	case c.Subject == "aws":
		return serviceNames()
	}
	return nil
}

func (c *helpCmd) Run(app *App, g *Global, line *kong.Context) error {
	return app.paged(bool(g.NoPager), func(w io.Writer) error { return c.print(app, line, w) })
}

func (c *helpCmd) print(app *App, line *kong.Context, w io.Writer) error {
	m := app.manual(line.Model)
	if below := m.Command(c.Subject + " " + c.Service); c.Service != "" && c.Operation == "" && below != nil {
		return m.Help(w, below)
	}
	if c.Service != "" {
		words := slices.DeleteFunc([]string{c.Service, c.Operation}, func(word string) bool { return word == "" })
		printed, err := app.explainArguments(w, m.Command(c.Subject), words)
		if err == nil && !printed {
			return usage("help has one page about %s; see '%s help %s'", c.Subject, ownName, c.Subject)
		}
		return err
	}
	if !m.Has(c.Subject) && isKind(c.Subject) {
		page, err := new(listCmd).explain(app.name, nil, []string{c.Subject})
		if err != nil {
			return err
		}
		return page.Print(w)
	}
	if !m.Has(c.Subject) { // the program's page, and suggestions for an unknown name
		var err error
		if m, err = app.wholeManual(); err != nil {
			return err
		}
	}
	return m.Explain(w, c.Subject)
}
