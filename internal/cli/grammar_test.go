package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
	"muster/internal/render/shape"
)

// TestCommandsDeclareEverything: the declarations beside a command's flags are all that
// help, man pages and completion know of it. TestExamples runs the examples.
func TestCommandsDeclareEverything(t *testing.T) {
	t.Parallel()
	home, environ := completionHome(t)
	config, err := os.OpenFile(filepath.Join(home, ".aws", "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	config.WriteString("[profile acme]\nsaml_provider = command\nsaml_command = assertion\n")
	config.Close()
	environ = withSnapshot(t, environ)
	for _, node := range model(t).Leaves(false) {
		if len(manual.Examples(node)) == 0 {
			t.Errorf("%s has no Examples()", node.Path())
		}
		described, ok := node.Target.Addr().Interface().(interface{ Schema() *shape.Schema })
		printsRecords := slices.ContainsFunc(node.Flags, func(f *kong.Flag) bool { return f.Name == "jq" })
		if printsRecords && (!ok || len(described.Schema().AllFields()) == 0) {
			t.Errorf("%s prints records: it needs a Schema() with fields", node.Path())
		}
		line := append([]string{"__complete"}, strings.Fields(node.Path())...)
		for _, argument := range node.Positional {
			if !argument.Passthrough {
				checkCompletion(t, environ, argument, append(line, ""))
			}
		}
		if node.Path() == "list" {
			line = append(line, "volumes") // without a kind there are no states
		}
		for _, flag := range slices.Concat(node.AllFlags(false)...) {
			if !flag.IsBool() {
				checkCompletion(t, environ, flag.Value, append(line, "--"+flag.Name, ""))
			}
		}
	}
}

// checkCompletion completes an empty value at the end of a line. Unless the value is free
// text, at least one candidate is expected, or names of files.
func checkCompletion(t *testing.T, environ []string, value *kong.Value, line []string) {
	t.Helper()
	source := value.Tag.Get("complete")
	switch {
	case source == "" && value.Enum == "":
		t.Errorf("%q: the value needs an enum, or complete:\"SOURCE\"; complete:\"none\" stands for free text", line)
		return
	case source == "none":
		return
	}
	got := muster(t, environ, line...)
	first, _, _ := strings.Cut(got.stdout, "\n")
	if first != ":0" && (strings.HasPrefix(first, ":") || strings.HasPrefix(first, "--")) {
		t.Errorf("%q: complete:%q offers nothing: %q", line, source, first)
	}
}
