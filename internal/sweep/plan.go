// Package sweep visits every region of every account at once. It bounds how many places
// it visits at a time, hands records on as they arrive, and can be cancelled at any time.
//
// Its ledger has one entry for each place, so that "nothing there" and "could not look"
// are never confused. A place that should have answered and did not is a gap. A report
// is the ledger as JSON; a later run can read it and visit only the gaps.
//
// The package knows no AWS service: a Plan brings the accounts, the regions and the
// visits.
package sweep

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/timing"
)

// Plan describes a sweep. R is the type of its records.
type Plan[R any] struct {
	// Accounts lists the accounts. The sequence ends with an error if the list is
	// incomplete. The context is cancelled when the sweep ends early.
	Accounts func(context.Context) iter.Seq2[*account.Account, error]
	// Regions lists the regions of an account. If it is nil, each account is one place.
	Regions func(context.Context, *account.Account, *auth.Identity) (Regions, error)
	// WholeAccounts visits each account as a whole, too, before its regions.
	WholeAccounts bool
	// Visit collects the records of a place and emits them as they arrive. Emitted
	// records are kept even if Visit fails later.
	Visit func(ctx context.Context, p Place, emit func([]R)) error
	// OnSkipped returns records for an account that is not visited: because it gives no
	// credentials, or, with a nil error, because it is not active. It may be nil.
	OnSkipped func(*account.Account, error) []R
	// NoCredentials visits accounts as a whole and gets no credentials for them: the
	// Identity of a Place is nil.
	NoCredentials bool

	Width    int         // calls under way at one time; awsapi.Settings.Concurrency enforces it
	Visitors int         // places visited at one time; 0: twice Width, since some wait for retries; 1: in order
	FailFast bool        // the first gap cancels the rest
	Meter    *Meter      // counts progress; may be nil
	Timings  *timing.Run // measures the steps; may be nil

	// Earlier restricts the run to the gaps of an earlier run. It may be nil.
	Earlier *Earlier
	// RegionSelected reports whether a region of Earlier is selected. If it is nil, all
	// are.
	RegionSelected func(region string) bool
	// ID returns an id that is unique among the records of a place. With it, a later run
	// does not repeat the records that a failed place has already given. It may be nil.
	ID func(*R) string
}

// Place is one region of an account, or an account as a whole.
type Place struct {
	Account  *account.Account
	Identity *auth.Identity
	Region   string // "" for the account as a whole

	unvisited *atomic.Int64 // places of the account still to be visited
}

// Regions are the regions of one account.
type Regions struct {
	Visit      []string
	NotOptedIn []string // get an entry without a visit
	// Incomplete is the error that left the list incomplete, or nil. It is a gap of the
	// account as a whole.
	Incomplete error
}

// Stop is an error that ends the whole sweep: one that every visit would meet, or one
// that leaves no account to visit. Run returns Err.
type Stop struct{ Err error }

func (e *Stop) Error() string { return e.Err.Error() }

func (e *Stop) Unwrap() error { return e.Err }

// errFailFast is the cause of a cancellation by FailFast.
var errFailFast = errors.New("stopped at the first gap (--fail-fast)")

// Run visits every place and passes the records to out as they arrive. It calls out from
// one goroutine, and with nil whenever no more records are waiting.
//
// Run returns when every place has an entry in the ledger, also after a cancellation. Its
// error is out's error or the Err of a Stop. Either ends the sweep early, and the ledger
// then lacks the accounts that were not listed yet.
func (p Plan[R]) Run(ctx context.Context, out func([]R) error) (*Ledger, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if p.Meter == nil {
		p.Meter = new(Meter)
	}
	began := time.Now()
	s := &run[R]{
		Plan: p, ctx: ctx, cancel: cancel, ledger: newLedger(p.Earlier),
		accounts: make(chan *account.Account), places: make(chan Place), records: make(chan []R, 16),
	}
	go s.list()
	width := max(p.Width, 1)
	for range width {
		s.opening.Go(s.openAccounts)
	}
	for range cmp.Or(p.Visitors, 2*width) {
		s.visiting.Go(s.visitPlaces)
	}
	go func() {
		s.opening.Wait()
		close(s.places)
		s.visiting.Wait()
		close(s.records)
	}()

	err := s.forward(out)
	s.ledger.finish()
	s.ledger.duration = time.Since(began)
	return s.ledger, cmp.Or(err, stopped(ctx))
}

// stopped returns the error that Run returns instead of a ledger, or nil.
func stopped(ctx context.Context) error {
	if stop := (*Stop)(nil); errors.As(context.Cause(ctx), &stop) {
		return stop.Err
	}
	return nil
}
