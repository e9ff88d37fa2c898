package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"muster/internal/catalog"
	"muster/internal/inventory"
)

// listServices prints the services of the catalogue.
func listServices(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range catalog.Services() {
		fmt.Fprintf(columns, "%s\t%s\t%d operations\n", s.Name, s.FullName, s.Reads)
	}
	return columns.Flush()
}

// listOperations prints the operations of a service that read.
func listOperations(w io.Writer, s *catalog.Service) error {
	_, err := io.WriteString(w, strings.Join(operationNames(s), "\n")+"\n")
	return err
}

// explainOperation prints the parameters, the record and an example of an operation.
func explainOperation(w io.Writer, program string, op *catalog.Operation) error {
	var b strings.Builder
	command := fmt.Sprintf("%s aws %s %s", program, op.Service.Name, op.CLIName)
	fmt.Fprintf(&b, "Usage: %s [parameters] [flags]\n\n%s of %s\n", command, op.Name, op.Service.ID)
	example := command
	if parameters := inventory.Parameters(op); len(parameters) > 0 {
		b.WriteString("\nParameters:\n")
		columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, p := range parameters {
			note := ""
			if p.Member.Required {
				note = "required"
				example += " --" + p.Name + " " + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
			}
			if enum := p.Member.Shape.Enum(); len(enum) > 0 && len(enum) <= 8 {
				note = strings.TrimSpace(note + " " + strings.Join(enum, ", "))
			}
			fmt.Fprintf(columns, "  --%s\t%s\t%s\n", p.Name, inventory.Type(p.Member.Shape), note)
		}
		columns.Flush()
	}
	operation, err := inventory.NewOperation(op, nil, "", inventory.Paging{})
	if err != nil {
		return err
	}
	b.WriteString("\nFields of a record:\n")
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range operation.Fields() {
		fmt.Fprintf(columns, "  %s\t%s\n", f.Name, f.Type)
	}
	columns.Flush()
	fmt.Fprintf(&b, "\nExample:\n  %s --all-profiles -o ndjson\n\nMore: %s aws --help\n", example, program)
	_, err = io.WriteString(w, b.String())
	return err
}
