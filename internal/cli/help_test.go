package cli

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"muster/internal/awssim"
	"muster/internal/cli/manual"
	"muster/internal/shell"
)

// model returns kong's model of the command line.
func model(t *testing.T) *kong.Application {
	t.Helper()
	var g grammar
	parser, err := newParser(&g, &App{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// commands returns the names of all commands that are not hidden.
func commands(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, node := range model(t).Leaves(true) {
		names = append(names, node.Path())
	}
	if len(names) < 15 {
		t.Fatalf("only %d commands: %s", len(names), names)
	}
	return names
}

func isTopic(name string) bool { return slices.Contains(manual.Topics(), name) }

// TestHelpFits: the program's help and each topic fit a screen, and nothing is
// wider than 80 columns.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	pages := [][]string{{"--help"}, {"help"}, {}}
	for _, name := range commands(t) {
		pages = append(pages, append(strings.Fields(name), "--help"), append([]string{"help"}, strings.Fields(name)...))
	}
	for _, name := range manual.Topics() {
		pages = append(pages, []string{"help", name})
	}
	shown := map[string]string{}
	for _, args := range pages {
		got := muster(t, nil, args...)
		if got.code != 0 || got.stderr != "" || got.stdout == "" {
			t.Errorf("%s: exit code %d: %s", args, got.code, got.stderr)
		}
		shown[strings.Join(args, " ")] = got.stdout
		lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
		for _, line := range lines {
			if utf8.RuneCountInString(line) > 80 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: too wide, or blanks at the end: %q", args, line)
			}
		}
		whole := len(args) < 2 || isTopic(args[1])
		if most := 34 + len(commands(t)); whole && len(lines) > most { // the program's own page has a line for each command
			t.Errorf("%s: %d lines, want at most %d", args, len(lines), most)
		}
	}
	for _, name := range commands(t) {
		own, above := name, "" // above is the command above it, if there is one
		if i := strings.LastIndexByte(name, ' '); i >= 0 {
			own, above = name[i+1:], name[:i]
		}
		list := muster(t, nil, append(strings.Fields(above), "--help")...).stdout
		if shown[name+" --help"] != shown["help "+name] && !isTopic(name) || !strings.Contains(list, "\n  "+own+" ") {
			t.Errorf("help %s differs from %s --help, or --help does not list it", name, name)
		}
	}
	if help := shown["instances --help"]; strings.Index(help, "\nGlobal:\n") < strings.Index(help, "\nWhich accounts:\n") {
		t.Errorf("global flags come before the command's own:\n%s", help)
	}
}

// TestExamples runs every command line that help shows.
func TestExamples(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	app := model(t)
	for _, node := range append(app.Leaves(true), app.Node) {
		name, lines := node.Path(), manual.Examples(node)
		if len(lines) < 2 || len(lines) > 4 {
			t.Errorf("%d examples of %q; expected 2 to 4", len(lines), name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "access-keys activate" { // there has to be a journal
				lines = append([]string{"muster access-keys deactivate --profile malbert --yes --max-changes 9 --journal ~/keys.jsonl"}, lines...)
			}
			if strings.HasPrefix(name, "context ") && name != "context set" {
				lines = append([]string{"for c in prod staging sandbox; do muster context set $c --all-profiles; done"}, lines...)
			}
			runExamples(t, root, lines, oldSnapshots(t, name)...)
		})
	}
	for _, topic := range manual.Topics() {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for line := range strings.Lines(muster(t, nil, "help", topic).stdout) {
				if strings.HasPrefix(line, "  muster ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
			runExamples(t, root, lines, oldSnapshots(t, topic)...)
		})
	}
}

// runExamples runs command lines one after the other in a shell.
func runExamples(t *testing.T, root string, lines []string, variables ...string) {
	shell := readmeShell(t, root)
	setup := strings.Join(append(variables, ""), "; ")
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "R="):
			setup = line + "; "
			continue
		case strings.HasPrefix(line, "muster demo"): // runs until it is interrupted
			line = strings.ReplaceAll(line, ":8080", ":0")
			shell(t, line+` >"$HOME/served" & until grep "^export AWS_ENDPOINT_URL=" "$HOME/served"; do kill -0 $!; sleep 0.1; done; kill $!; wait || :`, 0)
			continue
		case strings.HasSuffix(line, " -w 5m"): // runs until it is interrupted, too
			shell(t, `rm -f *.html; `+line+` & until [ -s *.html ]; do kill -0 $!; sleep 0.1; done; kill $!; wait || :`, 0)
			continue
		case line == "muster exec production": // a shell on a terminal, which ends at once
			shell(t, "SHELL=/bin/true "+line, 80)
			continue
		case strings.Contains(line, "| man "):
			if exec.Command("man", "--version").Run() != nil {
				line, _, _ = strings.Cut(line, " |")
			}
		}
		start := time.Now()
		shell(t, setup+line, 0)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %s", line, took)
		}
	}
}

