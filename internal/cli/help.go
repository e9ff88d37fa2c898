package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"muster/internal/names"
	"muster/internal/terminal"
)

// A page tells of a command. Help shows it on a terminal, man as a manual page.
type page struct {
	name     string // "muster", "muster instances"
	about    string // one sentence
	usage    string
	text     string // what there is to say besides, as in topics
	parts    []part
	examples []string // command lines that work
	more     []string // where to read on
}

// part is a list under a heading: arguments, flags of a kind, commands.
type part struct {
	title   string
	entries []entry
}

type entry struct{ term, text string }

// rootFlags are the flags that the program's own page shows.
var rootFlags = []string{"help", "version", "demo", "debug"}

// pageOf tells of a command, or of the program if it is none.
func pageOf(app *kong.Application, node *kong.Node) page {
	if node == nil || node == app.Node {
		return programPage(app)
	}
	p := page{
		name: app.Name + " " + node.Path(), about: node.Help, usage: app.Name + " " + node.Summary(), text: respelled(app.Name, node.Detail),
		examples: examplesOf(app.Name, node.Name),
	}
	p.more = []string{app.Name + " help output", app.Name + " help exit-codes"}
	var arguments part
	for _, arg := range node.Positional {
		arguments.entries = append(arguments.entries, entry{arg.Summary(), arg.Help})
	}
	for _, child := range node.Children {
		if !child.Hidden {
			arguments.entries = append(arguments.entries, entry{child.Name, child.Help})
		}
	}
	arguments.title = "Arguments"
	p.parts = append([]part{arguments}, flagParts(node.AllFlags(true))...)
	return p
}

// outputFlags are the flags by which most commands print, in the short.
var outputFlags = part{"Output", []entry{
	{"-o FORMAT", "table, json, ndjson, yaml, csv, text, name, template=TEXT, ..."},
	{"--jq EXPR", "What a jq filter makes of each record."},
	{"--columns A,B", "These fields; --sort-by A,-B in this order."},
}}

func programPage(app *kong.Application) page {
	p := page{name: app.Name, about: app.Help, usage: app.Name + " COMMAND [flags]", examples: examplesOf(app.Name, "")}
	for _, group := range groups {
		if group.Key == "other" {
			p.parts = append(p.parts, outputFlags)
		}
		var commands part
		for _, child := range app.Children {
			if !child.Hidden && child.Group != nil && child.Group.Key == group.Key {
				commands.entries = append(commands.entries, entry{child.Name, child.Help})
			}
		}
		commands.title = strings.TrimSuffix(group.Title, ":")
		p.parts = append(p.parts, commands)
	}
	flags := part{title: "Flags of every command"}
	for _, f := range app.Flags {
		if slices.Contains(rootFlags, f.Name) {
			flags.entries = append(flags.entries, entry{flagTerm(f), f.Help})
		}
	}
	p.parts = append(p.parts, flags)
	p.more = []string{app.Name + " COMMAND --help", app.Name + " help " + strings.Join(topicNames(), "|")}
	return p
}

func examplesOf(program, command string) []string {
	var lines []string
	for _, line := range examples[command] {
		lines = append(lines, respelled(program, line))
	}
	return lines
}

// flagParts are the flags by group: a command's own first, the global ones last.
func flagParts(flags [][]*kong.Flag) []part {
	own := part{title: "Flags"}
	grouped := make([]part, len(groups))
	for _, f := range slices.Concat(flags...) {
		e := entry{flagTerm(f), f.Help}
		key := "global"
		if f.Group != nil {
			key = f.Group.Key
		} else if f.Name != "help" {
			own.entries = append(own.entries, e)
			continue
		}
		i := slices.IndexFunc(groups, func(g kong.Group) bool { return g.Key == key })
		grouped[i].title = strings.TrimSuffix(groups[i].Title, ":")
		grouped[i].entries = append(grouped[i].entries, e)
	}
	return append([]part{own}, grouped...)
}

