package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// offered adds an environment in which a context has been offered before.
func offered(t *testing.T, environ []string) []string {
	t.Helper()
	config := t.TempDir()
	err := os.Mkdir(filepath.Join(config, "muster"), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(config, "muster", "config.yaml"), nil, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return append(environ, "XDG_CONFIG_HOME="+config)
}

// TestOfferOfContext: after the first sign-in, login offers a context once, whatever the
// answer. Ctrl-C keeps nothing, so that it is offered again.
func TestOfferOfContext(t *testing.T) {
	t.Parallel()
	const question = `Use the accounts of corp in all commands, as the current context\? \[y/N\] `
	for name, c := range map[string]struct {
		typed, want, file string
		code              int
		again             bool
	}{
		"yes":    {"y\n", `muster: created context corp in .*config\.yaml; add a permission set with: muster context set corp --role NAME`, "current: corp\ncontexts:\n  corp:\n    sso-session: corp\n", 0, false},
		"Enter":  {"\n", `muster: no context created; 'muster help contexts' explains them`, "", 0, false},
		"Ctrl-D": {"\x04", `muster: no context created`, "", 0, false},
		"Ctrl-C": {"\x03", `muster: interrupted`, "", 130, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, environ := ended(t)
			config := filepath.Join(t.TempDir(), "config")
			environ = append(environ, "XDG_CONFIG_HOME="+config)
			file := filepath.Join(config, "muster", "config.yaml")
			login := func() (shown *screen, answer func(string) int) {
				command, tty, shown := startOnTerminal(t, environ, "login", "corp")
				if err := visit(waitFor(t, shown, signInURL.String())); err != nil {
					t.Error(err)
				}
				return shown, func(typed string) int {
					io.WriteString(tty, typed)
					command.Wait()
					return command.ProcessState.ExitCode()
				}
			}
			shown, answer := login()
			waitFor(t, shown, question)
			if code := answer(c.typed); code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, shown)
			}
			waitFor(t, shown, c.want)
			text, err := os.ReadFile(file)
			if c.again != os.IsNotExist(err) || !strings.HasSuffix(string(text), c.file) {
				t.Errorf("%v, %q; want %q", err, text, c.file)
			}

			shown, answer = login()
			waitFor(t, shown, `muster: signed in to SSO session "corp"`)
			if c.again {
				waitFor(t, shown, question)
			}
			if code := answer("n\n"); code != 0 || strings.Contains(shown.String(), "Use the accounts") != c.again {
				t.Errorf("the second time: exit code %d\n%s", code, shown)
			}
		})
	}
}

// TestOfferAfterEachSignIn: every kind of a first sign-in is followed by the offer.
func TestOfferAfterEachSignIn(t *testing.T) {
	t.Parallel()
	anyPage := regexp.MustCompile(`http://127\.0\.0\.1:\d+/(v1/)?authorize\?\S+`)
	const (
		one  = "Use %s in all commands, as the current context? [y/N] "
		list = "choose one (Enter; Esc for none)"
	)
	for name, c := range map[string]struct {
		config  string // of the user, besides the sessions corp and labs
		args    []string
		typed   []string // before the sign-in
		signIns int
		offer   string
		answer  string
		file    string
	}{
		"login_session":     {laptopProfile, []string{"login", "laptop"}, nil, 1, fmt.Sprintf(one, "profile laptop"), "y\n", "current: laptop\ncontexts:\n  laptop:\n    profile: laptop\n"},
		"role of it":        {laptopProfile, []string{"login", "role"}, nil, 1, fmt.Sprintf(one, "profile laptop"), "n\n", emptyContexts},
		"a profile":         {"", []string{"login", "m"}, nil, 1, fmt.Sprintf(one, "the accounts of corp"), "n\n", emptyContexts},
		"all of one kind":   {"", []string{"login", "--all"}, nil, 2, list, "labs\r", "current: labs\ncontexts:\n  labs:\n    sso-session: labs\n"},
		"all of every kind": {laptopProfile, []string{"login", "--all"}, nil, 3, list, "profile\r", "current: laptop\ncontexts:\n  laptop:\n    profile: laptop\n"},
		"none of all":       {"", []string{"login", "--all"}, nil, 2, list, "\x1b", emptyContexts},
		"a new session": {"", []string{"login", "--start-url", "https://corp.awsapps.com/start", "--sso-region", "eu-west-1"}, []string{"y\n"}, 1,
			fmt.Sprintf(one, "the accounts of corp"), "y\n", "current: corp\ncontexts:\n  corp:\n    sso-session: corp\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := awssim.ParseWorld([]byte(endedWorld))
			if err != nil {
				t.Fatal(err)
			}
			w.Users, w.Roles = []awssim.User{{Account: "main", Name: "ann", Profile: "-"}}, []awssim.Role{{Name: "Reader"}}
			w.Home.Config += c.config
			_, environ := simulated(t, w, false)
			home := strings.TrimPrefix(environ[0], "HOME=")
			if name == "a new session" {
				if err := os.WriteFile(filepath.Join(home, ".aws", "config"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "BROWSER=true")
			command, tty, shown := startOnTerminal(t, environ, c.args...)
			for n := 1; n <= c.signIns; n++ {
				waitFor(t, shown, strings.Repeat(`(?s:.*)`+anyPage.String()+`\n`, n))
				pages := anyPage.FindAllString(shown.String(), -1)
				if err := visit(pages[len(pages)-1]); err != nil {
					t.Error(err)
				}
				waitFor(t, shown, strings.Repeat(`(?s:.*)muster: signed in to`, n))
			}
			for _, typed := range c.typed {
				waitFor(t, shown, `Write \[sso-session corp\] into .* \[Y/n\] `)
				io.WriteString(tty, typed)
			}
			waitFor(t, shown, regexp.QuoteMeta(c.offer))
			io.WriteString(tty, c.answer)
			if err := command.Wait(); err != nil {
				t.Errorf("%v\n%s", err, shown)
			}
			text, err := os.ReadFile(filepath.Join(home, ".config", "muster", "config.yaml"))
			if err != nil || !strings.HasSuffix(string(text), c.file) {
				t.Errorf("%v, %q; want %q", err, text, c.file)
			}
		})
	}
}

// laptopProfile has a login_session, and a role behind it.
const laptopProfile = "\n[profile laptop]\nlogin_session = arn:aws:iam::100000000001:user/ann\nregion = us-east-1\n\n[profile role]\nrole_arn = arn:aws:iam::100000000001:role/Reader\nsource_profile = laptop\nregion = us-east-1\n"

// emptyContexts is what the answer no leaves.
const emptyContexts = "current: \"\"\ncontexts: {}\n"
