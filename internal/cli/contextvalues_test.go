package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// sampleValues returns three different values of a flag.
func sampleValues(f *kong.Flag) [3]string {
	switch {
	case f.Enum != "":
		choices := f.EnumSlice()
		return [3]string{choices[1], choices[2], choices[len(choices)-1]}
	case f.IsBool():
		return [3]string{"true", "true", "true"}
	case f.Target.CanInt():
		return [3]string{"1000", "2000", "3000"}
	case f.Tag.Get("complete") == "file":
		a, _ := filepath.Abs("a")
		return [3]string{a, a + "b", a + "c"}
	case f.Tag.Type == "arns":
		return [3]string{"arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:iam::1:role/c"}
	}
	return [3]string{"a", "b", "c"}
}

// parsed returns a flag of `muster instances` after parsing.
func parsed(t *testing.T, environ []string, name string, args ...string) string {
	t.Helper()
	app := &App{Environ: environ}
	app.prepare(context.Background())
	args = append([]string{"instances"}, args...)
	if strings.HasPrefix(name, "browser") { // only console has them
		args[0] = "console"
	}
	parser, _, err := parserFor(app, args)
	if err != nil {
		t.Fatal(err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	for _, f := range command.Flags() {
		if f.Name == name {
			return strings.Join(flagValues(f), ",")
		}
	}
	t.Fatalf("%s has no --%s", args[0], name)
	return ""
}

// TestContextPrecedence: of each flag that a context may set, the command line wins over the
// variable, and the variable over the context. A source on the command line or in a variable
// replaces each flag of the context's source, and no other.
func TestContextPrecedence(t *testing.T) {
	t.Parallel()
	tested := 0
	for _, leaf := range model(t).Leaves(true) {
		if leaf.Path() != "context set" {
			continue
		}
		for _, flag := range append(leaf.Flags, model(t).Flags...) {
			if !storable(flag) {
				continue
			}
			tested++
			t.Run(flag.Name, func(t *testing.T) {
				t.Parallel()
				checkPrecedence(t, flag)
			})
		}
	}
	if tested < 20 {
		t.Errorf("only %d flags", tested)
	}
}

// TestContextKeepsEveryFlag: 'muster context set' has every flag of any command that a context
// may set. A flag that it lacks could never be set.
func TestContextKeepsEveryFlag(t *testing.T) {
	t.Parallel()
	known := contextFlagNames()
	for _, leaf := range model(t).Leaves(false) {
		for _, flag := range append(leaf.Flags, model(t).Flags...) {
			if storable(flag) && !slices.Contains(known, flag.Name) {
				t.Errorf("%s: a context may set --%s, but 'context set' has no such flag", leaf.Path(), flag.Name)
			}
		}
	}
}

func checkPrecedence(t *testing.T, flag *kong.Flag) {
	values := sampleValues(flag)
	home := t.TempDir()
	path := filepath.Join(home, ".config", "muster", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("current: x\ncontexts:\n  x:\n    %s: '%s'\n  y: {}\n", flag.Name, values[0])
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + home}
	variable := append(environ, variableName(flag.Name)+"="+values[1])
	unset := parsed(t, nil, flag.Name)
	replaced := values[0]
	if inSource(flag) {
		replaced = unset
	}
	other := []string{"--sso-session=corp"}
	if flag.Name == "sso-session" {
		other = []string{"--all-profiles"}
	}
	source := strings.ToUpper(strings.NewReplacer("--", "MUSTER_", "-", "_").Replace(other[0]))
	if !strings.Contains(source, "=") {
		source += "=true"
	}
	for name, test := range map[string]struct {
		want    string
		environ []string
		args    []string
	}{
		"the context":                {values[0], environ, nil},
		"the variable":               {values[1], variable, nil},
		"the command line":           {values[2], variable, []string{"--" + flag.Name + "=" + values[2]}},
		"another context":            {unset, environ, []string{"--context=y"}},
		"no context":                 {unset, environ, []string{"--context="}},
		"an empty variable":          {unset, append(environ, "MUSTER_CONTEXT="), nil},
		"the flag over the variable": {values[0], append(environ, "MUSTER_CONTEXT=y"), []string{"--context=x"}},
		"another source":             {replaced, environ, other},
		"another source's variable":  {replaced, append(environ, source), nil},
	} {
		if got := parsed(t, test.environ, flag.Name, test.args...); got != test.want {
			t.Errorf("%s: --%s is %q, want %q", name, flag.Name, got, test.want)
		}
	}
}
