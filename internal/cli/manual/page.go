package manual

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"
)

// Page describes a command, the program, or a subject of a command's arguments. A help
// page and a man page show the same.
type Page struct {
	Usage    string
	About    string // one sentence
	Detail   string // paragraphs
	Examples []string
	More     string // the last line of a help page

	name     string // "muster", "muster instances"
	sections sections
}

// Add adds a term and its explanation below a heading. Headings keep their order.
func (p *Page) Add(title, term, text string) { p.sections.add(title, term, text) }

// AddNames adds a heading with names below it.
func (p *Page) AddNames(title string, names []string) {
	p.sections = append(p.sections, section{title: title, names: names})
}

// section is a list below a heading: arguments, commands, or the flags of a group.
type section struct {
	title   string
	entries []entry
	names   []string // instead of entries
}

type entry struct{ term, text string }

// sections keeps the order in which its titles were first used.
type sections []section

func (s *sections) add(title, term, text string) {
	i := slices.IndexFunc(*s, func(s section) bool { return s.title == title })
	if i < 0 {
		i = len(*s)
		*s = append(*s, section{title: title})
	}
	(*s)[i].entries = append((*s)[i].entries, entry{term, text})
}

// page describes a command; nil means the program.
func (m Manual) page(command *kong.Node) Page {
	if command == nil || command == m.Model.Node {
		return m.programPage()
	}
	p := Page{
		name: m.Model.Name + " " + command.Path(), About: command.Help, Usage: m.Model.Name + " " + Arguments(command.Summary()),
		Detail: m.Rename(command.Detail), Examples: m.examples(command), More: m.topicsLine(),
	}
	if own, ok := command.Target.Addr().Interface().(interface{ Usage() string }); ok {
		p.Usage = m.Model.Name + " " + own.Usage()
	}
	for _, argument := range command.Positional {
		p.Add("Arguments", Arguments(argument.Summary()), argument.Help)
	}
	for _, child := range visible(command) {
		p.Add("Commands", child.Name, child.Help)
	}
	for node := command; node != nil; node = node.Parent {
		for _, flag := range node.Flags {
			if !flag.Hidden {
				p.Add(groupTitle(flag.Group, "Flags"), flagTerm(flag), flag.Help)
			}
		}
	}
	return p
}

func (m Manual) programPage() Page {
	p := Page{
		name: m.Model.Name, About: m.Model.Help, Usage: m.Model.Name + " COMMAND [flags]", Examples: m.examples(m.Model.Node), More: m.topicsLine(),
	}
	for _, command := range visible(m.Model.Node) {
		p.Add(groupTitle(command.Group, "Commands"), command.Name, command.Help)
	}
	shown := map[string]bool{}
	for _, node := range append(m.Model.Leaves(true), m.Model.Node) {
		for _, flag := range node.Flags {
			if !flag.Tag.Has("overview") || shown[flag.Name] {
				continue
			}
			shown[flag.Name] = true
			text := flag.Tag.Get("overview")
			if text == "" {
				text = flag.Help
			}
			p.Add(groupTitle(flag.Group, "Flags"), flagTerm(flag), text)
		}
	}
	return p
}

// Arguments writes the names of arguments in a text of kong's as flags write those of their
// values: NAME for <name>.
func Arguments(text string) string {
	return argumentName().ReplaceAllStringFunc(text, func(name string) string { return strings.ToUpper(strings.Trim(name, "<>")) })
}

var argumentName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<[^<>]+>`) })

func groupTitle(group *kong.Group, otherwise string) string {
	if group == nil {
		return otherwise
	}
	return group.Title
}

// flagTerm shows how a flag is typed: "-o, --output=FORMAT".
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