// flagTerm is a flag as it is typed.
func flagTerm(f *kong.Flag) string {
	term := "--" + f.Name
	if f.Short != 0 {
		term = "-" + string(f.Short) + ", " + term
	}
	if f.IsBool() && f.PlaceHolder != "" {
		term += "[=" + f.PlaceHolder + "]"
	} else if !f.IsBool() && !f.IsCounter() {
		term += "=" + f.FormatPlaceHolder()
	}
	return term
}

// write shows the page on lines of a width.
func (p page) write(w io.Writer, width int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n", p.usage)
	writeText(&b, p.about, width)
	if p.text != "" {
		b.WriteByte('\n')
		writeText(&b, p.text, width)
	}
	column := 0 // of what the terms mean; where there is no room, it comes below them
	for _, part := range p.parts {
		for _, e := range part.entries {
			if n := len(e.term); n <= 28 && width >= 60 {
				column = max(column, n)
			}
		}
	}
	for _, part := range p.parts {
		if len(part.entries) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n", part.title)
		for _, e := range part.entries {
			indent := max(column, 4)
			lines := wrap(e.text, width-indent-4)
			if len(e.term) > column {
				fmt.Fprintf(&b, "  %s\n", e.term)
			} else {
				fmt.Fprintf(&b, "  %-*s  %s\n", column, e.term, lines[0])
				lines = lines[1:]
			}
			for _, line := range lines {
				fmt.Fprintf(&b, "  %-*s  %s\n", indent, "", line)
			}
		}
	}
	if len(p.examples) > 0 {
		fmt.Fprintf(&b, "\nExamples:\n  %s\n", strings.Join(p.examples, "\n  "))
	}
	if len(p.more) > 0 {
		b.WriteByte('\n')
		writeText(&b, "More: "+strings.Join(p.more, "; "), width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeText wraps paragraphs; indented lines are left as they are.
func writeText(b *strings.Builder, text string, width int) {
	for i, paragraph := range paragraphs(text) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if !strings.HasPrefix(paragraph, " ") {
			paragraph = strings.Join(wrap(paragraph, width), "\n")
		}
		b.WriteString(paragraph + "\n")
	}
}

func paragraphs(text string) []string {
	return strings.Split(strings.Trim(text, "\n"), "\n\n")
}

// wrap breaks text into lines of at most width characters.
func wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// helpWidth is that of the terminal, within what can be read well.
func (a *App) helpWidth() int {
	width, ok := terminal.Width(a.Stdout)
	if !ok {
		return 80
	}
	return min(max(width, 40), 100)
}

// helpError is help, or a version, that could not be written, which is no mistake
// in the command line.
type helpError struct{ error }

// printHelp is kong's hook for --help.
func (a *App) printHelp(_ kong.HelpOptions, line *kong.Context) error {
	if err := pageOf(line.Model, line.Selected()).write(a.Stdout, a.helpWidth()); err != nil {
		return &helpError{written(err)}
	}
	return nil
}

type helpCmd struct {
	Subject string `arg:"" optional:"" complete:"commands,topics" help:"A command, or accounts, output, templates, exit-codes or environment."`
}

func (c *helpCmd) Run(app *App, line *kong.Context) error {
	if topic := findTopic(c.Subject); topic != nil {
		var b strings.Builder
		writeText(&b, respelled(line.Model.Name, topic.text), app.helpWidth())
		_, err := io.WriteString(app.Stdout, b.String())
		return written(err)
	}
	node, err := findCommand(line.Model, c.Subject, "command or topic", topicNames())
	if err != nil {
		return err
	}
	return written(pageOf(line.Model, node).write(app.Stdout, app.helpWidth()))
}

// findCommand finds a command by name, nil for none. The noun is what the name may
// be of, and others what there is besides commands.
func findCommand(app *kong.Application, name, noun string, others []string) (*kong.Node, error) {
	if name == "" {
		return nil, nil
	}
	known := others
	for _, child := range app.Children {
		if child.Name == name {
			return child, nil
		}
		if !child.Hidden {
			known = append(known, child.Name)
		}
	}
	hint := "see '" + app.Name + " --help'"
	if near := names.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	return nil, usage("no %s %q; %s", noun, name, hint)
}
