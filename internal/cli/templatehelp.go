package cli

import (
	"io"
	"reflect"

	"github.com/alecthomas/kong"

	"muster/internal/render/expr"
	"muster/internal/render/shape"
)

type templateHelpFlag bool

// BeforeReset prints what the templates of a command can use before the rest of the
// command line is checked.
func (templateHelpFlag) BeforeReset(app *App, parsed *kong.Context) error {
	for _, p := range parsed.Path { // kong has set neither flags nor arguments yet, and the schema may depend on them
		switch {
		case p.Flag != nil && p.Flag.Target.Kind() == reflect.Bool:
			p.Flag.Target.SetBool(true)
		case p.Positional != nil && p.Positional.Target.Kind() == reflect.String:
			p.Positional.Target.Set(parsed.Value(p))
		}
	}
	command := parsed.Selected()
	record := command.Target.Addr().Interface().(interface{ Schema() *shape.Schema })
	fields, functions := expr.TemplateHelp(record.Schema(), app.Now())
	err := app.helpPaged(parsed, func(w io.Writer) error {
		return app.manual(parsed.Model).Templates(w, command.Name, fields, functions)
	})
	if err != nil {
		return &helpError{err}
	}
	parsed.Exit(exitOK)
	return nil
}
