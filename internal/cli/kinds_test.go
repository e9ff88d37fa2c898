package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"muster/internal/cli/complete"
	"muster/internal/inventory"
)

// TestEveryKindIsACommand: a file is all that a kind needs to be a command with help and
// completion.
func TestEveryKindIsACommand(t *testing.T) {
	t.Parallel()
	for _, entry := range inventory.KindIndex() {
		words := append([]string{entry.Name}, entry.Aliases...)
		for _, word := range words {
			if !slices.Equal(expandKind(word), []string{"list", word}) {
				t.Errorf("%s is no short form of list %s", word, entry.Name)
			}
			if isCommand(word) && word != "addresses" { // it lists more than Elastic IPs
				t.Errorf("%s: %s is a command", entry.Name, word)
			}
			offered := func(v complete.Value) bool { return v.Text == word && v.Help == entry.Title }
			if !slices.ContainsFunc(kindValues(word[:1]), offered) {
				t.Errorf("completion does not offer %s", word)
			}
		}
		checkKindPage(t, entry)
	}
}

// checkKindPage checks that the help page of a kind fits and tells everything.
func checkKindPage(t *testing.T, entry inventory.KindEntry) {
	t.Helper()
	c := new(listCmd)
	page, err := c.explain(ownName, nil, []string{entry.Name})
	if err != nil {
		t.Error(err)
		return
	}
	var b bytes.Buffer
	if err := page.Print(&b); err != nil {
		t.Fatal(err)
	}
	text, examples, _ := strings.Cut(b.String(), "\nExamples:\n")
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > 81 && len(strings.Fields(line)) > 1 {
			t.Errorf("%s: too wide: %q", entry.Name, line)
		}
	}
	for _, field := range c.Schema().Fields {
		if name := field.Name; name != "Profile" && name != "Role" && !strings.Contains(text, "\n  "+name+" ") && !strings.Contains(text, "\n  "+name+"\n") {
			t.Errorf("%s: the page lacks the field %s", entry.Name, name)
		}
	}
	for _, line := range strings.Split(examples, "\n")[:2] {
		if !strings.HasPrefix(line, "  muster "+entry.Name+" ") && !strings.HasPrefix(line, "  muster list "+entry.Name+" ") {
			t.Errorf("%s: example %q", entry.Name, line)
		}
	}
}
