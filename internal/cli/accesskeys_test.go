package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// keysWorld has accounts with several users. The role Keys may change access keys.
func keysWorld(t *testing.T, accounts, users int, more string) *awssim.World {
	t.Helper()
	var list, people []string
	for a := range accounts {
		list = append(list, fmt.Sprintf(`{"id": "10000000000%d", "name": "account-%d"}`, a, a))
		for u := range users {
			people = append(people, fmt.Sprintf(`{"account": "account-%d", "name": "user-%d", "profile": "-", "second_key": {"created": "2026-11-20T00:00:00Z"}}`, a, u))
		}
	}
	w, err := awssim.ParseWorld([]byte(fmt.Sprintf(`{"regions": ["us-east-1"], "organization": {}, "accounts": [%s],
		"users": [{"account": "account-0", "name": "admin"}, {"account": "account-0", "name": "away", "profile": "-", "second_key": {"status": "Inactive"}}, %s],
		"roles": [{"name": "Keys", "allow": ["iam:*"]}], "home": {"profile": "admin"}%s}`, strings.Join(list, ","), strings.Join(people, ","), more)))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// inactive counts the keys that are inactive.
func inactive(states map[string]string) (n int) {
	for _, state := range states {
		if state == "Inactive" {
			n++
		}
	}
	return n
}

var everyAccountsKeys = []string{"access-keys", "deactivate", "--organization", "--role", "Keys"}

// TestKeysAfterKill: after kill -9 at any moment, activate --from gives every key its state
// back.
func TestKeysAfterKill(t *testing.T) {
	t.Parallel()
	binary := unixBinary(t)
	const accounts = 3
	sim, environ := simulated(t, keysWorld(t, accounts, 8, ""), false, awssim.WithLatency(5*time.Millisecond))
	before := sim.KeyStates()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		journal := filepath.Join(t.TempDir(), "keys.jsonl")
		cmd := exec.Command(binary, append(everyAccountsKeys, "--yes", "--max-changes", "100", "--journal", journal)...)
		cmd.Env = environ
		seen := updates(sim)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		moment := seen + 1 + random.IntN(45) // of 49 changes
		if !eventually(func() bool { return updates(sim) >= moment }) {
			t.Errorf("only %d changes", updates(sim)-seen)
		}
		time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond)
		cmd.Process.Kill()
		if err := cmd.Wait(); err == nil {
			t.Logf("run %d has ended before it was killed", i)
		}
		changed := inactive(sim.KeyStates()) - 1
		got := muster(t, environ, "access-keys", "activate", "--from", journal, "--yes", "--jq", ".Result")
		undone := strings.Count(got.stdout, "done\n")
		if undone > changed && undone <= changed+accounts { // one call of each account may still have been under way
			changed = undone
		}
		if after := sim.KeyStates(); got.code != exitOK || changed == 0 || !maps.Equal(after, before) || undone != changed {
			t.Fatalf("after kill %d, with %d changes: exit code %d\n%s%s\n%v", i, changed, got.code, got.stdout, got.stderr, after)
		}
	}
}

// updates counts the calls of UpdateAccessKey.
func updates(sim *awssim.Server) (n int) {
	for _, call := range sim.Calls() {
		if call.Operation == "UpdateAccessKey" {
			n++
		}
	}
	return n
}

// TestKeysBound: a plan that is larger than --max-changes changes nothing.
func TestKeysBound(t *testing.T) {
	t.Parallel()
	sim, environ := simulated(t, keysWorld(t, 2, 2, ""), false)
	before := sim.KeyStates()
	journal := filepath.Join(t.TempDir(), "keys.jsonl")
	got := muster(t, environ, append(everyAccountsKeys, "--yes", "--max-changes", "8", "--journal", journal)...)
	if got.code != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, "the plan has 9 changes, more than --max-changes 8: nothing was changed") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if after := sim.KeyStates(); !maps.Equal(after, before) {
		t.Errorf("%v", after)
	}
}

