// Package change makes muster's few changes in AWS, under a guard. Its rules:
//
//   - A Run makes the changes that it is given and no others. If they are more than its
//     bound, it makes none.
//   - One account, the canary, can go first. If a change fails there, the run touches no other.
//   - An account has one change at a time. Different accounts run side by side.
//   - Before each change the run reads the thing's state. It skips a thing that is not in the
//     state that the change begins with, or that has been used since it was listed.
//   - The journal has the intent of a change, on the disk, before the change is made, and its
//     outcome afterwards. If the intent cannot be written, the change is not made and the run
//     stops.
//   - An interrupt lets the change under way end, and stops the run before the next one.
//   - Undo takes a thing back to its first state in the journal, if it is in the state that
//     the last change has made. It can be repeated.
//
// The guard knows no kind of thing: an Editor reads and sets the state of things of one kind.
// Nothing is ever deleted. Package write has the operations that may be called.
package change

import (
	"context"
	"fmt"
	"time"
)

// Thing is something in an account that has a state.
type Thing struct {
	Kind  string // KeyKind
	Owner string // of a key: its user
	ID    string `json:"Id"`
}

func (t Thing) String() string { return fmt.Sprintf("%s %s of %s", t.Kind, t.ID, t.Owner) }

// Change takes a thing from one state to another.
type Change struct {
	AccountID   string `json:"AccountId"`
	AccountName string
	Thing
	Before, After string

	// CreatedAt is when the thing was created; nil: not known.
	CreatedAt *time.Time `json:",omitempty"`
	// LastUse is the time of the last use in RFC 3339, or NeverUsed; "": not known.
	LastUse string `json:",omitempty"`
}

// NeverUsed is the LastUse of a thing that nobody has used.
const NeverUsed = "never"

// State is the present state of a thing.
type State struct {
	Value   string // "": the thing does not exist
	LastUse string // as in Change; "": not known, or not relevant
}

// Editor reads and sets states in one account.
type Editor interface {
	State(context.Context, Change) (State, error)
	// Set sets the state of the change's thing. It is harmless if the thing has the state
	// already.
	Set(ctx context.Context, c Change, state string) error
}

// Outcome is the result of a change.
type Outcome string

const (
	Planned   Outcome = "planned"
	Protected Outcome = "protected" // the run itself uses the thing
	Done      Outcome = "done"
	Unchanged Outcome = "unchanged" // the thing had the wanted state already
	Skipped   Outcome = "skipped"   // the thing has changed since the plan
	Failed    Outcome = "failed"    // the thing is as it was
	Unknown   Outcome = "unknown"   // AWS may or may not have made the change
	NotMade   Outcome = "not-made"  // the run had stopped
)

// Result is a change with its outcome.
type Result struct {
	Change
	Outcome Outcome
	Reason  string // for people; "" for Planned and Done
	Err     error  // of a call, for Failed and Unknown
}

// compare returns what a run does with a thing in a state: Planned means to change it.
func (c Change) compare(now State) (o Outcome, reason string) {
	switch now.Value {
	case "":
		return Skipped, fmt.Sprintf("%s does not exist any more", c.Thing)
	case c.After:
		return Unchanged, "is " + c.After + " already"
	case c.Before:
	default:
		return Skipped, fmt.Sprintf("is %s, and not %s", now.Value, c.Before)
	}
	if c.LastUse != "" && now.LastUse != "" && now.LastUse != c.LastUse {
		return Skipped, "has been used since the plan: " + now.LastUse
	}
	return Planned, ""
}

// Check reads the thing's state and returns what a run would do now.
func (c Change) Check(ctx context.Context, e Editor) (Result, error) {
	now, err := e.State(ctx, c)
	if err != nil {
		return Result{}, err
	}
	outcome, reason := c.compare(now)
	return Result{Change: c, Outcome: outcome, Reason: reason}, nil
}