// oldSnapshots makes snapshots for the examples of a command or topic that needs them. It
// returns the variable that names their folder.
func oldSnapshots(t *testing.T, name string) (variables []string) {
	if !slices.Contains([]string{"snapshot show", "snapshot list", "snapshot prune", "diff", "snapshots"}, name) {
		return nil
	}
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	store := t.TempDir()
	for _, age := range []time.Duration{200 * time.Hour, 25 * time.Hour, 0} {
		var stderr bytes.Buffer
		code := Main(t.Context(), []string{"snapshot", "save", "--all-profiles", "--store", store}, &App{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Environ: environ, Now: func() time.Time { return time.Now().Add(-age) },
		})
		if code != exitOK {
			t.Fatal(stderr.String())
		}
	}
	return []string{"export MUSTER_STORE=" + shell.Word(store)}
}

// manPage is the manual page of a command.
func manPage(t *testing.T, name string) string {
	t.Helper()
	got := muster(t, nil, append([]string{"man"}, strings.Fields(name)...)...)
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("%s: exit code %d: %s", name, got.code, got.stderr)
	}
	return got.stdout
}

// TestManPages: every page has its parts, and no line of text is a roff request.
func TestManPages(t *testing.T) {
	t.Parallel()
	requests := []string{".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".nh", ".ad"}
	for _, name := range append(commands(t), "") {
		page := manPage(t, name)
		if !strings.HasPrefix(page, `.TH "MUSTER`) || !strings.Contains(page, "\n.SH \"EXAMPLES\"\n.nf\n") {
			t.Errorf("%s:\n%s", name, page)
		}
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !slices.Contains(requests, strings.Fields(line)[0]) {
				t.Errorf("%s: roff takes this for a request: %s", name, line)
			}
		}
	}
}

// TestManPagesInGroff: groff prints no warning, and shows the examples.
func TestManPagesInGroff(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("groff is not on PATH")
	}
	app := model(t)
	for _, node := range append(app.Leaves(true), app.Node) {
		name := node.Path()
		command := exec.Command("groff", "-man", "-Tutf8", "-ww", "-P-c")
		command.Stdin = strings.NewReader(manPage(t, name))
		var shown, complaints bytes.Buffer
		command.Stdout, command.Stderr = &shown, &complaints
		if err := command.Run(); err != nil || complaints.Len() > 0 {
			t.Errorf("%s: %v %s", name, err, complaints.String())
		}
		for _, example := range manual.Examples(node) {
			if !strings.Contains(shown.String(), example) {
				t.Errorf("%s: the page does not show %s", name, example)
			}
		}
	}
}

// TestTemplateHelp: --template-help works for every command that prints records,
// whatever other flags are on the command line.
func TestTemplateHelp(t *testing.T) {
	t.Parallel()
	shown := 0
	for _, name := range commands(t) {
		if !strings.Contains(muster(t, nil, name, "--help").stdout, "--template-help") {
			continue
		}
		shown++
		line := []string{name, "--template-help", "--jq", "."}
		if name == "list" {
			line = append(line, "volumes") // without a kind its records are the kinds
		}
		got := muster(t, nil, line...)
		if got.code != 0 || got.stderr != "" || !strings.Contains(strings.ToLower(got.stdout), "<<.accountid>>\n") {
			t.Errorf("%s: exit code %d, %s%s", name, got.code, got.stdout, got.stderr)
		}
		fields, functions, _ := strings.Cut(got.stdout, "\nFunctions,")
		for line := range strings.Lines(fields + functions) {
			if strings.Contains(line, "error") || strings.TrimRight(line, " \n")+"\n" != line {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	if shown < 10 {
		t.Errorf("only %d commands have --template-help", shown)
	}
	full := muster(t, nil, "instances", "--full", "--template-help").stdout
	if !strings.Contains(full, "<<.EC2.Placement.Tenancy>>") {
		t.Errorf("--full has no fields of its own:\n%s", full)
	}
}
