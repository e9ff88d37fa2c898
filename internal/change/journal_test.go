package change

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTornLine: the end of a journal may be cut off at any byte.
func TestTornLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := openTest(t, path)
	changes := deactivations(2, "a")
	number, err := j.intend(changes[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := j.conclude(number, Result{Change: changes[0], Outcome: Done}); err != nil {
		t.Fatal(err)
	}
	before := j.size
	if _, err := j.intend(changes[1]); err != nil {
		t.Fatal(err)
	}
	j.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		torn := filepath.Join(t.TempDir(), "torn")
		if err := os.WriteFile(torn, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(torn, time.Now)
		if err != nil {
			t.Fatalf("cut off at %d: %v", cut, err)
		}
		undo := j.Undo()
		if want := cut >= int(before); want && len(undo) != 1 || len(undo) > 1 {
			t.Errorf("cut off at %d: %v", cut, undo)
		}
		if err := j.Begin(Header{Command: "again"}); err != nil {
			t.Error(err)
		}
		j.Close()
		if j, err = OpenJournal(torn, time.Now); err != nil {
			t.Errorf("cut off at %d, and used again: %v", cut, err)
			continue
		}
		if len(j.Undo()) != len(undo) {
			t.Errorf("cut off at %d, and used again: %v", cut, j.Undo())
		}
		j.Close()
		if info, _ := os.Stat(torn); info.Mode().Perm() != 0o600 {
			t.Errorf("%v", info.Mode())
		}
	}
}

// TestOtherFiles: a journal is never mixed with another file.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\n", "no line", "{}\n", `{"Event":"run","Format":"muster journal 9"}` + "\n", `{"Event":"intent"}` + "\n", "[]\n"} {
		path := filepath.Join(t.TempDir(), "notes")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenJournal(path, time.Now); !errors.As(err, new(*JournalError)) {
			t.Errorf("%q: %v", text, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%q has become %q", text, after)
		}
	}
	if _, err := OpenJournal(os.DevNull, time.Now); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
}

// TestLocked: a journal has one run at a time.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := openTest(t, path)
	for name, open := range map[string]func(string, func() time.Time) (*Journal, error){"run": OpenJournal, "undo": OpenForUndo} {
		if _, err := open(path, time.Now); !errors.Is(err, errLocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	j.Close()
	openTest(t, path)
}

// TestUndo: whatever runs, undos and crashes a journal has seen, undo gives each thing its
// first state, and only things that are as the runs left them are touched.
func TestUndo(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		random := rand.New(rand.NewPCG(seed, 0))
		path := filepath.Join(t.TempDir(), "journal")
		changes := deactivations(6, "a")
		f := newFake(changes)
		for range 1 + random.IntN(5) {
			j, err := OpenJournal(path, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Begin(Header{Command: "test"}); err != nil {
				t.Fatal(err)
			}
			work := changes
			if random.IntN(2) == 0 {
				work = j.Undo()
			}
			crash(t, random, j, f, work)
			j.Close()
		}
		j, err := OpenForUndo(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := do(t, t.Context(), f, &Run{Changes: j.Undo(), Journal: j, Undo: true}); err != nil {
			t.Fatal(err)
		}
		for id, state := range f.states {
			if state != KeyActive {
				t.Fatalf("seed %d: %s is %s", seed, id, state)
			}
		}
		again, err := do(t, t.Context(), f, &Run{Changes: j.Undo(), Journal: j, Undo: true})
		for id, outcome := range again {
			if outcome != Unchanged {
				t.Errorf("seed %d: undone again: %s is %s, %v", seed, id, outcome, err)
			}
		}
		j.Close()
	}
}

// crash makes some of the changes, and ends at a random step of one of them.
func crash(t *testing.T, random *rand.Rand, j *Journal, f *fake, changes []Change) {
	t.Helper()
	for _, c := range changes {
		if f.states[c.ID] != c.Before {
			continue
		}
		number, err := j.intend(c)
		if err != nil {
			t.Fatal(err)
		}
		if random.IntN(8) == 0 {
			return
		}
		outcome := []Outcome{Done, Done, Done, Failed, Unknown}[random.IntN(5)]
		if outcome == Done || outcome == Unknown && random.IntN(2) == 0 {
			f.states[c.ID] = c.After
		}
		if random.IntN(8) == 0 {
			return
		}
		if err := j.conclude(number, Result{Change: c, Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPlanFile: a plan that is written can be read, and others cannot.
func TestPlanFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	plan := Plan{Header: Header{Command: "test"}, Changes: deactivations(2, "a")}
	if _, err := plan.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ParsePlan([]byte(b.String()))
	if err != nil || len(got.Changes) != 2 || got.Changes[1] != plan.Changes[1] || got.Command != "test" {
		t.Errorf("%+v, %v", got, err)
	}
	for from, to := range map[string]string{
		"muster plan 1": "muster plan 2", `"Inactive"`: `"Gone"`, KeyKind: "volume", "AKIAa1": "AKIAa0", `"Before": "Active"`: `"Before": "Inactive"`,
		`"ann"`: `""`,
	} {
		if _, err := ParsePlan([]byte(strings.ReplaceAll(b.String(), from, to))); err == nil {
			t.Errorf("%s for %s: no error", to, from)
		}
	}
	if _, err := ParsePlan([]byte(b.String()[:b.Len()/2])); err == nil {
		t.Error("half a plan: no error")
	}
}
