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

// isKind reports whether a command line may begin with a word: the name of a kind, or
// several with commas. 'muster volumes' is 'muster list volumes'.
func isKind(word string) bool {
	if strings.HasPrefix(word, "-") {
		return false
	}
	first, _, _ := strings.Cut(word, ",")
	k, err := inventory.FindKind(first)
	return k != nil || err != nil // list reports the error
}
