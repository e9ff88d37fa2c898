package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestUndoLeavesContext: a context and variables do not lead an undo to other accounts, or
// leave out some of its own. The command line may.
func TestUndoLeavesContext(t *testing.T) {
	t.Parallel()
	sim, environ := simulated(t, keysWorld(t, 2, 2, ""), false)
	before := sim.KeyStates()
	folder := t.TempDir()
	text := "current: prod\ncontexts:\n  prod:\n    profile: admin\n  narrow:\n    exclude-account: account-1\n    role: Nosuch\n"
	if err := os.MkdirAll(filepath.Join(folder, "muster"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(folder, "muster", "config.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, variables := range map[string][]string{
		"context":         {"XDG_CONFIG_HOME=" + folder},
		"narrow context":  {"XDG_CONFIG_HOME=" + folder, "MUSTER_CONTEXT=narrow"},
		"profile":         {"MUSTER_PROFILE=admin"},
		"all profiles":    {"MUSTER_ALL_PROFILES=true"},
		"excluded":        {"MUSTER_EXCLUDE_ACCOUNT=account-1", "MUSTER_ROLE=Nosuch"},
		"another account": {"MUSTER_ACCOUNT=account-0"},
	} {
		journal, plan := filepath.Join(t.TempDir(), "keys.jsonl"), filepath.Join(t.TempDir(), "plan.json")
		if got := muster(t, environ, append(everyAccountsKeys, "--plan", plan)...); got.code != exitOK {
			t.Fatalf("%s: exit code %d\n%s", name, got.code, got.stderr)
		}
		there := append(variables, environ...)
		got := muster(t, there, "access-keys", "deactivate", "--apply", plan, "--yes", "--max-changes", "9", "--journal", journal)
		if n := inactive(sim.KeyStates()); got.code != exitOK || n != 10 {
			t.Errorf("%s: the plan: exit code %d, %d keys are inactive\n%s", name, got.code, n, got.stderr)
		}
		got = muster(t, there, "access-keys", "activate", "--from", journal, "--account", "account-0", "--yes")
		if n := inactive(sim.KeyStates()); got.code != exitPartial || n != 5 {
			t.Errorf("%s: one account: exit code %d, %d keys are inactive\n%s", name, got.code, n, got.stderr)
		}
		got = muster(t, there, "access-keys", "activate", "--from", journal, "--yes")
		if after := sim.KeyStates(); got.code != exitOK || !maps.Equal(after, before) {
			t.Errorf("%s: the undo: exit code %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}
}

// TestKeysNameContext: a plan and its result name the context that has selected the accounts.
func TestKeysNameContext(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, keysWorld(t, 1, 1, ""), false)
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "muster"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "muster", "config.yaml"), []byte("current: prod\ncontexts:\n  prod:\n    organization: true\n    role: Keys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "XDG_CONFIG_HOME="+folder)
	got := muster(t, environ, "access-keys", "deactivate")
	if !strings.Contains(got.stderr, "muster: the plan: deactivate 3 keys in 1 account (context prod); 1 protected; nothing was changed\n") {
		t.Errorf("%s", got.stderr)
	}
	got = muster(t, environ, "access-keys", "deactivate", "--yes", "--max-changes", "1", "--journal", filepath.Join(folder, "keys.jsonl"))
	if got.code != exitUsage || !strings.Contains(got.stderr, "the plan has 3 changes, more than --max-changes 1: nothing was changed (context prod)") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	got = muster(t, environ, "access-keys", "deactivate", "--yes", "--max-changes", "3", "--journal", filepath.Join(folder, "keys.jsonl"))
	if !strings.Contains(got.stderr, "muster: deactivated 3 keys in 1 account (context prod); 1 protected\n") {
		t.Errorf("%s", got.stderr)
	}
}

// TestKeysOwn: no key is deactivated that leads to the run's own credentials.
func TestKeysOwn(t *testing.T) {
	t.Parallel()
	world, err := awssim.ParseWorld([]byte(`{"organization": {}, "accounts": [{"id": "100000000001", "name": "root"}, {"id": "100000000002", "name": "shop"}],
		"users": [{"account": "root", "name": "admin"}, {"account": "root", "name": "other", "profile": "-"}], "roles": [{"name": "Keys", "allow": ["iam:*"]}], "home": {"profile": "admin"}}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, world, false)
	home := strings.TrimPrefix(environ[0], "HOME=")
	credentials, err := os.ReadFile(filepath.Join(home, ".aws", "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(credentials)) // [admin] aws_access_key_id = ID aws_secret_access_key = SECRET
	id, secret := fields[3], fields[6]
	session := muster(t, environ, "session-token", "--profile", "admin", "-o", "env")
	var parts []string
	for _, word := range strings.Fields(session.stdout) {
		if name, value, ok := strings.Cut(word, "="); ok && slices.Contains([]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}, name) {
			parts = append(parts, strings.Trim(value, "'"))
		}
	}
	if len(parts) != 3 {
		t.Fatalf("%s%s", session.stdout, session.stderr)
	}
	config := "\n[profile chain]\nrole_arn = arn:aws:iam::100000000001:role/Keys\nsource_profile = admin\n" +
		"\n[profile process]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"" + id + "\", \"SecretAccessKey\": \"" + secret + "\"}'\n" +
		"\n[profile session]\naws_access_key_id = " + parts[0] + "\naws_secret_access_key = " + parts[1] + "\naws_session_token = " + parts[2] + "\n" +
		"\n[profile process-session]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"" + parts[0] + "\", \"SecretAccessKey\": \"" + parts[1] + "\", \"SessionToken\": \"" + parts[2] + "\"}'\n"
	file, err := os.OpenFile(filepath.Join(home, ".aws", "config"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString(config)
	file.Close()
	for name, args := range map[string][]string{
		"base": {"--profile", "admin"}, "chain": {"--profile", "chain"}, "process": {"--profile", "process"}, "session": {"--profile", "session"},
		"process-session": {"--profile", "process-session"}, "organization": {"--organization", "--role", "Keys", "--profile", "admin"},
		"--role-arn": {"--role-arn", "arn:aws:iam::100000000001:role/Keys", "--profile", "admin"},
	} {
		got := muster(t, environ, append([]string{"access-keys", "deactivate", "-o", "text", "--columns", "User,Result", "--sort-by", "User"}, args...)...)
		if got.stdout != "admin\tprotected\nother\tplanned\n" {
			t.Errorf("%s: exit code %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}
	if n := updates(sim); n != 0 {
		t.Errorf("%d changes", n)
	}
}

// TestREADMEChanges runs the commands in the README's chapters about changes, which stand in
// the text and not in blocks.
func TestREADMEChanges(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	world, err := awssim.ParseWorld([]byte(`{"organization": {}, "accounts": [{"id": "100000000001", "name": "root"}, {"id": "100000000002", "name": "Development"}],
		"users": [{"account": "root", "name": "admin"}, {"account": "Development", "name": "development"}, {"account": "Development", "name": "old", "profile": "-"}],
		"home": {"profile": "admin"}}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, world, false)
	before := sim.KeyStates()
	home := strings.TrimPrefix(environ[0], "HOME=")
	for heading, want := range map[string]int{"### One role in every account\n": 6, "### Old access keys\n": 3} {
		_, chapter, _ := strings.Cut(string(text), heading)
		chapter, _, _ = strings.Cut(chapter, "\n#")
		commands := regexp.MustCompile("`muster ([^`]+)`").FindAllStringSubmatch(chapter, -1)
		if len(commands) != want {
			t.Errorf("%s has %d commands, want %d", heading, len(commands), want)
		}
		for _, command := range commands {
			args := strings.Fields(strings.ReplaceAll(command[1], "~", home))
			if command[1] == "role template" {
				args = append(args, "--role", "MusterRead")
			}
			if got := muster(t, environ, args...); got.code != exitOK {
				t.Errorf("%s: exit code %d\n%s%s", command[0], got.code, got.stdout, got.stderr)
			}
		}
	}
	if updates(sim) != 2 || !maps.Equal(sim.KeyStates(), before) {
		t.Errorf("%d changes: %v", updates(sim), sim.KeyStates())
	}
}
