package cli

import (
	"cmp"
	"context"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/cli/complete"
	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/terminal"
)

// isKind reports whether a command line may begin with a word: the name of a kind, or
// several with commas. 'muster volumes' is 'muster list volumes'.
func isKind(word string) bool {
	first, _, _ := strings.Cut(word, ",")
	return inventory.KindName(first) != ""
}

// isCommand reports whether a word alone is the name of a command.
func isCommand(word string) bool {
	commands := complete.ReadGrammar(reflect.TypeFor[grammar](), nil).Commands
	return slices.ContainsFunc(commands, func(c *complete.Command) bool { return c.Name == word && !meansKind(c, []string{word}) })
}

// commandsBelow returns the command that has a name of a kind and commands of its own; nil
// if there is none.
func commandsBelow(kind string) *complete.Command {
	for _, c := range complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars()).Commands {
		if inventory.KindName(c.Name) == kind {
			if whole := c.Read(helpVars()); len(whole.Commands) > 0 {
				return whole
			}
		}
	}
	return nil
}

// meansKind reports whether the name of a command means the kind of the same name: the
// command has commands of its own, and none of them is among words. But a command that has
// only the singular of a kind's name means itself when it is alone, or when its help is asked
// for: muster snapshot, and muster help role.
func meansKind(c *complete.Command, words []string) bool {
	if !slices.Contains(words, c.Name) || !isKind(c.Name) {
		return false
	}
	more := func(word string) bool { return !slices.Contains([]string{c.Name, "help", "man", "--help", "-h"}, word) }
	if inventory.KindName(c.Name) != c.Name && !slices.ContainsFunc(words, more) {
		return false
	}
	below := c.Read(nil).Commands
	return len(below) > 0 && !slices.ContainsFunc(below, func(c *complete.Command) bool { return slices.Contains(words, c.Name) })
}

// kindWords are the names and aliases of all kinds.
func kindWords() []string {
	words := inventory.KindNames()
	for _, entry := range inventory.KindIndex() {
		words = append(words, entry.Aliases...)
	}
	return words
}

// kindsOf returns the names of a service's kinds.
func kindsOf(service string) (names []string) {
	records, _ := kindRecords() // an error shows when the kind is used
	for _, r := range records {
		if r.Service == service {
			names = append(names, r.Name)
		}
	}
	return names
}

// kindValues are the kinds that begin with a prefix, for completion. Aliases are offered
// to those who have begun to type one.
func kindValues(prefix string) (values []complete.Value) {
	for _, entry := range inventory.KindIndex() {
		values = append(values, complete.Value{Text: entry.Name, Help: entry.Title})
	}
	for _, entry := range inventory.KindIndex() {
		for _, alias := range entry.Aliases {
			if prefix != "" && strings.HasPrefix(alias, prefix) {
				values = append(values, complete.Value{Text: alias, Help: entry.Title})
			}
		}
	}
	return values
}

// expandKind returns 'list KIND' for a word that is a kind; nil for another word.
func expandKind(word string) []string {
	if !isKind(word) {
		return nil
	}
	return []string{"list", word}
}

// kindRecord describes a kind, for 'muster list' without a kind.
type kindRecord struct {
	Name, Title          string
	Aliases              []string
	Service, ServiceName string
}

var kindsView = render.View{
	Columns: []render.Column{
		{Field: "Name", Need: 1}, {Field: "Aliases", Need: 3}, {Field: "Title", Need: 2}, {Field: "Service", Need: 4},
	},
	ID:   "Name",
	Sort: []string{"Name"},
	Tree: [][]string{{"ServiceName", "Service"}},
}

// listKinds lists the kinds: by service on a terminal, a line each in a pipe, as records
// with an output flag.
func (c *listCmd) listKinds(ctx context.Context, app *App, g *Global, command *kong.Context) error {
	for _, path := range command.Path {
		f := path.Flag
		switch {
		case f == nil || path.Resolved: // variables of flags may be set for other commands
		case f.Group != nil && slices.Contains([]string{"resources", "select", "regions", "sweep"}, f.Group.Key), f.Name == "watch":
			return usage("--%s needs a kind, as in 'muster list volumes --%s'; 'muster list' lists the kinds", f.Name, f.Name)
		}
	}
	if o := &c.Output; o.Output == "" && o.JQ == "" && o.Query == "" && len(o.Columns)+len(o.SortBy)+len(o.CountBy) == 0 {
		return app.paged(bool(g.NoPager), printKinds)
	}
	printer, err := newRecordPrinter[kindRecord](app, g, &c.Output, kindsView)
	if err != nil {
		return err
	}
	records, err := kindRecords()
	if err != nil {
		return err
	}
	return printer.print(ctx, records)
}

// kindRecords describes all kinds, sorted by name.
func kindRecords() (all []kindRecord, err error) {
	services := map[string]string{}
	for _, s := range catalog.Services() {
		services[s.Name] = s.FullName
	}
	for _, entry := range inventory.KindIndex() {
		k, err := inventory.FindKind(entry.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, kindRecord{k.Name, k.Title, append([]string{}, k.Aliases...), k.Service, services[k.Service]})
	}
	return all, nil
}

func printKinds(w io.Writer) error {
	if terminal.IsTerminal(w) {
		page, err := kindsPage()
		if err != nil {
			return err
		}
		return page.Print(w)
	}
	var b strings.Builder
	for _, entry := range inventory.KindIndex() {
		b.WriteString(entry.Name + "\t" + titleOf(entry.Title, entry.Aliases) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// kindsPage has the kinds of each service below the service's full name.
func kindsPage() (p manual.Page, err error) {
	records, err := kindRecords()
	if err != nil {
		return p, err
	}
	heading := func(r kindRecord) string {
		return strings.TrimPrefix(strings.TrimPrefix(r.ServiceName, "Amazon "), "AWS ")
	}
	slices.SortStableFunc(records, func(a, b kindRecord) int { return cmp.Compare(heading(a), heading(b)) })
	p.Usage = "muster list KIND[,KIND...] [WHAT ...] [flags]"
	p.More = "'muster KIND' is short for 'muster list KIND'. 'muster KIND --help' explains a kind, 'muster help kinds' all of them."
	for _, r := range records {
		p.Add(heading(r), r.Name, titleOf(r.Title, r.Aliases))
	}
	return p, nil
}

// titleOf is a title with the aliases behind it.
func titleOf(title string, aliases []string) string {
	if len(aliases) == 0 {
		return title
	}
	return title + " (" + strings.Join(aliases, ", ") + ")"
}
