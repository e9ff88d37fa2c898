package awsconfig

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func generated(name string, settings ...string) Section {
	s := Section{Kind: "profile", Name: name}
	for i := 0; i < len(settings); i += 2 {
		s.Settings = append(s.Settings, Setting{settings[i], settings[i+1]})
	}
	return s
}

var twoProfiles = Block{Name: "sso-session s", Profiles: []Section{
	generated("b.R", "sso_session", "s", "sso_account_id", "222222222222", "sso_role_name", "R", "region", ""),
	generated("a.R", "sso_session", "s", "sso_account_id", "111111111111", "sso_role_name", "R", "region", "us-east-1"),
}}

const twoProfilesText = `# BEGIN muster sso-session s
# Written by 'muster profiles --generate --write', which replaces what is changed here.
[profile a.R]
sso_session = s
sso_account_id = 111111111111
sso_role_name = R
region = us-east-1

[profile b.R]
sso_session = s
sso_account_id = 222222222222
sso_role_name = R

# END muster sso-session s
`

func TestBlockText(t *testing.T) {
	t.Parallel()
	if got := twoProfiles.Text(); got != twoProfilesText {
		t.Errorf("got\n%s", got)
	}
}

func TestSectionHeaders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, name, want string }{
		{"profile", "a.b/c@d:e=f", "[profile a.b/c@d:e=f]"},
		{"profile", "default", "[default]"},
		{"sso-session", "big corp", "[sso-session 'big corp']"},
		{"sso-session", "it's", `[sso-session 'it'"'"'s']`},
		{"profile", `a\b"c`, `[profile 'a\b"c']`},
		{"profile", "東京", "[profile 東京]"},
	} {
		s := Section{Kind: test.kind, Name: test.name}
		if got, _, _ := strings.Cut(s.Text(), "\n"); got != test.want {
			t.Errorf("%q: got %s, want %s", test.name, got, test.want)
		}
		if err := s.check(); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []Section{
		generated(""), generated("a]"), generated("a\nb"), generated("a\x1bb"),
		generated("a", "k", "two\nlines"), generated("a", "k", " x"), generated("a", "k", "\x1b"), generated("a", "k k\n", "x"),
	} {
		if err := s.check(); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

// TestFit puts the block of twoProfiles, T, into files and compares the results.
func TestFit(t *testing.T) {
	t.Parallel()
	const other = "# BEGIN muster organization m\n[profile c]\nregion = x\n# END muster organization m"
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for _, test := range []struct {
		name, before, want      string
		added, changed, removed int
	}{
		{"new", "", "T", 2, 0, 0},
		{"append", "[default]\nregion = x\n", "[default]\nregion = x\n\nT", 2, 0, 0},
		{"empty line there", "[default]\n\n", "[default]\n\nT", 2, 0, 0},
		{"no last line end", "[default]\nregion = x", "[default]\nregion = x\n\nT", 2, 0, 0},
		{"CRLF", "[default]\r\nregion = x\r\n", "[default]\r\nregion = x\r\n\r\n" + crlf(twoProfilesText), 2, 0, 0},
		{"byte-order mark", "\ufeff", "\ufeffT", 2, 0, 0},
		{"the same", "[default]\n\nT; end", "[default]\n\nT; end", 0, 0, 0},
		{"the same after a byte-order mark", "\ufeffT", "\ufeffT", 0, 0, 0},
		{"the same, CRLF", crlf("# x\n" + twoProfilesText), crlf("# x\n" + twoProfilesText), 0, 0, 0},
		{"the same, no last line end", strings.TrimSuffix(twoProfilesText, "\n"), strings.TrimSuffix(twoProfilesText, "\n"), 0, 0, 0},
		{
			"changed", "# \xff\x00 odd\n\t[profile x]\nk=v\n# BEGIN muster sso-session s\n[profile a.R]\nregion = y\n[profile gone]\n  # END muster sso-session s  \n\n[profile y]",
			"# \xff\x00 odd\n\t[profile x]\nk=v\n" + strings.TrimSuffix(twoProfilesText, "\n") + "\n\n[profile y]", 1, 1, 1,
		},
		{"beside another", other, other + "\n\nT", 2, 0, 0},
		{"above another", "T" + other, "T" + other, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, want := strings.Replace(test.before, "T", twoProfilesText, 1), strings.Replace(test.want, "T", twoProfilesText, 1)
			after, c, err := twoProfiles.fit(Files{Config: "config"}, []byte(before))
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != want {
				t.Errorf("got %q\nwant %q", after, want)
			}
			if got := [3]int{c.Added, c.Changed, c.Removed}; got != [3]int{test.added, test.changed, test.removed} {
				t.Errorf("got %v added, changed, removed", got)
			}
		})
	}
}

func TestBrokenMarkers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"[default]\n# BEGIN muster s\n[profile a]\n", `config:2: found "# BEGIN muster s" without "# END muster s" below it: put that line back where the block ends, or remove this one`},
		{"\n# END muster s\n", `config:2: found "# END muster s" without "# BEGIN muster s" above it: remove the line, or put the other back`},
		{"# BEGIN muster s\n# END muster s\r\n# BEGIN muster s\n# END muster s\n", `config:3: found "# BEGIN muster s" a second time, the first is in line 1: remove one of the two blocks`},
		{"# BEGIN muster s\n# END muster s\n# END muster s\n", `config:3: found "# END muster s" without "# BEGIN muster s" above it: remove the line, or put the other back`},
		{"# BEGIN muster s\n# BEGIN muster t\n# END muster t\n# END muster s\n", `config:2: found "# BEGIN muster t" within the block that begins in line 1, expected "# END muster s" first: remove the one that is too many`},
		{"# BEGIN muster s\r# END muster t\r# END muster s\r", `config:2: found "# END muster t" without "# BEGIN muster t" above it: remove the line, or put the other back`},
		{"# BEGIN muster s\n[profile a]\n# END muster s\n; mine\n\nregion = x\n", `config:6: found a setting below the block "s", whose last profile it belongs to: move it above the block or below a section of your own`},
	} {
		_, err := Block{Name: "s"}.Compare(writeConfig(t, test.text, ""))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %v", test.text, err)
			continue
		}
		syntax.File = filepath.Base(syntax.File)
		if got := syntax.Error(); got != test.want {
			t.Errorf("%q:\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

func writeConfig(t *testing.T, config, credentials string) Files {
	t.Helper()
	dir := t.TempDir()
	f := Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{f.Config: config, f.Credentials: credentials} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// TestTaken: a profile outside of the block, in either file or in another block, keeps
// its name.
func TestTaken(t *testing.T) {
	t.Parallel()
	block := Block{Name: "s", Profiles: []Section{
		generated("mine", "region", "r"), generated("own", "region", "r"), generated("theirs", "region", "r"), generated("key", "region", "r"), generated("default", "region", "r"),
	}}
	f := writeConfig(t, "# BEGIN muster s\n[profile own]\nregion = r\n\n# END muster s\n[profile mine]\n# BEGIN muster o\n[profile theirs]\n# END muster o\n[default]\n", "[key]\n"+keyPair)
	c, err := block.Write(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Taken {
		got = append(got, p.Name, filepath.Base(p.File), string(rune('0'+p.Line)))
	}
	if want := "default config : key credentials 1 mine config 6 theirs config 8"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(c.Block.Profiles) != 1 || c.Added+c.Changed+c.Removed != 0 {
		t.Errorf("got %+v", c)
	}
}

// TestNothingToWrite: no block is written if none of its profiles can be.
func TestNothingToWrite(t *testing.T) {
	t.Parallel()
	f := writeConfig(t, "[profile a]\n", "")
	c, err := Block{Name: "s", Profiles: []Section{generated("a")}}.Write(context.Background(), f)
	if err != nil || c.Written || len(c.Taken) != 1 || c.Backup != "" {
		t.Errorf("got %+v, %v", c, err)
	}
	if got := textOf(t, f.Config); got != "[profile a]\n" {
		t.Errorf("got %q", got)
	}
}

func TestWritersDoNotLoseEachOther(t *testing.T) {
	t.Parallel()
	f := writeConfig(t, "[default]\n", "")
	var wait sync.WaitGroup
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, name := range names {
		wait.Go(func() {
			if _, err := (Block{Name: name, Profiles: []Section{generated(name, "region", "x")}}).Write(context.Background(), f); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	config, err := Load(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(config.Profiles); got != 1+len(names) {
		t.Errorf("got %d profiles, want %d", got, 1+len(names))
	}
}

// FuzzFit: every byte outside of the markers stays, a second write changes nothing, and
// the profiles of the block are found afterwards.
func FuzzFit(f *testing.F) {
	f.Add("")
	f.Add("[default]\r\nregion = x\r\n")
	f.Add("[profile a.R]\nregion = x")
	f.Add("# \xff\n" + twoProfilesText + "[profile z]\n")
	f.Add("\ufeff# BEGIN muster sso-session s\r\n\t# END muster sso-session s")
	f.Add("[a]\rb = c\r  d\r# BEGIN muster sso-session s\r# END muster sso-session s\r\r\n")
	f.Add("[DEFAULT]\nregion = x\n# BEGIN muster t\n# END muster t\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		files := Files{Config: "config"}
		before := []byte(text)
		after, c, err := twoProfiles.fit(files, before)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		cut := func(text []byte) (head, tail []byte) {
			spans, err := findBlocks("config", text)
			place, ok := spans[twoProfiles.Name]
			if err != nil || !ok {
				return text, nil
			}
			return text[:place.start], text[place.end:]
		}
		oldHead, oldTail := cut(before)
		head, tail := cut(after)
		if bytes.Contains(before, []byte("# BEGIN muster sso-session s")) {
			if !bytes.Equal(head, oldHead) || !bytes.Equal(tail, oldTail) {
				t.Errorf("from %q\nto %q", before, after)
			}
		} else if rest, ok := bytes.CutPrefix(head, before); !ok || strings.Trim(string(rest), "\r\n") != "" || strings.Trim(string(tail), "\r\n") != "" {
			t.Errorf("from %q\nto %q", before, after)
		}
		again, c2, err := twoProfiles.fit(files, after)
		if err != nil || !bytes.Equal(again, after) || c2.Added+c2.Changed+c2.Removed != 0 {
			t.Errorf("a second time: %v, %+v\n%q\n%q", err, c2, after, again)
		}
		config, err := build(files, after, nil)
		if err != nil {
			t.Fatalf("%v in %q", err, after)
		}
		for _, p := range c.Block.Profiles {
			found, err := config.Profile(p.Name)
			if err != nil || found.SSOAccountID != p.Settings[1].Value || found.SSORoleName != "R" {
				t.Errorf("%s: got %+v, %v in %q", p.Name, found, err, after)
			}
		}
	})
}
