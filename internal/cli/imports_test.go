package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsFlowOneWay keeps the house as the README's map has it: what each
// package may import of muster's own.
func TestImportsFlowOneWay(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{
		"names":          {},
		"safe":           {},
		"terminal":       {"safe"},
		"shell":          {},
		"shorthand":      {},
		"disk":           {},
		"awsconfig":      {"disk", "names"},
		"secret":         {},
		"awsapi":         {"secret"},
		"awssim":         {}, // so that it cannot share muster's mistakes
		"jmespath":       {},
		"render":         {"jmespath", "names", "safe"},
		"auth":           {"auth/botocache", "awsapi", "awsconfig", "disk", "secret", "shell"},
		"auth/botocache": {"disk"},
		"account":        {"auth", "awsapi", "awsconfig", "names"},
		"sweep":          {"account", "auth", "awsapi"},
		"inventory":      {"account", "auth", "awsapi", "names", "shorthand", "sweep"},
		"child":          {},
		"credserver":     {},
		"seen":           {"disk"},
		"cli": {
			"account", "auth", "awsapi", "awsconfig", "awssim", "child", "credserver", "disk", "inventory", "names", "render", "safe", "seen", "shell", "shorthand", "sweep", "terminal",
		},
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "muster/internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], "muster/internal/")
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s has no place in the house", name)
		}
		for _, path := range words[1:] {
			if own, ok := strings.CutPrefix(path, "muster/internal/"); ok && !slices.Contains(may, own) {
				t.Errorf("%s imports %s", name, own)
			}
		}
	}
}
