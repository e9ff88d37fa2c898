package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster/internal/awssim"
)

// TestKeysInterrupted: Ctrl-C, a closed terminal and SIGTERM let the changes under way end.
// The journal has each of them with its outcome, and activate --from takes them back.
func TestKeysInterrupted(t *testing.T) {
	t.Parallel()
	binary := unixBinary(t)
	sim, environ := simulated(t, keysWorld(t, 3, 8, ""), false, awssim.WithLatency(5*time.Millisecond))
	var change atomic.Pointer[func()] // called at each change
	environ = inFront(t, environ, func(r *http.Request) *awssim.Server {
		if bytes.Contains(bodyOf(t, r), []byte("Action=UpdateAccessKey")) {
			(*change.Load())()
		}
		return sim
	})
	before := sim.KeyStates()
	for name, signal := range map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP} {
		journal := filepath.Join(t.TempDir(), "keys.jsonl")
		cmd := exec.Command(binary, append(everyAccountsKeys, "--yes", "--max-changes", "100", "--journal", journal, "-o", "csv", "--columns", "Result")...)
		var stdout, stderr bytes.Buffer
		cmd.Env, cmd.Stdout, cmd.Stderr = environ, &stdout, &stderr
		var begun atomic.Int64
		interrupted := make(chan struct{})
		hold := func() {
			if begun.Add(1) > 6 { // of 49 changes
				<-interrupted
			}
		}
		change.Store(&hold)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if !eventually(func() bool { return begun.Load() > 6 }) {
			t.Errorf("%s: only %d changes", name, begun.Load())
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		close(interrupted)
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
			t.Errorf("%s: %v\n%s", name, err, stderr.String())
		}
		changed := inactive(sim.KeyStates()) - 1
		if changed < 6 || changed > 48 || strings.Count(stdout.String(), "done\n") != changed || strings.Count(stdout.String(), "not-made\n") != 49-changed {
			t.Errorf("%s: %d keys have changed\n%s", name, changed, stdout.String())
		}
		if intents, done := journalled(t, journal); intents != changed || done != changed {
			t.Errorf("%s: %d keys have changed; the journal has %d intents and %d outcomes", name, changed, intents, done)
		}
		if !strings.Contains(stderr.String(), "the way back: muster access-keys activate --from ") {
			t.Errorf("%s: %s", name, stderr.String())
		}
		got := muster(t, environ, "access-keys", "activate", "--from", journal, "--yes")
		if after := sim.KeyStates(); got.code != exitOK || !maps.Equal(after, before) {
			t.Fatalf("%s: exit code %d\n%s%s\n%v", name, got.code, got.stdout, got.stderr, after)
		}
	}
}

// journalled counts the changes in a journal, and those that are done.
func journalled(t *testing.T, path string) (intents, done int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var record struct{ Event, Outcome string }
		if err := json.Unmarshal(line, &record); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		switch {
		case record.Event == "intent":
			intents++
		case record.Outcome == "done":
			done++
		}
	}
	return intents, done
}
