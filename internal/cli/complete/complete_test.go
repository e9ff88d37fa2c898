package complete

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"muster/internal/render/shape"
	"muster/internal/seen"
)

// program is a small grammar.
type program struct {
	Quiet bool    `short:"q" help:"No ${noise}."`
	List  listCmd `cmd:"" help:"List things."`
	Run   runCmd  `cmd:"" help:"Run a program."`
}

type listCmd struct {
	Thing []string `arg:"" complete:"things"`

	Kind    []string `complete:"things" help:"Kinds."`
	Level   string   `enum:"low,high"`
	From    []string `sep:"none" complete:"things"`
	Columns []string `complete:"fields"`
	Filter  string   `short:"f" complete:"jq"`
	Output  string   `complete:"things,template"`
	Profile string   `complete:"none"`
	CountBy []string `complete:"fields"`
	Full    bool
	Fixed   string `env:"${fixed=}" complete:"none"`

	Embedded `embed:"" set:"noise=music"`
}

// Embedded has flags of several commands.
type Embedded struct {
	AllPages string `aliases:"every" complete:"file" help:"Without ${noise}."`
}

type shortRecord struct{ Name, State string }

type fullRecord struct {
	Name  string
	Owner struct{ Email string }
}

func (c *listCmd) Schema() *shape.Schema {
	if c.Full {
		return shape.SchemaOf[fullRecord]()
	}
	return shape.SchemaOf[shortRecord]()
}

func (c *listCmd) CountedFields() []string { return c.CountBy }

func (c *listCmd) SeenScope() seen.Scope {
	if c.Profile == "" {
		return seen.Scope{}
	}
	return seen.Scope{Profiles: []string{c.Profile}}
}

type runCmd struct {
	Command []string `arg:"" passthrough:""`
}

func newCompleter(environ map[string]string) *Completer {
	lookup := func(name string) (string, bool) {
		value, ok := environ[name]
		return value, ok
	}
	return &Completer{
		Grammar: reflect.TypeFor[program](), Vars: map[string]string{"noise": "noise"},
		Words:    map[string]func() []string{"things": func() []string { return []string{"apple", "a,b", "pear"} }},
		Lookup:   lookup,
		Variable: func(flag string) string { return "PROG_" + strings.ToUpper(flag) },
		SeenFile: func(bool) string { return "" },
		Now:      time.Now,
	}
}

// TestTagsAndMethods: completions follow from the tags and methods of a grammar.
func TestTagsAndMethods(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		words, variable, want string
	}{
		{words: "", want: "list\tList things.\nrun\tRun a program.\n:4"},
		{words: "--", want: "--quiet\tNo noise.\n:4"},
		{words: "list|--al", want: "--all-pages\tWithout music.\n:4"},
		{words: "list|--kind|x|--ki", want: "--kind\tKinds.\n:4"},
		{words: "list|--level|", want: "low\nhigh\n:4"},
		{words: "list|--level=h", want: "--level=high\n:4"},
		{words: "list|a", want: "apple\na,b\n:4"},
		{words: "list|apple|a", want: "a,b\n:4"},
		{words: "list|--kind|apple,", want: "apple,a\\,b\napple,pear\n:4"},
		{words: "list|--from|a", want: "apple\na,b\n:4"},
		{words: "list|--from|apple|--from|a", want: "a,b\n:4"},
		{words: "list|--every|", want: ":0"},
		{words: "list|--profile|", want: ":4"},
		{words: "list|--unknown=", want: ":4"},
		{words: "list|--columns|N", want: "Name\tstring\n:6"},
		{words: "list|--columns|O", want: ":6"},
		{words: "list|--full|--columns|Owner.", want: "Owner.Email\tstring\n:6"},
		{words: "list|--columns|O", variable: "PROG_FULL=true", want: "Owner\tobject\n:6"},
		{words: "list|--count-by|State|--columns|", want: "Count\tnumber\nState\tstring\n:6"},
		{words: "list|-f.St", want: "-f.State\tstring\n:6"},
		{words: "list|--output|template=<<.N", want: "template=<<.Name\tstring\ntemplate=<<.Name>>\tstring\n:6"},
		{words: "list|--output|p", want: "pear\n:4"},
		{words: "run|ls|-", want: ":0"},
		{words: "walk|", want: ":4"},
	} {
		environ := map[string]string{}
		if name, value, ok := strings.Cut(test.variable, "="); ok {
			environ[name] = value
		}
		var out strings.Builder
		newCompleter(environ).Respond(&out, append([]string{KubectlWord}, strings.Split(test.words, "|")...))
		if out.String() != test.want+"\n" {
			t.Errorf("%s: %q, want %q", test.words, out.String(), test.want)
		}
	}
}

