package manual

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// grammar has one of everything that a page can show.
type grammar struct {
	Verbose bool `group:"common" overview:"" help:"Say more."`
	Hidden  bool `hidden:"" help:"Not on any page."`

	List listCmd `cmd:"" group:"reading" help:"List things. They are sorted."`
	Drop dropCmd `cmd:"" group:"writing" help:"Drop a thing."`
	Test dropCmd `cmd:"" hidden:"" help:"Not on any page."`
}

func (*grammar) Examples() []string { return []string{"prog list --format json"} }

type listCmd struct {
	What   []string `arg:"" optional:"" help:"Names."`
	Sort   string   `group:"order" help:"Sort by this field."`
	All    bool     `help:"Also the hidden ones."`
	Format string   `short:"f" placeholder:"NAME" group:"shape" overview:"json or text." help:"One of json, text and many others."`
}

func (*listCmd) Help() string       { return "The first paragraph.\n\n  prog list   # stays as it is" }
func (*listCmd) Examples() []string { return []string{"prog list a b", `prog list 'it''s'`} }

type dropCmd struct {
	Name string `arg:"" help:"The thing."`
}

func testManual(t *testing.T) Manual {
	t.Helper()
	var g grammar
	parser, err := kong.New(&g, kong.Name("prog"), kong.Description("Manages things."), kong.NoDefaultHelp(), kong.ExplicitGroups([]kong.Group{
		{Key: "shape", Title: "Shape"}, {Key: "order", Title: "Order"}, {Key: "common", Title: "Common"},
		{Key: "writing", Title: "Writing"}, {Key: "reading", Title: "Reading"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return Manual{Model: parser.Model, Version: "v1", Rename: func(text string) string { return text }}
}

func help(t *testing.T, m Manual, subject string) string {
	t.Helper()
	var b strings.Builder
	if err := m.Explain(&b, subject); err != nil {
		t.Fatal(err)
	}
	text, topics, _ := strings.Cut(b.String(), "\n'prog help TOPIC' explains ")
	if !strings.HasPrefix(topics, Topics()[0]+", ") {
		t.Errorf("%q: no list of topics at the end", subject)
	}
	return text
}

func TestProgramPage(t *testing.T) {
	t.Parallel()
	want := `Usage: prog COMMAND [flags]

Manages things.

Reading:
  list               List things. They are sorted.

Writing:
  drop               Drop a thing.

Shape:
  -f, --format=NAME  json or text.

Common:
  --verbose          Say more.

Examples:
  prog list --format json
`
	if got := help(t, testManual(t), ""); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestCommandPage(t *testing.T) {
	t.Parallel()
	want := `Usage: prog list [WHAT ...] [flags]

List things. They are sorted.

The first paragraph.

  prog list   # stays as it is

Arguments:
  [WHAT ...]         Names.

Order:
  --sort=STRING      Sort by this field.

Flags:
  --all              Also the hidden ones.

Shape:
  -f, --format=NAME  One of json, text and many others.

Common:
  --verbose          Say more.

Examples:
  prog list a b
  prog list 'it''s'
`
	if got := help(t, testManual(t), "list"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestManPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := testManual(t).Man(&b, "list"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		".TH \"PROG\\-LIST\" 1 \"\" \"prog v1\" \"prog\"\n",
		".SH \"NAME\"\nprog\\-list \\- List things\n",
		".SH \"SYNOPSIS\"\n\\fBprog list\\fP [WHAT ...] [flags]\n",
		".PP\n.nf\n  prog list   # stays as it is\n.fi\n",
		".TP\n\\fB\\-f, \\-\\-format=NAME\\fP\nOne of json, text and many others.\n",
		"prog list \\(aqit\\(aq\\(aqs\\(aq\n",
		".SH \"SEE ALSO\"\n\\fBprog\\fP(1),\n\\fBprog\\-drop\\fP(1)\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// TestRoffLine: no line of a text can act as a request.
func TestRoffLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		".so /etc/passwd": `\&.so /etc/passwd`,
		"'br":             `\(aqbr`,
		`a\fBb`:           `a\efBb`,
		"plain":           "plain",
	} {
		if got := roffLine(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestUnknownSubject(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"lsit":          `no command or topic "lsit"; did you mean "list"?`,
		"ouput":         `no command or topic "ouput"; did you mean "output"?`,
		"zzz":           `no command or topic "zzz"; see 'prog --help'`,
		"../topics/../": `no command or topic "../topics/../"; see 'prog --help'`,
	} {
		var b strings.Builder
		if err := testManual(t).Explain(&b, subject); err == nil || err.Error() != want || b.Len() > 0 {
			t.Errorf("%q: %v, want %s", subject, err, want)
		}
	}
}

// TestTopics: every file is a topic, and no line is too wide for its paragraph to be
// printed as it is.
func TestTopics(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(topics, "topics/*")
	if err != nil || len(files) != len(Topics()) || !slices.IsSorted(Topics()) {
		t.Fatalf("%s: %s, %v", Topics(), files, err)
	}
	for _, name := range Topics() {
		text, found := testManual(t).topic(name)
		if !found || text == "" {
			t.Errorf("%s has no text", name)
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, " ") && len(line) > defaultWidth+1 {
				t.Errorf("%s: %d characters: %q", name, len(line)-1, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"größer äöü x", 10, []string{"größer äöü", "x"}},
		{"incomprehensible word", 5, []string{"incomprehensible", "word"}},
		{"  blanks \n are one ", 40, []string{"blanks are one"}},
	} {
		if got := Wrap(test.text, test.width); !slices.Equal(got, test.want) {
			t.Errorf("%q at %d: %q, want %q", test.text, test.width, got, test.want)
		}
	}
}
