package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
