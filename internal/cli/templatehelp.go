package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/render"
)

type templateHelpFlag bool

// BeforeReset shows what templates of the command's records can say, whatever else
// is on the command line.
func (templateHelpFlag) BeforeReset(app *App, parsed *kong.Context) error {
	l := line{command: &syntax{name: parsed.Selected().Name}, given: map[string][]string{}}
	for _, p := range parsed.Path {
		if p.Flag != nil {
			l.given[p.Flag.Name] = nil
		}
	}
	var b strings.Builder
	app.writeTemplateHelp(&b, &l)
	if _, err := io.WriteString(app.Stdout, b.String()); err != nil {
		return &helpError{written(err)}
	}
	parsed.Exit(exitOK)
	return nil
}

func (a *App) writeTemplateHelp(b *strings.Builder, l *line) {
	fields, functions := render.TemplateHelp(l.schema(), a.Now())
	fmt.Fprintf(b, "Usage: %s %s -o 'template=TEXT'\n\n", a.name, l.command.name)
	writeText(b, "TEXT is printed for each record, with what is between << and >> replaced. '"+a.name+" help templates' tells more.", a.helpWidth())
	const widest = 44 // path that the others are lined up with
	path, kind := 0, 0
	for _, f := range fields {
		if n := len(f.Path); n <= widest {
			path = max(path, n)
		}
		kind = max(kind, len(f.Type))
	}
	b.WriteString("\nFields:\n")
	for _, f := range fields {
		fmt.Fprintf(b, "  %-*s  %-*s  %s\n", path, f.Path, kind, f.Type, f.Example)
	}
	b.WriteString("\nFunctions, and what the examples print where each field holds its own name:\n")
	for _, f := range functions {
		fmt.Fprintf(b, "\n  %s\n", f.Usage)
		for _, line := range wrap(f.About, a.helpWidth()-6) {
			fmt.Fprintf(b, "      %s\n", line)
		}
		if f.Example == "" {
			fmt.Fprintln(b, "      (no field of these records is for it)")
		} else {
			fmt.Fprintf(b, "      %s\n        %s\n", f.Example, strings.ReplaceAll(f.Output, "\n", "\n        "))
		}
	}
}
