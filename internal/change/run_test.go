package change

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func wantOutcomes(t *testing.T, got, want map[string]Outcome) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}

// TestBound: a plan with more changes than the bound changes nothing.
func TestBound(t *testing.T) {
	t.Parallel()
	changes := deactivations(2, "a", "b")
	f := newFake(changes)
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, Max: 3})
	if bound := (*BoundError)(nil); !errors.As(err, &bound) || bound.Changes != 4 || bound.Max != 3 {
		t.Errorf("%v", err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{})
	if f.states["AKIAa0"] != KeyActive || f.states["AKIAb1"] != KeyActive {
		t.Errorf("%v", f.states)
	}
}

// TestCanary: if a change in the canary account fails, no other account is touched.
func TestCanary(t *testing.T) {
	t.Parallel()
	changes := deactivations(2, "a", "b")
	f := newFake(changes)
	f.fails["AKIAb0"] = errDenied
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, Canary: testAccount("b")})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAb0": Failed, "AKIAb1": Done, "AKIAa0": NotMade, "AKIAa1": NotMade})

	f = newFake(changes)
	first := ""
	f.begun = func(account string) {
		if first == "" {
			first = account
		}
	}
	outcomes, err = do(t, t.Context(), f, &Run{Changes: changes, Canary: testAccount("b")})
	if err != nil || first != testAccount("b") {
		t.Errorf("%v, %s goes first", err, first)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAb0": Done, "AKIAb1": Done, "AKIAa0": Done, "AKIAa1": Done})
}

// TestOneAtATime: an account has one change at a time, and accounts go side by side.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	changes := deactivations(3, "a", "b", "c")
	f := newFake(changes)
	synctest.Test(t, func(t *testing.T) {
		f.begun = func(string) { time.Sleep(time.Minute) }
		start := time.Now()
		if _, err := do(t, t.Context(), f, &Run{Changes: changes}); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 3*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// TestChangedSince: things that have changed since the plan are skipped.
func TestChangedSince(t *testing.T) {
	t.Parallel()
	changes := deactivations(6, "a")
	for i := range changes {
		changes[i].LastUse = NeverUsed
	}
	f := newFake(changes)
	f.states["AKIAa0"] = KeyInactive
	f.states["AKIAa1"] = "" // deleted
	f.states["AKIAa2"] = "Expired"
	f.used["AKIAa3"] = "2026-11-28T10:00:00Z"
	f.used["AKIAa4"] = NeverUsed
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{
		"AKIAa0": Unchanged, "AKIAa1": Skipped, "AKIAa2": Skipped, "AKIAa3": Skipped, "AKIAa4": Done, "AKIAa5": Done,
	})
}

// TestLostAnswer: if the answer is lost, the thing's state tells whether the change was made.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	changes := deactivations(2, "a")
	f := newFake(changes)
	f.onSet = func(string) error { return errLost }
	f.fails["AKIAa1"] = errLost
	path := filepath.Join(t.TempDir(), "journal")
	j := openTest(t, path)
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, Journal: j})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": Unknown})
	if undo := j.Undo(); len(undo) != 2 {
		t.Errorf("%v", undo)
	}
}

// TestInterrupt: the change under way ends, and no other begins.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	changes := deactivations(3, "a")
	f := newFake(changes)
	ctx, interrupt := context.WithCancel(t.Context())
	f.onSet = func(id string) error {
		if id == "AKIAa1" {
			interrupt()
		}
		return nil
	}
	j := openTest(t, filepath.Join(t.TempDir(), "journal"))
	outcomes, err := do(t, ctx, f, &Run{Changes: changes, Journal: j})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": Done, "AKIAa2": NotMade})
	if last := j.intents[len(j.intents)-1]; last.outcome != Done || len(j.Undo()) != 2 {
		t.Errorf("%+v", last)
	}
}

// TestFailFast stops after the first failure.
func TestFailFast(t *testing.T) {
	t.Parallel()
	changes := deactivations(3, "a")
	f := newFake(changes)
	f.fails["AKIAa1"] = errDenied
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, FailFast: true})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": Failed, "AKIAa2": NotMade})
}

// TestBrokenJournal: without an intent on the disk no change is made, and the run stops. An
// undo goes on.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	changes := deactivations(3, "a")
	f := newFake(changes)
	path := filepath.Join(t.TempDir(), "journal")
	j := openTest(t, path)
	f.onSet = func(id string) error {
		if id == "AKIAa1" {
			j.file.Close() // the outcome cannot be written
		}
		return nil
	}
	outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, Journal: j})
	if !errors.As(err, new(*JournalError)) {
		t.Errorf("%v", err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": Done, "AKIAa2": NotMade})
	j.Close()

	f.onSet = nil
	from, err := OpenForUndo(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	undo := from.Undo()
	from.file.Close()
	outcomes, err = do(t, t.Context(), f, &Run{Changes: undo, Journal: from, Undo: true})
	if err != nil {
		t.Error(err)
	}
	wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": Done})
	if f.states["AKIAa0"] != KeyActive || f.states["AKIAa1"] != KeyActive {
		t.Errorf("%v", f.states)
	}
}

// TestRemovedJournal: what is written to a file that somebody has removed is lost. The run
// stops before its next change.
func TestRemovedJournal(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(path string) error{
		"removed":  os.Remove,
		"replaced": func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("an open file cannot be removed on Windows")
			}
			changes := deactivations(3, "a")
			f := newFake(changes)
			path := filepath.Join(t.TempDir(), "journal")
			f.onSet = func(string) error { return remove(path) }
			outcomes, err := do(t, t.Context(), f, &Run{Changes: changes, Journal: openTest(t, path)})
			if !errors.As(err, new(*JournalError)) {
				t.Errorf("%v", err)
			}
			wantOutcomes(t, outcomes, map[string]Outcome{"AKIAa0": Done, "AKIAa1": NotMade, "AKIAa2": NotMade})
		})
	}
}
