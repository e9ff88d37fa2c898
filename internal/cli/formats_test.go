package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/cli/complete"
	"muster/internal/render"
	"muster/internal/render/shape"
)

// recordCommands are command lines that print records, by the command's name.
var recordCommands = map[string][]string{
	"instances":     {"--all-profiles", "--region", "us-east-1,eu-west-1"},
	"find":          {"10.0.0.0/8", "--all-profiles", "--region", "us-east-1,eu-west-1"},
	"addresses":     {"--all-profiles", "--region", "us-east-1,eu-west-1"},
	"list":          {"volumes", "--all-profiles", "--region", "us-east-1,eu-west-1"},
	"accounts":      {"--all-profiles"},
	"regions":       {"--all-profiles"},
	"whoami":        {"--all-profiles"},
	"profiles":      {},
	"exec":          {"--profile", "malbert", "--dry-run"},
	"credentials":   {"--all-profiles"},
	"assume-role":   {"--role-arn", "arn:aws:iam::264511973012:role/EC2ReadAccess", "--profile", "malbert"},
	"assume-root":   {"--task-policy", "S3UnlockBucketPolicy", "--account", "Production"},
	"session-token": {"--profile", "malbert"},
	"sessions":      {},
	"aws":           {"sts", "get-caller-identity"},
	"console":       {"--list", "--profile", "production"},
	"diff":          {"latest"},
}

// withoutPage are the commands that make no page of HTML.
var withoutPage = []string{"console", "exec", "profiles", "sessions"}

// withSnapshot adds a snapshot to an environment, of a world with one instance less.
func withSnapshot(t *testing.T, environ []string) []string {
	t.Helper()
	before := awssim.DefaultWorld()
	before.Instances = before.Instances[1:]
	_, earlier := simulated(t, before, false)
	store := "MUSTER_STORE=" + t.TempDir()
	if got := muster(t, append(earlier, store), "snapshot", "save", "instances", "--all-profiles"); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	return append(environ, store)
}

// handouts are the commands that hand out credentials.
var handouts = []string{"credentials", "assume-role", "assume-root", "session-token"}

// recordLine is a command with flags, and for exec something to run.
func recordLine(name string, flags ...string) []string {
	line := append(append([]string{name}, recordCommands[name]...), flags...)
	if name == "exec" {
		line = append(line, "--", os.Args[0])
	}
	return line
}

// TestEveryFormat: each command with -o prints its records in each format, or refuses
// the format before anything is asked of AWS.
func TestEveryFormat(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	sim, environ := simulated(t, awssim.DefaultWorld(), false)
	environ = withSnapshot(t, environ)
	file := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(file, []byte("<<json .>>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars()).Commands {
		if command.Read(helpVars()).Flag("--output") == nil {
			continue
		}
		if recordCommands[command.Name] == nil {
			t.Errorf("%s prints records: how is it called?", command.Name)
			continue
		}
		handsOut := slices.Contains(handouts, command.Name)
		runs := [][]string{{"--jq", "."}, {"--jq", "length", "--slurp"}, {"--query", "[0]"}, {"--query", "length(@)", "-o", "text"}}
		for _, format := range slices.Concat(render.Formats(), exportFormats) {
			switch format {
			case "template=":
				format += "<<json .>>"
			case "template-file=":
				format += file
			}
			runs = append(runs, []string{"-o", format})
		}
		for _, flags := range runs {
			format := flags[len(flags)-1]
			refused := slices.Contains(toolFormats, format) || format == "html" && slices.Contains(withoutPage, command.Name)
			if handsOut {
				refused = !strings.Contains(format, "=") && slices.Contains(render.Formats(), format) && !slices.Contains(exportFormats, format) && len(flags) == 2
			}
			before := len(sim.Calls())
			got := muster(t, environ, recordLine(command.Name, flags...)...)
			several := command.Name == "credentials" && format != "ini" && slices.Contains(toolFormats, format)
			switch {
			case refused && (got.code != exitUsage || got.stdout != "" || len(sim.Calls()) > before):
				t.Errorf("%s %s: exit code %d, %d calls, %s", command.Name, flags, got.code, len(sim.Calls())-before, got.stdout)
			case refused, several:
			case got.code != exitOK || got.stdout == "":
				t.Errorf("%s %s: exit code %d, %q, %s", command.Name, flags, got.code, got.stdout, got.stderr)
			}
		}
	}
}

// TestTemplateNames: templates know the fields of every type of record by the names
// that the JSON has for them, and the examples of --template-help can be printed.
func TestTemplateNames(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	environ = withSnapshot(t, environ)
	example := regexp.MustCompile("(?m)^ .*?(<<.*>>)$")
	var g grammar
	g.Exec.DryRun = true
	g.List.Kinds = recordCommands["list"][0]
	app := &App{}
	app.prepare(context.Background())
	parser, err := newParser(&g, app)
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*shape.Schema{}
	for _, node := range parser.Model.Children {
		if command, ok := node.Target.Addr().Interface().(interface{ Schema() *shape.Schema }); ok {
			schemas[node.Name] = command.Schema()
		}
	}
	for name := range recordCommands {
		help := muster(t, environ, recordLine(name, "--template-help")...)
		var text strings.Builder
		for _, match := range example.FindAllStringSubmatch(help.stdout, -1) {
			text.WriteString(match[1] + "|")
		}
		if got := muster(t, environ, recordLine(name, "-o", "template="+text.String())...); got.code != 0 || !strings.Contains(got.stdout, "|") {
			t.Errorf("%s: exit code %d: %s", name, got.code, got.stderr)
		}
		members := ""
		for _, f := range schemas[name].AllFields() {
			if !strings.Contains(f.Path, ".") {
				members += fmt.Sprintf(", %q: <<json .%s>>", f.Path, f.Path)
			}
		}
		// New keys in each run; Profile and Role only if they are named; Before and After only if there is one.
		if slices.Contains(handouts, name) || slices.Contains([]string{"console", "aws", "list", "diff"}, name) {
			continue
		}
		want := muster(t, environ, recordLine(name, "-o", "ndjson")...)
		got := muster(t, environ, recordLine(name, "-o", "template={"+strings.TrimPrefix(members, ",")+"}")...)
		if !slices.Equal(sortedLines(strings.ReplaceAll(got.stdout, " ", "")), sortedLines(strings.ReplaceAll(want.stdout, " ", ""))) {
			t.Errorf("%s: %s%s, want %s", name, got.stdout, got.stderr, want.stdout)
		}
	}
	for _, name := range handouts {
		got := muster(t, environ, recordLine(name, "-o", `template=<<range $role, $keys := .roles>><<with $keys>><<$role>> <<.accessKeyId>> <<len .secretAccessKey>> <<if .sessionToken>>session<<end>> <<.expiration>><<end>><<end>>`)...)
		if got.code != 0 || !regexp.MustCompile(`(?m)^\S+ A[SK]IA\w+ \d\d `).MatchString(got.stdout) {
			t.Errorf("%s: exit code %d, %s%s", name, got.code, got.stdout, got.stderr)
		}
		for _, wrong := range []string{"<<.AccountId>>", "<<range .roles>><<.AccessKeyId>><<end>>"} {
			if got := muster(t, environ, recordLine(name, "-o", "template="+wrong)...); got.code != exitUsage || !strings.Contains(got.stderr, `did you mean "a`) {
				t.Errorf("%s %s: exit code %d, %s", name, wrong, got.code, got.stderr)
			}
		}
	}
}

func sortedLines(text string) []string {
	return slices.Sorted(strings.Lines(text))
}
