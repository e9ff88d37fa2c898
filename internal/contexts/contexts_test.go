package contexts

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// known are some flags, of each type.
var known = []Flag{
	{Name: "organization", Aliases: []string{"org"}, Bool: true},
	{Name: "account", List: true},
	{Name: "duration-seconds", Number: true},
	{Name: "profile"},
	{Name: "color", Choices: []string{"auto", "on", "off"}},
}

// TestValues: values are text as it stands in the file.
func TestValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"012345678901":            {"012345678901"},
		"[012345678901, 0x10]":    {"012345678901", "0x10"},
		"\n    - prod-*\n    - b": {"prod-*", "b"},
		"'it''s'":                 {"it's"},
		`"a\tb"`:                  {"a\tb"},
		"yes":                     {"yes"},
		"1e3":                     {"1e3"},
		"!!str 012":               {"012"},
		"a, b":                    {"a, b"},
		"a # comment":             {"a"},
	} {
		f, err := parse("config.yaml", []byte("contexts:\n  x:\n    account: "+text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Contexts[0].Settings[0].Values; !slices.Equal(got, want) || f.Contexts[0].Check(known) != nil {
			t.Errorf("%s: %q, want %q; %v", text, got, want, f.Contexts[0].Check(known))
		}
	}
}

// TestMistakes: each mistake has its line.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: [":                          "config.yaml:1: not valid YAML: sequence end token ']' not found",
		"\ta: 1":                        "config.yaml:1: not valid YAML: tab character cannot use as a map key directly",
		"- a":                           "config.yaml:1: expected the keys current and contexts",
		"current: a\n---\ncurrent: b":   "config.yaml:3: expected one document",
		"\n\ncontext: a":                `config.yaml:3: unknown key "context"; expected current or contexts`,
		"current: [a]":                  "config.yaml:1: current: expected the name of a context",
		"contexts: 1":                   "config.yaml:1: contexts: expected names, each with its flags",
		"contexts:\n  '': {}":           "config.yaml:2: a context needs a name",
		"contexts:\n  \"a\\tb\": {}":    `config.yaml:2: context "a\tb": a name cannot have control characters`,
		"contexts:\n  a: {}\n  'a': {}": `config.yaml:3: not valid YAML: mapping key "a" already defined at [2:3]`,
		"current: \xff":                 "config.yaml: is not text in UTF-8",

		"contexts:\n  x: 1": `config.yaml:2: context "x": expected flags, such as profile: NAME`,
		"contexts:\n  x:\n    profile: p\n    color: blue":    `config.yaml:4: color: expected one of auto, on, off, not "blue"`,
		"contexts:\n  x:\n    organisation: true":             `config.yaml:3: unknown key "organisation"; did you mean "organization"?`,
		"contexts:\n  x:\n    org: true":                      `config.yaml:3: unknown key "org"; use organization`,
		"contexts:\n  x:\n    zzzzzz: true":                   `config.yaml:3: unknown key "zzzzzz"; the keys are organization, account, duration-seconds, profile, color`,
		"contexts:\n  x:\n    organization: yes":              `config.yaml:3: organization: expected true or false, not "yes"`,
		"contexts:\n  x:\n    duration-seconds: 1h":           `config.yaml:3: duration-seconds: expected a number, not "1h"`,
		"contexts:\n  x:\n    profile: [a, b]":                "config.yaml:3: profile: expected one value, not a list",
		"contexts:\n  x:\n    profile:":                       "config.yaml:3: profile: expected a value, or a list of values",
		"contexts:\n  x:\n    profile: ''":                    "config.yaml:3: profile: expected a value, or a list of values",
		"contexts:\n  x:\n    account: []":                    "config.yaml:3: account: expected a value, or a list of values",
		"contexts:\n  x:\n    account: [{a: b}]":              "config.yaml:3: account: expected a value, or a list of values",
		"contexts:\n  y: &y {profile: p}\n  x:\n    <<: *y":   `config.yaml:4: <<: expected a value, or a list of values; muster supports no anchors (&) and aliases (*)`,
		"contexts:\n  x: &y {profile: p}":                     `config.yaml:2: context "x": expected flags, such as profile: NAME; muster supports no anchors (&) and aliases (*)`,
		"contexts: &a [&b [*a, *a], *b]":                      "config.yaml:1: contexts: expected names, each with its flags; muster supports no anchors (&) and aliases (*)",
		"contexts:\n  x:\n    profile: a\n    'profile': b\n": `config.yaml:4: not valid YAML: mapping key "profile" already defined at [3:5]`,
	} {
		f, err := parse("config.yaml", []byte(text))
		if err == nil {
			x, unknown := f.Context("x")
			if unknown != nil {
				t.Errorf("%q: %v", text, unknown)
				continue
			}
			err = x.Check(known)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}

// TestCurrent: the current context is one of the file, or none.
func TestCurrent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"contexts: {prod: {}}":                 "",
		"current: ''\ncontexts: {prod: {}}":    "",
		"current: prod\ncontexts: {prod: {}}":  "prod",
		"\ncurrent: prd\ncontexts: {prod: {}}": `config.yaml:2: current: there is no context "prd"; did you mean "prod"?`,
	} {
		f, err := parse("config.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if c, err := f.CurrentContext(); err != nil {
			got = err.Error()
		} else if c != nil {
			got = c.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestRead: a missing file is no error, and something else in its place is.
func TestRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if f, err := Read(t.Context(), filepath.Join(folder, "none", "config.yaml")); err != nil || f.Exists || len(f.Contexts) > 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := Read(t.Context(), folder); err == nil || err.Error() != folder+": cannot be read: not a regular file" {
		t.Error(err)
	}
	large := filepath.Join(folder, "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte("["), maxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), large); err == nil || err.Error() != large+": is larger than 64 KiB" {
		t.Error(err)
	}
}

// TestEndsAfterRead: the context of the run ends just after the file was read.
func TestEndsAfterRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("contexts: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, exists, err := readText(endedLate{t.Context()}, path); err != nil || !exists || len(text) == 0 {
		t.Errorf("%q, exists: %v, error: %v", text, exists, err)
	}
}

// endedLate is a context that ended while something that does not wait for it was done.
type endedLate struct{ context.Context }

func (endedLate) Err() error { return context.Canceled }

// TestDeep: brackets without end do not reach the parser, and other levels without end are
// mistakes.
func TestDeep(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"[", "{", "[a,\n", "{a: "} {
		if _, err := parse("config.yaml", []byte(strings.Repeat(text, maxSize/len(text)))); err == nil || err.Error() != "config.yaml: has too many levels of brackets" {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"- ", "? ", "&a ", "!!a "} {
		if _, err := parse("config.yaml", []byte(strings.Repeat(text, 1000))); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// FuzzEdit: a file that can be read can be changed, or stays as it is; reading never panics.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{"", handwritten, "contexts: {}", "contexts:\n  a: &a {b: c}\n  <<: *a", "---\n# x\n...\n", "contexts: {a: {b: |\n  c}}"} {
		f.Add(text, "prod", "a b")
	}
	f.Fuzz(func(t *testing.T, text, name, value string) {
		contents, err := parse("config.yaml", []byte(text))
		if err != nil || nameProblem(name) != "" || !writable(value) || value == "" {
			return
		}
		for _, c := range contents.Contexts {
			_ = c.Check(known)
		}
		settings := []Setting{{Flag: "profile", Values: []string{value, "x"}}}
		after, err := edited("config.yaml", []byte(text), func(d *document) { d.set(name, settings, []string{"region"}) })
		if err != nil {
			return
		}
		again, err := parse("config.yaml", after)
		if err != nil || contents.set(name, settings, []string{"region"}) != nil || !same(contents, again) {
			t.Errorf("refused: %q to %q", text, after)
		}
	})
}
