// Package sweep visits accounts x regions: at once, bounded, cancellable,
// streaming, and with an entry for every place in its ledger, so that "nothing
// there" and "could not look" are never confused. It knows no service.
package sweep

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"muster/internal/account"
	"muster/internal/awsapi"
)

// Status is what became of a place. Every awsapi.Kind is one.
type Status string

const (
	OK         Status = "ok"        // answered, with records
	Empty      Status = "empty"     // answered, nothing there
	Suspended  Status = "suspended" // the organization has closed the account
	Failed     Status = "failed"    // a command was run there and failed; AWS is not to blame
	NotOptedIn        = Status(awsapi.NotOptedIn)
)

// Entry is the ledger's line for one place. Region is "" for a whole account;
// the account is "" too where the list of accounts broke off.
type Entry struct {
	AccountId   string
	AccountName string
	Region      string
	Status      Status
	Records     int
	Operation   string
	Code        string
	Message     string
	Attempts    int
	DurationMs  int64

	// Printed are the records of a gap that has some, so that another run does not
	// print them again.
	Printed Fingerprints `json:",omitempty"`

	denied bool
	hint   string
}

// Gap says whether the place should have answered and did not.
func (e *Entry) Gap() bool {
	switch e.Status {
	case OK, Empty, Suspended, NotOptedIn:
		return false
	}
	return true
}

// Hint says what to do about a gap, where whoever failed knows.
func (e *Entry) Hint() string { return e.hint }

// Denied says whether AWS refused, so that asking again is of no use.
func (e *Entry) Denied() bool { return e.denied }

// reached says whether AWS spoke for the account there, if only to refuse a
// region.
func (e *Entry) reached() bool {
	switch e.Status {
	case OK, Empty, NotOptedIn, Failed:
		return true
	case Status(awsapi.Denied), Status(awsapi.DeniedSCP), Status(awsapi.Throttled):
		return e.Region != ""
	}
	return e.Records > 0
}

// continues makes the entry one of both visits, where the first one's records
// were not handed on again.
func (e *Entry) continues(before Entry) {
	if len(before.Printed) == 0 {
		return
	}
	e.Records += before.Records
	switch {
	case e.Status == Empty:
		e.Status = OK
	case e.Gap():
		e.Printed = slices.Concat(before.Printed, e.Printed)
	}
}

// Ledger is the account of a sweep.
type Ledger struct {
	mu       sync.Mutex
	entries  []Entry
	accounts map[string]bool // by owner; whether AWS spoke for it
	regions  map[string]bool // that answered
	records  int
	failed   error              // of the list of accounts
	open     map[placeKey]Entry // gaps of the earlier run that this one has not come to
	passed   int                // gaps of the earlier run that this one's selection leaves out
	took     time.Duration
}

// newLedger begins with what the earlier run has settled.
func newLedger(earlier *Earlier) *Ledger {
	l := &Ledger{entries: []Entry{}, accounts: map[string]bool{}, regions: map[string]bool{}, open: map[placeKey]Entry{}}
	if earlier == nil {
		return l
	}
	for key, e := range earlier.entries {
		if e.Gap() {
			l.open[key] = e
		} else {
			l.add(e)
		}
	}
	return l
}

// settle removes the earlier run's gap of a whole account, which is none any more.
func (l *Ledger) settle(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, placeKey{owner: owner(id, name)})
}

// close enters the gaps of the earlier run that this one did not come to.
func (l *Ledger) close() {
	if l.failed == nil { // else nobody knows which are left out, and which would have come
		l.passed = len(l.open)
	}
	open := l.open
	l.open = nil
	for _, e := range open {
		l.add(e)
	}
}

// Unselected is the number of gaps of the earlier run that this one did not come to,
// because its selection leaves them out. It is 0 where the list of accounts failed.
func (l *Ledger) Unselected() int { return l.passed }

func (l *Ledger) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := keyOf(&e)
	if before, again := l.open[key]; again {
		delete(l.open, key)
		e.continues(before)
	}
	l.entries = append(l.entries, e)
	l.records += e.Records
	if key.owner != "" {
		l.accounts[key.owner] = l.accounts[key.owner] || e.reached()
	}
	if e.Region != "" && (e.Status == OK || e.Status == Empty) {
		l.regions[e.Region] = true
	}
}

func (l *Ledger) listFailed(e Entry, err error) {
	l.add(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = err
}

// Entries returns all entries, sorted by account and region.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortStableFunc(l.entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.AccountId, b.AccountId), cmp.Compare(a.AccountName, b.AccountName), cmp.Compare(a.Region, b.Region))
	})
	return l.entries
}

// Gaps returns the entries of the places that are missing, in the same order.
func (l *Ledger) Gaps() []Entry {
	var gaps []Entry
	for _, e := range l.Entries() {
		if e.Gap() {
			gaps = append(gaps, e)
		}
	}
	return gaps
}

// Count is what was found: records, accounts that AWS spoke for, and distinct
// regions that answered.
func (l *Ledger) Count() (records, accounts, regions int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, reached := range l.accounts {
		if reached {
			accounts++
		}
	}
	return l.records, accounts, len(l.regions)
}

// Duration is how long the sweep lasted.
func (l *Ledger) Duration() time.Duration { return l.took }

// ListError is why the list of accounts is not complete, or nil.
func (l *Ledger) ListError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// failure makes an entry of an error. Once the sweep is given up, whatever was
// under way is cancelled, not broken.
func failure(ctx context.Context, a *account.Account, region string, err error) Entry {
	f := awsapi.Explain(err)
	e := Entry{
		Region: region, Status: Status(f.Kind), Operation: f.Operation, Code: f.Code, Message: f.Message, denied: f.Denied(), hint: awsapi.Hint(err),
	}
	if e.Status == NotOptedIn && region == "" {
		// Said of a region that one visits, it is an answer. Of a whole account it is a
		// refusal: nobody has looked into it.
		e.Status, e.denied = Status(awsapi.Denied), true
	}
	if a != nil {
		e.AccountId, e.AccountName = a.ID, a.Name
	}
	if f.Kind == awsapi.Cancelled { // the news of an interrupt may have been there before it came here
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	if ctx.Err() != nil && !e.denied {
		e.Status, e.Code, e.Message = Status(awsapi.Cancelled), "", cause(ctx)
	}
	return e
}

func cause(ctx context.Context) string {
	err := context.Cause(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}

func since(start time.Time) int64 { return time.Since(start).Milliseconds() }