// TestNamesInScope: names are offered if a sweep of the selected accounts has found them.
func TestNamesInScope(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/names.tsv"
	c := newCompleter(map[string]string{"PROG_PROFILE": "dev"})
	c.SeenFile = func(demo bool) string {
		if demo {
			return ""
		}
		return path
	}
	var entries []seen.Entry
	for id, scope := range map[string]seen.Scope{"i-dev": {Profiles: []string{"dev"}}, "i-prod": {Profiles: []string{"prod"}}} {
		entries = append(entries, seen.Entry{Kind: seen.Instance, Scope: scope.Key(c.Lookup), ID: id})
	}
	if err := seen.Update(path, c.Now(), entries, func(seen.Entry) bool { return false }); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{"list|--profile|prod|x": "i-prod", "list|x": "i-dev"} {
		l := &line{Completer: c, top: ReadGrammar(c.Grammar, c.Vars), given: map[string][]string{}}
		l.command = l.top
		l.read(strings.Split(words, "|"))
		if found := byName(l.entries(seen.Instance), "i-"); len(found) != 1 || found[0].text != want {
			t.Errorf("%s: %v, want %s", words, found, want)
		}
	}
}

// TestNoVariable: a tag of the flag, or of the struct that embeds it, keeps variables away.
func TestNoVariable(t *testing.T) {
	t.Parallel()
	type fixed struct {
		Embedded listCmd `embed:"" set:"fixed=-"`
	}
	for grammar, want := range map[reflect.Type]string{reflect.TypeFor[listCmd](): "x", reflect.TypeFor[fixed](): ""} {
		c := newCompleter(map[string]string{"PROG_FIXED": "x"})
		command := ReadGrammar(grammar, c.Vars)
		l := &line{Completer: c, given: map[string][]string{}}
		if got := strings.Join(l.fromEnvironment(command.Flag("--fixed")), ","); got != want {
			t.Errorf("%v: the variable gives %q, want %q", grammar, got, want)
		}
	}
}

// TestBashWords: words, where each begins, and whether the last one is the file of a redirection.
func TestBashWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line       string
		words      []string
		starts     []int
		redirected bool
	}{
		{"", []string{""}, []int{0}, false},
		{"a b ", []string{"a", "b", ""}, []int{0, 2, 4}, false},
		{`a 'b c'  d\ e`, []string{"a", "b c", "d e"}, []int{0, 2, 9}, false},
		{`a "b\"c`, []string{"a", `b"c`}, []int{0, 2}, false},
		{"a 2>err b", []string{"a", "b"}, []int{0, 8}, false},
		{"a > out b", []string{"a", "b"}, []int{0, 8}, false},
		{"a >", []string{"a", ">"}, []int{0, 2}, true},
		{"a > ou", []string{"a", "ou"}, []int{0, 4}, true},
	} {
		words, starts, redirected := bashWords(test.line)
		if !reflect.DeepEqual(words, test.words) || !reflect.DeepEqual(starts, test.starts) || redirected != test.redirected {
			t.Errorf("%s: %q at %v, redirected %t", test.line, words, starts, redirected)
		}
	}
}

// TestQuoteFor: unquote reads the original text from a quoted one.
func TestQuoteFor(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain", "two words", `it's`, `"q"`, "$HOME `id`", `back\slash`, "~", "#x", "a#b", "*?[]"} {
		for _, quote := range []byte{0, '\'', '"'} {
			raw := quoteFor(quote, text)
			if quote != 0 {
				raw = string(quote) + raw
			}
			if got := unquote(raw); got.text != text || got.open != quote {
				t.Errorf("%q within %q: %s reads %q, open %q", text, quote, raw, got.text, got.open)
			}
		}
	}
}
