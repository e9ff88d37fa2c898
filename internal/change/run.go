package change

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"muster/internal/awsapi"
)

// Run makes changes.
type Run struct {
	Changes []Change
	Max     int      // the bound
	Canary  string   // the id of the account that goes first; "": none
	Journal *Journal // opened, and begun
	Width   int      // accounts at one time
	// Undo lets the run go on if the journal cannot be written: the journal that it takes
	// back has the states already, and an emergency must not wait for space on a disk.
	Undo bool
	// FailFast stops the run when a change has failed.
	FailFast bool
	// Open returns the editor of an account.
	Open func(ctx context.Context, accountID string) (Editor, error)
	// Report gets each result as soon as it is known, one at a time.
	Report func(Result)

	reporting sync.Mutex
	failed    bool // a change has failed, or its outcome is unknown
}

// BoundError means that there are more changes than a run may make.
type BoundError struct{ Changes, Max int }

func (e *BoundError) Error() string {
	return fmt.Sprintf("the plan has %d changes, more than --max-changes %d: nothing was changed", e.Changes, e.Max)
}

// UsageError marks a mistake in the command line.
func (*BoundError) UsageError() {}

// CheckBound returns a *BoundError for more changes than a run may make.
func CheckBound(changes, most int) error {
	if changes > most {
		return &BoundError{changes, most}
	}
	return nil
}

var (
	errCanary   = errors.New("a change in the canary account has failed")
	errFailFast = errors.New("a change has failed (--fail-fast)")
)

// interruptGrace is how long the change under way may take after an interrupt.
const interruptGrace = 10 * time.Second

// Do makes the changes, and reports each of them. The errors are a *BoundError, and that
// of the journal.
func (r *Run) Do(ctx context.Context) error {
	if err := CheckBound(len(r.Changes), r.Max); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	first, others := r.byAccount()
	if first != nil {
		r.account(ctx, stop, first)
		if r.hasFailed() {
			stop(errCanary)
		}
	}
	slots := make(chan struct{}, max(r.Width, 1))
	var running sync.WaitGroup
	for _, changes := range others {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			r.account(ctx, stop, changes)
		})
	}
	running.Wait()
	if broken := (*JournalError)(nil); errors.As(context.Cause(ctx), &broken) {
		return broken
	}
	return nil
}

// byAccount returns the changes of the canary account, and those of each other account.
func (r *Run) byAccount() (first []Change, others [][]Change) {
	at := map[string]int{}
	for _, c := range r.Changes {
		i, known := at[c.AccountID]
		switch {
		case c.AccountID == r.Canary:
			first = append(first, c)
		case known:
			others[i] = append(others[i], c)
		default:
			at[c.AccountID] = len(others)
			others = append(others, []Change{c})
		}
	}
	return first, others
}

// account makes the changes of one account, one after the other.
func (r *Run) account(ctx context.Context, stop context.CancelCauseFunc, changes []Change) {
	ctx, _ = awsapi.WithTrace(ctx, changes[0].AccountID) // the calls share the account's pace
	var editor Editor
	var err error
	if ctx.Err() == nil {
		editor, err = r.Open(ctx, changes[0].AccountID)
	}
	for _, c := range changes {
		var result Result
		switch {
		case ctx.Err() != nil:
			result = notMade(ctx, c)
		case err != nil:
			result = Result{Change: c, Outcome: Failed, Err: err}
		default:
			result = r.change(ctx, stop, editor, c)
		}
		if r.report(result); r.FailFast && r.hasFailed() {
			stop(errFailFast)
		}
	}
}

// change makes one change.
func (r *Run) change(ctx context.Context, stop context.CancelCauseFunc, e Editor, c Change) Result {
	result, err := c.Check(ctx, e)
	switch {
	case ctx.Err() != nil:
		return notMade(ctx, c)
	case err != nil:
		return Result{Change: c, Outcome: Failed, Err: err}
	case result.Outcome != Planned:
		return result
	}
	number, err := r.Journal.intend(c)
	if err != nil && !r.Undo {
		stop(err)
		return notMade(ctx, c)
	}
	result = r.set(ctx, e, c)
	if err == nil {
		err = r.Journal.conclude(number, result)
	}
	if err != nil && !r.Undo {
		stop(err)
	}
	return result
}

// set makes the call, to its end even if the run is interrupted meanwhile. If AWS has not
// answered, it reads the state to find out whether the change was made.
func (r *Run) set(ctx context.Context, e Editor, c Change) Result {
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(interruptGrace, cancel) })()
	err := e.Set(whole, c, c.After)
	switch {
	case err == nil:
		return Result{Change: c, Outcome: Done}
	case awsapi.NotMade(err):
		return Result{Change: c, Outcome: Failed, Err: err}
	}
	if now, again := e.State(whole, c); again == nil && now.Value == c.After {
		return Result{Change: c, Outcome: Done}
	}
	return Result{Change: c, Outcome: Unknown, Err: err}
}

func notMade(ctx context.Context, c Change) Result {
	reason := context.Cause(ctx).Error()
	if errors.Is(context.Cause(ctx), context.Canceled) {
		reason = "interrupted"
	}
	return Result{Change: c, Outcome: NotMade, Reason: reason}
}

func (r *Run) report(result Result) {
	r.reporting.Lock()
	defer r.reporting.Unlock()
	r.failed = r.failed || result.Outcome == Failed || result.Outcome == Unknown || result.Outcome == NotMade
	r.Report(result)
}

func (r *Run) hasFailed() bool {
	r.reporting.Lock()
	defer r.reporting.Unlock()
	return r.failed
}
