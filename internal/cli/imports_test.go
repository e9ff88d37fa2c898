package cli

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImportsFlowOneWay lists for each package the packages of muster that it imports.
// An import that is not in the list is an error, and so is an entry without an import.
// README's map of the code has a row for each package.
func TestImportsFlowOneWay(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{
		"names":          {},
		"safe":           {},
		"terminal":       {"safe"},
		"shell":          {},
		"shorthand":      {},
		"contexts":       {"disk", "names"},
		"disk":           {},
		"awsconfig":      {"disk", "names"},
		"secret":         {},
		"browser":        {},
		"catalog":        {},
		"wire":           {"catalog", "names", "xmlscan"},
		"awsapi":         {"catalog", "secret", "timing", "wire"},
		"awssim":         {}, // so that it cannot share muster's mistakes
		"awssim/simtest": {"awssim"},
		"jmespath":       {},
		"render":         {"names", "render/caret", "render/encode", "render/expr", "render/grid", "render/html", "render/parquet", "render/shape", "safe"},
		"render/expr":    {"jmespath", "names", "render/caret", "render/encode", "render/grid", "render/shape", "safe"},
		"render/caret":   {"safe"},
		"render/grid":    {"safe"},
		"render/html":    {"render/encode", "render/shape", "safe"},
		"render/parquet": {"render/encode", "render/shape"},
		"render/encode":  {"jmespath", "render/shape", "safe"},
		"render/shape":   {"jmespath", "names", "render/caret"},
		"auth":           {"auth/awslogin", "auth/botocache", "auth/saml", "auth/sso", "awsapi", "awsconfig", "catalog", "secret", "shell"},
		"auth/sso":       {"auth/botocache", "auth/redirect", "awsapi", "awsconfig"},
		"auth/awslogin":  {"auth/botocache", "auth/redirect", "auth/sso", "awsapi"},
		"auth/saml":      {"safe", "secret"},
		"auth/redirect":  {},
		"auth/botocache": {"disk"},
		"account":        {"auth", "auth/sso", "awsapi", "awsconfig", "catalog", "names", "wire"},
		"sweep":          {"account", "auth", "awsapi", "timing"},
		"timing":         {},
		"pace":           {"disk"},

		"inventory": {"auth", "awsapi", "catalog", "names", "shorthand", "sweep", "wire", "xmlscan"},
		"change":    {"auth", "awsapi", "catalog", "change/write", "disk", "inventory", "names", "sweep", "wire"},
		// Only change and change/deploy may import change/write.
		"change/write":  {"catalog"},
		"change/deploy": {"auth", "awsapi", "catalog", "change/write", "wire"},

		"region":  {"account", "auth", "awsapi", "catalog", "names", "sweep", "wire"},
		"xmlscan": {},

		"child":        {},
		"credserver":   {},
		"seen":         {"disk"},
		"snapshot":     {"disk", "names"},
		"cli/complete": {"awsconfig", "render/expr", "render/shape", "safe", "seen"},
		"cli/manual":   {"names", "render/expr", "terminal"},
		"cli": {
			"account", "auth", "auth/botocache", "auth/saml", "auth/sso", "awsapi", "awsconfig", "awssim", "browser", "catalog", "change", "change/deploy", "child", "cli/complete", "cli/manual", "contexts", "credserver", "disk", "inventory", "names", "pace", "region", "render", "render/encode", "render/expr", "render/html", "render/shape", "safe", "seen", "shell", "shorthand", "snapshot", "sweep", "terminal", "timing",
		},
	}
	imports := map[string][]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "muster/internal/...")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			name := strings.TrimPrefix(words[0], "muster/internal/")
			imports[name] = append(imports[name], words[1:]...)
		}
	}
	for name, paths := range imports {
		for _, path := range paths {
			if own, ok := strings.CutPrefix(path, "muster/internal/"); ok && !slices.Contains(allowed[name], own) {
				t.Errorf("%s imports %s", name, own)
			}
		}
		for _, own := range allowed[name] {
			if !slices.Contains(paths, "muster/internal/"+own) {
				t.Errorf("%s does not import %s: remove the entry", name, own)
			}
		}
	}
	packages := slices.Sorted(maps.Keys(imports))
	if listed := slices.Sorted(maps.Keys(allowed)); !slices.Equal(listed, packages) {
		t.Errorf("the packages are\n%s\nand this test has\n%s", packages, listed)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `internal/([a-z/]+)` \\|").FindAllSubmatch(readme, -1) {
		rows = append(rows, string(row[1]))
	}
	slices.Sort(rows)
	if !slices.Equal(rows, packages) {
		t.Errorf("the packages are\n%s\nand README's map has\n%s", packages, rows)
	}
}
