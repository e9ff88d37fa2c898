package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestREADMEKinds compares the README's table of kinds with the kinds. UPDATE_README writes
// the table.
func TestREADMEKinds(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`(?s)<!-- kinds -->\n.*<!-- end of kinds -->\n`)
	table := []byte("<!-- kinds -->\n" + kindTable(t) + "<!-- end of kinds -->\n")
	updated := place.ReplaceAllLiteral(text, table)
	if !bytes.Contains(updated, table) {
		t.Fatal("the README has no place for the table: <!-- kinds --> and <!-- end of kinds -->")
	}
	if os.Getenv("UPDATE_README") != "" {
		if err := os.WriteFile(path, updated, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(text, updated) {
		t.Errorf("the README's table of kinds is old (UPDATE_README=1 go test writes it):\n%s", table)
	}
}

// kindTable is a table in Markdown: a row for each service with several kinds, and one for
// all others.
func kindTable(t *testing.T) string {
	t.Helper()
	records, err := kindRecords()
	if err != nil {
		t.Fatal(err)
	}
	const several, others = 3, "others"
	kinds := map[string][]string{}
	for _, r := range records {
		kinds[r.ServiceName] = append(kinds[r.ServiceName], "`"+r.Name+"`")
	}
	var services []string
	var rest []string
	for service, names := range kinds {
		if len(names) < several {
			rest = append(rest, names...)
		} else {
			services = append(services, service)
		}
	}
	slices.Sort(rest)
	kinds[others] = rest
	slices.SortFunc(services, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(kinds[b]), len(kinds[a])), cmp.Compare(a, b))
	})
	var b strings.Builder
	b.WriteString("| service | kinds |\n| --- | --- |\n")
	for _, service := range append(services, others) {
		fmt.Fprintf(&b, "| %s | %s |\n", service, strings.Join(kinds[service], ", "))
	}
	return b.String()
}
