package manual

import (
	"slices"

	"github.com/alecthomas/kong"
)

// page describes a command, or the program. A help page and a man page show the same.
type page struct {
	name     string // "muster", "muster instances"
	about    string // one sentence
	usage    string
	detail   string // paragraphs that a command's Help() adds
	sections sections
	examples []string
}

// section is a list below a heading: arguments, commands, or the flags of a group.
type section struct {
	title   string
	entries []entry
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
func (m Manual) page(command *kong.Node) page {
	if command == nil || command == m.Model.Node {
		return m.programPage()
	}
	p := page{
		name: m.Model.Name + " " + command.Path(), about: command.Help, usage: m.Model.Name + " " + command.Summary(),
		detail: m.Rename(command.Detail), examples: m.examples(command),
	}
	for _, argument := range command.Positional {
		p.sections.add("Arguments", argument.Summary(), argument.Help)
	}
	for _, child := range visible(command) {
		p.sections.add("Commands", child.Name, child.Help)
	}
	for node := command; node != nil; node = node.Parent {
		for _, flag := range node.Flags {
			if !flag.Hidden {
				p.sections.add(groupTitle(flag.Group, "Flags"), flagTerm(flag), flag.Help)
			}
		}
	}
	return p
}

func (m Manual) programPage() page {
	p := page{
		name: m.Model.Name, about: m.Model.Help, usage: m.Model.Name + " COMMAND [flags]", examples: m.examples(m.Model.Node),
	}
	for _, command := range visible(m.Model.Node) {
		p.sections.add(groupTitle(command.Group, "Commands"), command.Name, command.Help)
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
			p.sections.add(groupTitle(flag.Group, "Flags"), flagTerm(flag), text)
		}
	}
	return p
}

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
