package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"muster/internal/inventory"
)

// listKinds prints the names of all kinds, by service.
func listKinds(w io.Writer) error {
	var kinds []*inventory.Kind
	for _, name := range inventory.KindNames() {
		k, err := inventory.FindKind(name)
		if err != nil {
			return err
		}
		kinds = append(kinds, k)
	}
	slices.SortStableFunc(kinds, func(a, b *inventory.Kind) int { return cmp.Compare(a.Service, b.Service) })
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range kinds {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", k.Service, k.Name, strings.Join(k.Aliases, ", "), k.Title)
	}
	return columns.Flush()
}

// kindCommand makes 'list KIND' of a command that is the name of a kind.
func kindCommand(commands []string, args []string) []string {
	for i, word := range args {
		if strings.HasPrefix(word, "-") {
			continue
		}
		if first, _, _ := strings.Cut(word, ","); !slices.Contains(commands, word) {
			if k, err := inventory.FindKind(first); k != nil || err != nil {
				return slices.Insert(slices.Clone(args), i, "list")
			}
		}
		break
	}
	return args
}
