package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/render/shape"
)

// explain returns the help page of the kinds that the first argument names.
func (c *listCmd) explain(program string, _ []*kong.Flag, arguments []string) (p manual.Page, err error) {
	c.Kinds = arguments[0]
	kinds, err := c.kinds()
	if err != nil {
		return p, err
	}
	resources, err := inventory.NewResources(kinds, inventory.ResourceQuery{})
	if err != nil {
		return p, err
	}
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	name := strings.Join(names, ",")
	command, short := program+" list "+name, ""
	if !isCommand(name) {
		short = "'" + program + " " + name + "' is short for '" + command + "'. "
		command = program + " " + name
	}
	p = manual.Page{
		Usage: command + " [WHAT ...] [flags]", About: aboutKinds(kinds, resources),
		Detail:   short + "WHAT is an id, a name or an ARN (globs), an IP address or a CIDR block.",
		Examples: kindExamples(command, kinds, resources),
		More:     "'" + program + " list --help' lists the flags, and '" + program + " help kinds' explains records and arguments.",
	}
	if above := commandsBelow(name); above != nil {
		title := "Commands"
		if above.Name != name { // the singular
			title += " of " + program + " " + above.Name
		}
		for _, c := range above.Commands {
			p.Add(title, c.Name, c.Help)
		}
	}
	for _, k := range kinds {
		addKind(&p, k)
	}
	if states := resources.States(); states != nil {
		p.Add("The kind", "states", strings.Join(states, ", "))
	}
	p.Add("The kind", "IAM actions", orNone(resources.Actions()))
	for _, f := range shape.OfGoType(resources.RecordType()).Fields {
		p.Add("Fields of a record", f.Name, fieldText(f.Schema))
	}
	return p, nil
}

// aboutKinds says what the kinds are and where they are listed.
func aboutKinds(kinds []*inventory.Kind, resources *inventory.Resources) string {
	var titles []string
	for _, k := range kinds {
		titles = append(titles, k.Title)
	}
	title := strings.Join(titles, "; ")
	title = strings.ToUpper(title[:1]) + title[1:]
	switch accounts, regions := resources.Scope(); {
	case accounts && regions:
		return title + ". muster lists them in each region, and some once for each account."
	case accounts:
		return title + ". muster lists them once for each account."
	}
	return title + ". muster lists them in each region."
}

// addKind adds a kind's names, its id and its default columns.
func addKind(p *manual.Page, k *inventory.Kind) {
	p.Add("The kind", "names", strings.Join(slices.Concat([]string{k.Name}, k.Aliases), ", "))
	p.Add("The kind", "id", k.ID())
	p.Add("The kind", "columns", strings.Join(k.Columns, ", "))
}

// kindExamples are command lines of these kinds, whatever they have.
func kindExamples(command string, kinds []*inventory.Kind, resources *inventory.Resources) []string {
	fields := resources.RecordType()
	if resources.WithoutCredentials() { // of the accounts: an SSO session leads to the resources
		return []string{command + " --sso-session freddy-sso", command + " --sso-session freddy-sso --count-by Id"}
	}
	examples := []string{command + " --all-profiles -o wide"}
	if states := resources.States(); len(states) > 0 {
		i := max(0, slices.IndexFunc(states, func(s string) bool { return kinds[0].StateColor(s) == "green" }))
		examples = append(examples, command+" --all-profiles --state "+states[i]+" --count-by AccountName,Region")
	}
	if hasField(fields, "CreatedAt") {
		examples = append(examples, command+" --all-profiles --older-than 90d --sort-by CreatedAt")
	}
	return append(examples, command+" 'web*' --organization --role EC2ReadAccess --jq .Id")
}

// fieldText is the type of a field. An object has the names of its members.
func fieldText(s *shape.Schema) string {
	text := s.String()
	if s.Format == shape.Timestamp {
		text = "timestamp"
	}
	for s.Kind == shape.List {
		s = s.Elem
	}
	if names := s.FieldNames(); s.Kind == shape.Object && len(names) > 0 {
		text += ": " + strings.Join(names, ", ")
	}
	return text
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
