package cli

import (
	"github.com/alecthomas/kong"

	"muster/internal/render"
)

type templateHelpFlag bool

// BeforeReset prints what the templates of a command can use before the rest of the
// command line is checked.
func (templateHelpFlag) BeforeReset(app *App, parsed *kong.Context) error {
	l := line{command: &syntax{name: parsed.Selected().Name}, given: map[string][]string{}}
	for _, p := range parsed.Path {
		if p.Flag != nil {
			l.given[p.Flag.Name] = nil
		}
	}
	fields, functions := render.TemplateHelp(l.schema(), app.Now())
	if err := app.manual(parsed.Model).Templates(app.Stdout, parsed.Selected().Name, fields, functions); err != nil {
		return &helpError{written(err)}
	}
	parsed.Exit(exitOK)
	return nil
}