// TestKeysCanary: if a change in the canary account fails, the other account is untouched.
func TestKeysCanary(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]string{
		"denied":     `, "deny": [{"kind": "iam", "accounts": ["account-1"], "actions": ["iam:UpdateAccessKey"]}]`,
		"unreadable": `, "deny": [{"kind": "iam", "accounts": ["account-1"], "actions": ["iam:ListUsers"]}]`,
		"once":       `, "faults": [{"service": "iam", "operation": "UpdateAccessKey", "account": "account-1", "kind": "error", "status": 409, "code": "EntityTemporarilyUnmodifiable", "times": 1}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, environ := simulated(t, keysWorld(t, 2, 2, fault), false)
			journal := filepath.Join(t.TempDir(), "keys.jsonl")
			got := muster(t, environ, append(everyAccountsKeys, "--yes", "--max-changes", "9", "--journal", journal, "--canary", "account-1", "-o", "csv")...)
			if got.code != exitNothing && (name != "once" || got.code != exitPartial) {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			for _, call := range sim.Calls() {
				if call.Operation == "UpdateAccessKey" && call.Account != "100000000001" {
					t.Errorf("%+v", call)
				}
			}
			if !strings.Contains(got.stdout, "not-made") {
				t.Errorf("%s", got.stdout)
			}
		})
	}
}

// TestKeysFullDisk: when the journal cannot grow, the run stops, and every change that was
// made is in it. The undo needs no space.
func TestKeysFullDisk(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		prepare func(t *testing.T, folder string)
		command []string
		reason  string
	}{
		"full": {mountSmall, []string{binary}, "no space left on device"},
		// File systems with quotas, and shells with a limit for files.
		"limited": {func(*testing.T, string) {}, []string{"sh", "-c", `ulimit -f 8; exec "$0" "$@"`, binary}, "file too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("limits are of Unix")
			}
			folder := t.TempDir()
			test.prepare(t, folder)
			sim, environ := simulated(t, keysWorld(t, 3, 8, ""), false)
			before := sim.KeyStates()
			journal := filepath.Join(folder, "keys.jsonl")
			args := slices.Concat(test.command[1:], everyAccountsKeys, []string{"--yes", "--max-changes", "100", "--journal", journal, "-o", "ndjson"})
			cmd := exec.Command(test.command[0], args...)
			var stdout, stderr bytes.Buffer
			cmd.Env, cmd.Stdout, cmd.Stderr = environ, &stdout, &stderr
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitPartial || !strings.Contains(stderr.String(), "journal "+journal+": "+test.reason) {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			changed := inactive(sim.KeyStates()) - 1
			if changed < 3 || changed > 40 || strings.Count(stdout.String(), `"done"`) != changed || !strings.Contains(stdout.String(), `"not-made"`) {
				t.Errorf("%d keys have changed\n%s", changed, stdout.String())
			}
			if intents, _ := journalled(t, journal); intents < changed {
				t.Errorf("%d keys have changed; the journal has %d intents", changed, intents)
			}
			got := muster(t, environ, "access-keys", "activate", "--from", journal, "--yes")
			if after := sim.KeyStates(); got.code != exitOK || !maps.Equal(after, before) {
				t.Errorf("exit code %d: %s\n%v", got.code, got.stderr, after)
			}
		})
	}
}

// mountSmall mounts a file system of 8 kB.
func mountSmall(t *testing.T, folder string) {
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", folder).Run() })
}

// TestKeysUnreadResults: if nobody reads the results, the changes and the way back are still
// on stderr.
func TestKeysUnreadResults(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"table", "ndjson"} {
		sim, environ := simulated(t, keysWorld(t, 1, 2, ""), false)
		before := sim.KeyStates()
		journal := filepath.Join(t.TempDir(), "keys.jsonl")
		var stderr bytes.Buffer
		args := append(everyAccountsKeys, "--yes", "--max-changes", "9", "--journal", journal, "-o", format)
		code := Main(t.Context(), args, &App{Stdin: strings.NewReader(""), Stdout: brokenWriter{}, Stderr: &stderr, Environ: environ})
		changed := inactive(sim.KeyStates()) - 1
		if summary := fmt.Sprintf("muster: deactivated %d key", changed); code != exitNothing || changed == 0 || !strings.Contains(stderr.String(), summary) ||
			!strings.Contains(stderr.String(), "muster: the way back: ") {
			t.Errorf("%s: exit code %d, %d keys have changed\n%s", format, code, changed, stderr.String())
		}
		muster(t, environ, "access-keys", "activate", "--from", journal, "--yes")
		if after := sim.KeyStates(); !maps.Equal(after, before) {
			t.Errorf("%s: %v", format, after)
		}
	}
}

// TestKeysLocked: of two runs with one journal, the second one is rejected.
func TestKeysLocked(t *testing.T) {
	t.Parallel()
	sim, environ := simulated(t, keysWorld(t, 1, 2, `, "faults": [{"operation": "UpdateAccessKey", "kind": "hang", "times": 1}]`), false)
	journal := filepath.Join(t.TempDir(), "keys.jsonl")
	args := append(everyAccountsKeys, "--yes", "--max-changes", "9", "--journal", journal)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	first := make(chan int)
	go func() {
		first <- Main(ctx, args, &App{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Environ: environ})
	}()
	if !eventually(func() bool { return updates(sim) > 0 }) {
		t.Fatal("the first run changes nothing")
	}
	for _, second := range [][]string{args, {"access-keys", "activate", "--from", journal, "--yes"}} {
		got := muster(t, environ, second...)
		if got.code != exitNothing || !strings.Contains(got.stderr, "another run is using it") {
			t.Errorf("exit code %d: %s", got.code, got.stderr)
		}
	}
	sim.Close() // ends the call
	interrupt()
	if code := <-first; code != exitInterrupted {
		t.Errorf("the first run: exit code %d", code)
	}
}

// brokenWriter is an output that cannot be written.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
