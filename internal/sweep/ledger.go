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

// Status is the result of a place. Every awsapi.Kind is a Status, too.
type Status string

const (
	OK         Status = "ok"        // answered, with records
	Empty      Status = "empty"     // answered, without records
	Suspended  Status = "suspended" // the organization has closed the account
	Failed     Status = "failed"    // a command that ran there failed; AWS answered
	NotOptedIn        = Status(awsapi.NotOptedIn)

	NotOffered    = Status(awsapi.NotOffered)    // the service has no endpoint in the region
	NotSubscribed = Status(awsapi.NotSubscribed) // the account does not use the service
)

// Entry is the ledger's line for one place. Region is "" for a whole account. The account
// is "" as well in the entry of an incomplete list of accounts.
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

	// Printed identifies the records that a gap has given, so that a later run does not
	// print them again.
	Printed Fingerprints `json:",omitempty"`

	denied bool
	hint   string
}

// Gap reports whether the place should have answered and did not.
func (e *Entry) Gap() bool {
	switch e.Status {
	case OK, Empty, Suspended, NotOptedIn, NotOffered, NotSubscribed:
		return false
	}
	return true
}

// Hint returns the remedy that the error itself suggests, or "".
func (e *Entry) Hint() string { return e.hint }

// Denied reports whether AWS denied the call. Another try would give the same answer.
func (e *Entry) Denied() bool { return e.denied }

// reached reports whether AWS accepted the account's credentials, even if it denied a
// region.
func (e *Entry) reached() bool {
	switch e.Status {
	case OK, Empty, NotOptedIn, NotOffered, NotSubscribed, Failed:
		return true
	case Status(awsapi.Denied), Status(awsapi.DeniedSCP), Status(awsapi.Throttled):
		return e.Region != ""
	}
	return e.Records > 0
}

// addEarlier adds the records that the earlier run has printed of the same place.
func (e *Entry) addEarlier(earlier Entry) {
	if len(earlier.Printed) == 0 {
		return
	}
	e.Records += earlier.Records
	switch {
	case e.Status == Empty:
		e.Status = OK
	case e.Gap():
		e.Printed = slices.Concat(earlier.Printed, e.Printed)
	}
}

// Ledger holds the entries of a sweep.
type Ledger struct {
	mu         sync.Mutex
	entries    []Entry
	reached    map[string]bool // by owner; false for an account that gave only gaps
	regions    map[string]bool // the regions that answered
	records    int
	listErr    error
	pending    map[placeKey]Entry // gaps of the earlier run without an entry of this run
	unselected int
	duration   time.Duration
}

// newLedger returns a ledger with the settled places of the earlier run.
func newLedger(earlier *Earlier) *Ledger {
	l := &Ledger{entries: []Entry{}, reached: map[string]bool{}, regions: map[string]bool{}, pending: map[placeKey]Entry{}}
	if earlier == nil {
		return l
	}
	for key, e := range earlier.entries {
		if e.Gap() {
			l.pending[key] = e
		} else {
			l.add(e)
		}
	}
	return l
}

func (l *Ledger) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := keyOf(&e)
	if earlier, ok := l.pending[key]; ok {
		delete(l.pending, key)
		e.addEarlier(earlier)
	}
	l.entries = append(l.entries, e)
	l.records += e.Records
	if key.owner != "" {
		l.reached[key.owner] = l.reached[key.owner] || e.reached()
	}
	if e.Region != "" && (e.Status == OK || e.Status == Empty) {
		l.regions[e.Region] = true
	}
}

func (l *Ledger) addListError(e Entry, err error) {
	l.add(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listErr = err
}

// clearGap removes the earlier run's gap of a whole account: its regions are known now.
func (l *Ledger) clearGap(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pending, placeKey{owner: owner(id, name)})
}

// finish adds the gaps of the earlier run that this run did not visit.
func (l *Ledger) finish() {
	if l.listErr == nil { // else some of them may belong to accounts that were not listed
		l.unselected = len(l.pending)
	}
	pending := l.pending
	l.pending = nil
	for _, e := range pending {
		l.add(e)
	}
}

// Unselected returns the number of the earlier run's gaps that this run's selection leaves
// out. It is 0 if the list of accounts is incomplete.
func (l *Ledger) Unselected() int { return l.unselected }

// Entries returns all entries, sorted by account and region.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortStableFunc(l.entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.AccountId, b.AccountId), cmp.Compare(a.AccountName, b.AccountName), cmp.Compare(a.Region, b.Region))
	})
	return l.entries
}

// Gaps returns the entries that are gaps, in the same order.
func (l *Ledger) Gaps() []Entry {
	var gaps []Entry
	for _, e := range l.Entries() {
		if e.Gap() {
			gaps = append(gaps, e)
		}
	}
	return gaps
}

// Count returns the number of records, of accounts that AWS let the caller into, and of
// distinct regions that answered.
func (l *Ledger) Count() (records, accounts, regions int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, reached := range l.reached {
		if reached {
			accounts++
		}
	}
	return l.records, accounts, len(l.regions)
}

// Void reports whether nothing answered.
func (l *Ledger) Void() bool {
	_, accounts, _ := l.Count()
	return accounts == 0 && len(l.Gaps()) > 0
}

// Places returns the number of places with one of some statuses.
func (l *Ledger) Places(statuses ...Status) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.entries {
		if slices.Contains(statuses, l.entries[i].Status) {
			n++
		}
	}
	return n
}

// Duration returns how long the sweep took.
func (l *Ledger) Duration() time.Duration { return l.duration }

// ListError returns the error that left the list of accounts incomplete, or nil.
func (l *Ledger) ListError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.listErr
}

// EntryOf returns the entry for the error of a place. a is nil for the list of accounts. Once ctx has ended, every call under way counts
// as cancelled, unless AWS has denied it.
func EntryOf(ctx context.Context, a *account.Account, region string, err error) Entry {
	f := awsapi.Explain(err)
	e := Entry{
		Region: region, Status: Status(f.Kind), Operation: f.Operation, Code: f.Code, Message: f.Message, denied: f.Denied(), hint: awsapi.Hint(err),
	}
	if e.Status == NotOptedIn && region == "" {
		// For a region, this is an answer. For a whole account, it is a denial:
		// muster could not look into the account.
		e.Status, e.denied = Status(awsapi.Denied), true
	}
	if a != nil {
		e.AccountId, e.AccountName = a.ID, a.Name
	}
	if f.Kind == awsapi.Cancelled { // the call may learn of an interrupt before ctx does
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	if ctx.Err() != nil && !e.denied {
		e.Status, e.Code, e.Message = Status(awsapi.Cancelled), "", causeText(ctx)
	}
	return e
}

func causeText(ctx context.Context) string {
	err := context.Cause(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}
