package contexts

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func editor(t *testing.T, text string) *Editor {
	t.Helper()
	e := &Editor{Path: filepath.Join(t.TempDir(), "muster", "config.yaml")}
	if text != "" {
		if err := os.MkdirAll(filepath.Dir(e.Path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(e.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (e *Editor) text(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(e.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const handwritten = `# For the team.
current: prod # since March

contexts:
  # the real thing
  prod:
    organization: true
    role: [Audit, "Read Only"] # in this order
    exclude-account:
      # sandboxes
      - 'sandbox-*'
      - 012345678901
    # end of prod

  "dev one": {profile: dev, region: eu-west-1}
# The end.
`

// TestEdit: a change keeps the comments and the order of a file.
func TestEdit(t *testing.T) {
	t.Parallel()
	ctx := context.Background() // the subtests run in parallel
	set := func(name string, unset []string, flags ...string) func(*Editor) error {
		return func(e *Editor) error {
			var settings []Setting
			for i := 0; i < len(flags); i += 2 {
				settings = append(settings, Setting{Flag: flags[i], Values: []string{flags[i+1]}})
			}
			return e.Set(ctx, name, settings, unset)
		}
	}
	use := func(name string) func(*Editor) error {
		return func(e *Editor) error { return e.Use(ctx, name) }
	}
	remove := func(names ...string) func(*Editor) error {
		return func(e *Editor) error {
			_, err := e.Delete(ctx, names)
			return err
		}
	}
	instead := func(old, new string) string { return strings.Replace(handwritten, old, new, 1) }
	prod := handwritten[strings.Index(handwritten, "  # the real thing"):strings.Index(handwritten, "\n  \"dev one\"")]
	exclusion := prod[strings.Index(prod, "    exclude-account"):]
	for _, test := range []struct {
		name, before, after string
		change              func(*Editor) error
	}{
		{
			"the first", "", strings.Replace(emptyFile, " {}\n", `
  prod:
    organization: true
    role: Audit
    account: '012345678901'
`, 1),
			set("prod", nil, "organization", "true", "role", "Audit", "account", "012345678901"),
		},
		{"a value", handwritten, instead(`[Audit, "Read Only"] # in this order`, "Other"), set("prod", nil, "role", "Other")},
		{"a value and another", handwritten, instead(exclusion, "    region: 'eu-*'\n"), set("prod", []string{"exclude-account"}, "region", "eu-*")},
		{"in braces", handwritten, instead("{profile: dev, region: eu-west-1}", "{profile: x, color: 'on'}"), set("dev one", []string{"region"}, "profile", "x", "color", "on")},
		{"another context", handwritten, instead("# The end", "  'it''s {new}':\n    profile: '# x'\n# The end"), set("it's {new}", nil, "profile", "# x")},
		{"use", handwritten, instead("current: prod", "current: 'dev one'"), use("dev one")},
		{"use none", handwritten, instead("current: prod", `current: ""`), use("")},
		{"delete", handwritten, instead("\n  \"dev one\": {profile: dev, region: eu-west-1}\n", ""), remove("dev one")},
		{"delete the current one", handwritten, strings.Replace(instead(prod, ""), "current: prod", `current: ""`, 1), remove("prod")},
		{"delete all", handwritten, "# For the team.\ncurrent: \"\" # since March\n\ncontexts: {}\n# The end.\n", remove("prod", "dev one")},
		{"only comments", "# mine\n", "# mine\ncontexts:\n  a:\n    profile: p\n", set("a", nil, "profile", "p")},
		{"no contexts", "current: ''\n", "current: ''\ncontexts:\n  a:\n    profile: p\n", set("a", nil, "profile", "p")},
		{"contexts without flags", "contexts:\n  a:\n  b: {}\n", "contexts:\n  a:\n    profile: p\n  b: {}\n", set("a", nil, "profile", "p")},
		{"four spaces", "contexts:\n    a:\n        profile: p\n", "contexts:\n    a:\n        profile: p\n        region: r\n", set("a", nil, "region", "r")},
		{"lines of Windows", "contexts:\r\n  a:\r\n    profile: p # c\r\n", "contexts:\r\n  a:\r\n    profile: q # c\r\n", set("a", nil, "profile", "q")},
		{"the last flag", "contexts:\n  a:\n    profile: p # c\n  b:\n    profile: p\n", "contexts:\n  a: {}\n  b:\n    profile: p\n", set("a", []string{"profile"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := editor(t, test.before)
			if err := test.change(e); err != nil {
				t.Fatal(err)
			}
			if got := e.text(t); got != test.after {
				t.Errorf("\n%s\nwant\n%s", got, test.after)
			}
		})
	}
}

// TestEditRefused: a change that would fail, or change more, leaves the file as it is.
func TestEditRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text, want string
		change     func(*Editor) error
	}{
		"unknown context": {handwritten, `no context "prd" in PATH; did you mean "prod"?`, func(e *Editor) error { return e.Use(t.Context(), "prd") }},
		"deleted context": {handwritten, `no context "x" in PATH; the contexts are prod, dev one`, func(e *Editor) error {
			_, err := e.Delete(t.Context(), []string{"prod", "x"})
			return err
		}},
		"name":   {handwritten, `context "-x": a name cannot begin with -`, func(e *Editor) error { return e.Set(t.Context(), "-x", nil, nil) }},
		"broken": {"contexts: [", "PATH:1: not valid YAML: sequence end token ']' not found", func(e *Editor) error { return e.Use(t.Context(), "") }},
		"an anchor": {
			"contexts:\n  a: &a\n    profile: p\n  b: *a\n", `PATH:2: context "a": expected flags, such as profile: NAME; muster supports no anchors (&) and aliases (*)`,
			func(e *Editor) error {
				return e.Set(t.Context(), "a", []Setting{{Flag: "region", Values: []string{"r"}}}, nil)
			},
		},
	} {
		e := editor(t, test.text)
		err := test.change(e)
		if err == nil || strings.ReplaceAll(err.Error(), e.Path, "PATH") != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
		if got := e.text(t); got != test.text {
			t.Errorf("%s: the file is now\n%s", name, got)
		}
	}
}

// TestCreate: the first file has no contexts, and only its owner reads it.
func TestCreate(t *testing.T) {
	t.Parallel()
	e := editor(t, "")
	if err := e.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := e.text(t); got != emptyFile {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(e.Path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	f, err := Read(t.Context(), e.Path)
	if err != nil || !f.Exists || f.Current != "" || len(f.Contexts) > 0 {
		t.Errorf("%+v, %v", f, err)
	}
}
