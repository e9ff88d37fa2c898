package change

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

// fake is an Editor of keys in all accounts.
type fake struct {
	mu     sync.Mutex
	states map[string]string // by id
	used   map[string]string
	fails  map[string]error       // Set fails, and changes nothing
	onSet  func(id string) error  // is called after a change; its error is the call's
	begun  func(accountID string) // is called when a Set begins; may be nil
}

func newFake(changes []Change) *fake {
	f := &fake{states: map[string]string{}, used: map[string]string{}, fails: map[string]error{}}
	for _, c := range changes {
		f.states[c.ID] = c.Before
	}
	return f
}

func (f *fake) State(ctx context.Context, c Change) (State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return State{f.states[c.ID], f.used[c.ID]}, ctx.Err()
}

func (f *fake) Set(_ context.Context, c Change, state string) error {
	if f.begun != nil {
		f.begun(c.AccountID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fails[c.ID]; err != nil {
		return err
	}
	f.states[c.ID] = state
	if f.onSet != nil {
		return f.onSet(c.ID)
	}
	return nil
}

func (f *fake) open(context.Context, string) (Editor, error) { return f, nil }

// errDenied is a refusal of AWS, and errLost a lost answer.
var (
	errDenied error = &smithy.OperationError{ServiceID: "IAM", OperationName: "UpdateAccessKey", Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	errLost         = errors.New("connection reset")
)

// deactivations are changes of n keys in each of some accounts.
func deactivations(n int, accounts ...string) (changes []Change) {
	for _, a := range accounts {
		for i := range n {
			changes = append(changes, Change{
				AccountID: testAccount(a), Thing: Thing{KeyKind, "ann", fmt.Sprintf("AKIA%s%d", a, i)}, Before: KeyActive, After: KeyInactive,
			})
		}
	}
	return changes
}

// openTest opens a journal that exists or is new.
func openTest(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := OpenJournal(path, time.Now)
	if err == nil {
		err = j.Begin(Header{Command: "test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j
}

// do makes changes, and returns the outcomes by id.
func do(t *testing.T, ctx context.Context, f *fake, r *Run) (outcomes map[string]Outcome, err error) {
	t.Helper()
	outcomes = map[string]Outcome{}
	if r.Journal == nil {
		r.Journal = openTest(t, filepath.Join(t.TempDir(), "journal"))
	}
	if r.Max == 0 {
		r.Max = len(r.Changes)
	}
	r.Width, r.Open = 8, f.open
	r.Report = func(result Result) { outcomes[result.ID] = result.Outcome }
	err = r.Do(ctx)
	return outcomes, err
}

// testAccount returns the id of an account that tests name by a letter.
func testAccount(letter string) string { return fmt.Sprintf("%012d", letter[0]) }
