package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/inventory"
)

// awsFlags are the flags of muster aws.
func awsFlags(t *testing.T) (flags []*kong.Flag) {
	t.Helper()
	for _, group := range model(t).Children {
		if group.Name != "aws" {
			continue
		}
		for _, all := range group.AllFlags(false) {
			flags = append(flags, all...)
		}
	}
	return flags
}

// TestHelpOfEveryOperation: each page fits its width and names all parameters, and its
// example has them where muster takes them for the operation's.
func TestHelpOfEveryOperation(t *testing.T) {
	t.Parallel()
	flags := awsFlags(t)
	pages, behind := 0, 0
	for _, entry := range catalog.Services() {
		service := catalog.Open(entry.Name)
		checkPage(t, flags, entry.Name)
		for op := range service.Operations() {
			if op.NeedsBearerToken() { // muster cannot call it, and says so
				continue
			}
			pages++
			page := checkPage(t, flags, entry.Name, op.CLIName)
			required := 0
			for _, p := range inventory.Parameters(op) {
				if !strings.Contains(page, "\n  --"+p.Name+" ") && !strings.Contains(page, "\n  --"+p.Name+"\n") {
					t.Errorf("%s %s: no --%s", entry.Name, op.CLIName, p.Name)
				}
				if p.Member.Required {
					required++
				}
			}
			_, example, _ := strings.Cut(page, "\nExamples:\n  muster aws ")
			example, _, _ = strings.Cut(example, "\n")
			c := new(awsCmd)
			if _, err := c.takeParameters(ownName, flags, strings.Fields(example)); err != nil || len(c.parameters) != required {
				t.Errorf("%s: %d of %d required parameters: %v", example, len(c.parameters), required, err)
			}
			if strings.Contains(example, " -- ") {
				behind++
			}
		}
	}
	if pages < 7800 || behind < 5 {
		t.Errorf("%d pages, %d with parameters behind --", pages, behind)
	}
}

// checkPage returns the page of a service or an operation.
func checkPage(t *testing.T, flags []*kong.Flag, arguments ...string) string {
	t.Helper()
	page, err := new(awsCmd).explain(ownName, flags, arguments)
	if err != nil {
		t.Fatalf("%s: %v", arguments, err)
	}
	var b bytes.Buffer
	if err := page.Print(&b); err != nil {
		t.Fatal(err)
	}
	_, wrapped, _ := strings.Cut(b.String(), "\n") // the usage is one line, as the example is
	wrapped, _, _ = strings.Cut(wrapped, "\nExamples:\n")
	for line := range strings.Lines(wrapped) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > 80 && len(strings.Fields(line)) > 1 || strings.TrimRight(line, " ") != line {
			t.Errorf("%s: too wide, or blanks at the end: %q", arguments, line)
		}
	}
	return b.String()
}
