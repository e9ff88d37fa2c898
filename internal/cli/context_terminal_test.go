//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestContextInsteadOfIdentity: on a terminal, a note says that the accounts are those of the
// context and not of the identity in the environment. A source that starts from this identity
// needs no note.
func TestContextInsteadOfIdentity(t *testing.T) {
	t.Parallel()
	for flags, noted := range map[string]bool{
		"all-profiles: true": true,
		"profile: dev":       true,
		"role-arn: arn:aws:iam::200000000002:role/Ops":                     false,
		"{role-arn: arn:aws:iam::200000000002:role/Ops, profile: default}": true,
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			_, environ := execHome(t)
			folder := t.TempDir()
			if err := os.Mkdir(filepath.Join(folder, "muster"), 0o700); err != nil {
				t.Fatal(err)
			}
			text := "current: x\ncontexts:\n  x: " + flags + "\n"
			if !strings.HasPrefix(flags, "{") {
				text = "current: x\ncontexts:\n  x:\n    " + flags + "\n"
			}
			if err := os.WriteFile(filepath.Join(folder, "muster", "config.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			command, _, shown := startOnTerminal(t, append(environ, "XDG_CONFIG_HOME="+folder, "AWS_PROFILE=default"), "accounts", "--columns", "AccountId")
			waitFor(t, shown, `200000000002`)
			if err := command.Wait(); err != nil {
				t.Error(err)
			}
			const note = "context x selects the accounts, although AWS_PROFILE is set"
			if got := strings.Contains(shown.raw(), note); got != noted {
				t.Errorf("note: %v, want %v: %q", got, noted, shown.raw())
			}
		})
	}
}
