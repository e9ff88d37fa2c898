package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/terminal"
)

// listServices prints the names of the services: with their full names in a pipe, so that
// grep finds a service by either.
func listServices(w io.Writer) error {
	if terminal.IsTerminal(w) {
		return manual.Names(w, serviceNames())
	}
	var b strings.Builder
	for _, s := range catalog.Services() {
		b.WriteString(s.Name + "\t" + s.FullName + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// explain returns the help page of a service, or of an operation.
func (c *awsCmd) explain(program string, flags []*kong.Flag, arguments []string) (manual.Page, error) {
	line := newAWSLine(c, program, flags, arguments)
	if err := line.findOperation(); err != nil {
		return manual.Page{}, err
	}
	if c.op == nil {
		return servicePage(program, arguments[0]), nil
	}
	return operationPage(program, c.op, line.flags)
}

func servicePage(program, name string) manual.Page {
	operations := operationNames(catalog.Open(name))
	services := catalog.Services()
	i := slices.IndexFunc(services, func(s catalog.Entry) bool { return s.Name == name })
	command := program + " aws " + name
	p := manual.Page{
		Usage: command + " OPERATION [parameters] [flags]",
		About: fmt.Sprintf("%s: %s that read.", services[i].FullName, count(len(operations), "operation")),
		More:  fmt.Sprintf("'%s OPERATION --help' explains an operation.", command),
	}
	p.AddNames("Operations", operations)
	return p
}

// operationPage explains the parameters and the records of an operation. flags are
// muster's, by the words that name them.
func operationPage(program string, op *catalog.Operation, flags map[string]*kong.Flag) (manual.Page, error) {
	operation, err := inventory.NewOperation(op, nil, "", inventory.Paging{})
	if err != nil {
		return manual.Page{}, err
	}
	command := fmt.Sprintf("%s aws %s %s", program, op.Service.Name, op.CLIName)
	p := manual.Page{
		Usage: command + " [flags]", About: fmt.Sprintf("%s of %s. muster calls it in each region.", op.Name, op.Service.ID),
		More: fmt.Sprintf("'%s aws --help' lists the flags, and '%s help aws' explains records and parameters.", program, program),
	}
	if runsOnce(op) {
		p.About = fmt.Sprintf("%s of %s. muster calls it once for each account.", op.Name, op.Service.ID)
	}
	if op.Deprecated {
		p.About += " AWS has deprecated it."
	}
	var required, behind []string // for the example
	for _, parameter := range inventory.Parameters(op) {
		p.Usage = command + " [parameters] [flags]"
		name, text := "--"+parameter.Name, parameterText(parameter)
		words := &required
		if flags[name] != nil {
			text += ". It goes behind --, because muster has a flag of this name"
			words = &behind
		}
		p.Add("Parameters", name, text)
		if parameter.Member.Required {
			*words = append(*words, exampleOf(parameter)...)
		}
	}
	for _, f := range operation.Fields() {
		p.Add("Fields of a record", f.Name, f.Type)
	}
	if len(behind) > 0 {
		behind = slices.Insert(behind, 0, "--")
	}
	p.Examples = []string{strings.Join(slices.Concat([]string{command}, required, []string{"--all-profiles", "-o", "ndjson"}, behind), " ")}
	return p, nil
}

// exampleOf returns the words of a parameter in an example.
func exampleOf(p inventory.Parameter) []string {
	if _, most := p.Takes(); most == 0 {
		return []string{"--" + p.Name}
	}
	return []string{"--" + p.Name, strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))}
}

// parameterText explains a parameter: its type, its members, its values.
func parameterText(p inventory.Parameter) string {
	shape := p.Member.Shape
	text := inventory.Type(shape)
	inner, each := shape, "one of"
	if shape.Kind() == catalog.List {
		inner, each = shape.Element().Shape, "values are"
	}
	var members []string
	for _, m := range inner.Members() {
		members = append(members, m.Name)
	}
	if len(members) > 0 {
		text += ": " + strings.Join(members, ", ")
	}
	if p.Member.Required {
		text += " (required)"
	}
	if p.Member.Deprecated {
		text += " (deprecated)"
	}
	if values := inner.Enum(); len(values) > 0 {
		text += "; " + each + " " + strings.Join(values, ", ")
	}
	return text
}
