package sweep

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
)

// ErrFailFast is the cause of what --fail-fast cancels.
var ErrFailFast = errors.New("given up at the first gap (--fail-fast)")

// Stop is an error of a visit that every other visit would meet, too, or an error of
// the list that leaves nothing to visit. It cancels the sweep, and Run returns Err.
type Stop struct{ Err error }

func (e *Stop) Error() string { return e.Err.Error() }

// stopped returns the error that Run returns instead of a ledger, or nil.
func stopped(ctx context.Context) error {
	if stop := (*Stop)(nil); errors.As(context.Cause(ctx), &stop) {
		return stop.Err
	}
	return nil
}

// Place is one region of an account, with who visits it.
type Place struct {
	Account  *account.Account
	Identity *auth.Identity
	Region   string // "" for the account as a whole

	left *atomic.Int64 // places of the account that are not done
}

// Regions are the regions of one account.
type Regions struct {
	Visit      []string
	NotOptedIn []string // go into the ledger unvisited
	// Incomplete is why the list may lack regions; they are a gap of the account.
	Incomplete error
}

// Plan is what to visit and how. R is the record.
type Plan[R any] struct {
	// Accounts lists them, and ends with an error where the list is not complete.
	// Its context ends when the sweep is given up.
	Accounts func(context.Context) iter.Seq2[*account.Account, error]
	// Regions lists an account's; nil to visit accounts as a whole.
	Regions func(context.Context, *account.Account, *auth.Identity) (Regions, error)
	// Visit collects a place's records and hands them on as they arrive. What it
	// has handed on stays, also where it fails afterwards.
	Visit func(ctx context.Context, p Place, emit func([]R)) error
	// OnSkipped gives the records of an account that is not visited: because it
	// cannot be entered, or, without an error, because it is not active. nil: none.
	OnSkipped func(*account.Account, error) []R
	// NoCredentials visits accounts as a whole and without credentials: a place's
	// Identity is nil, and the visit gets what it needs.
	NoCredentials bool
	Width         int    // calls under way at one time, which the clients see to
	FailFast      bool   // the first gap cancels the rest
	Meter         *Meter // counts along; nil: nobody looks
	// Visitors is how many places are visited at one time; 0: twice Width, since those
	// that wait for a retry make no call meanwhile. With one, they come in order.
	Visitors int

	// Earlier restricts the run to the gaps of another; nil: none.
	Earlier *Earlier
	// RegionSelected says whether a region of Earlier is meant; nil: all are.
	RegionSelected func(region string) bool
	// ID tells a record from all others of its place, so that a place that fails
	// after some records can be visited again for the others alone. nil: it is
	// then visited again as a whole.
	ID func(*R) string
}

// Run visits every place and hands the records to out, from one goroutine, as
// they arrive, and nil when no more are waiting. It returns when all is done or
// given up; the ledger then has an entry for every place. The error is out's or a
// Stop's, either of which cancels the sweep, and the ledger then lacks the accounts
// that were not listed yet.
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
	start(&s.opening, width, s.openAccounts)
	start(&s.visiting, cmp.Or(p.Visitors, 2*width), s.visitPlaces)
	go func() {
		s.opening.Wait()
		close(s.places)
		s.visiting.Wait()
		close(s.records)
	}()

	failed := s.print(out)
	s.ledger.close()
	s.ledger.took = time.Since(began)
	return s.ledger, cmp.Or(failed, stopped(ctx))
}

// print hands the records on, and nil whenever no more are waiting. Once out
// fails, the rest is dropped, so that nobody waits to be heard.
func (s *run[R]) print(out func([]R) error) (failed error) {
	say := func(records []R) {
		if failed == nil {
			if failed = out(records); failed != nil {
				s.cancel(&Stop{failed})
			}
		}
	}
	for {
		var (
			records []R
			more    bool
		)
		select {
		case records, more = <-s.records:
		default:
			say(nil)
			records, more = <-s.records
		}
		if !more {
			return failed
		}
		say(records)
	}
}

type run[R any] struct {
	Plan[R]
	ctx      context.Context
	cancel   context.CancelCauseFunc
	ledger   *Ledger
	accounts chan *account.Account
	places   chan Place
	records  chan []R

	opening, visiting sync.WaitGroup // who does so
}

// start lets n goroutines do the same work.
func start(pool *sync.WaitGroup, n int, work func()) {
	for range n {
		pool.Go(work)
	}
}

// list feeds the accounts in while the first are being visited.
func (s *run[R]) list() {
	defer close(s.accounts)
	defer s.Meter.listed.Store(true)
	left := -1 // accounts of Earlier still to come; below 0: nobody knows
	if s.Earlier != nil && !s.Earlier.listFailed {
		left = s.Earlier.owners()
	}
	if left == 0 {
		return
	}
	for a, err := range s.Accounts(s.ctx) {
		if stopped(s.ctx) != nil {
			return
		}
		if stop := (*Stop)(nil); errors.As(err, &stop) {
			s.cancel(err)
			return
		}
		if err != nil {
			s.Meter.gaps.Add(1)
			s.ledger.listFailed(failure(s.ctx, nil, "", err), err)
			return
		}
		if !s.Earlier.NeedsVisit(a) {
			continue
		}
		s.Meter.accounts.Add(1)
		if a.ID != "" { // which nobody could tell in the earlier run
			s.ledger.settle("", a.Name)
		}
		if !a.Active() {
			known, _ := s.Earlier.regions(a)
			for _, region := range append(slices.Clip(known), "") {
				s.enter(Entry{AccountId: a.ID, AccountName: a.Name, Region: region, Status: Suspended, Message: "account is " + a.Status})
			}
			s.closed(a, nil)
			s.queue(a, nil, nil)
		} else {
			s.accounts <- a
		}
		if left--; left == 0 {
			return
		}
	}
	s.ledger.settle("", "")
}

// openAccounts gets credentials for accounts and finds their regions. An account
// that waits for a profile does not keep the others from being opened or visited.
func (s *run[R]) openAccounts() {
	for a := range s.accounts {
		a.Waits = func() { s.opening.Go(s.openAccounts) }
		if s.NoCredentials {
			a.Waits = func() { s.visiting.Go(s.visitPlaces) }
		}
		id, regions := s.open(a)
		s.queue(a, id, regions)
	}
}

// open enters an account and returns its places to visit, by region; "" is the
// account as a whole.
func (s *run[R]) open(a *account.Account) (id *auth.Identity, regions []string) {
	start := time.Now()
	ctx, trace := awsapi.WithTrace(s.ctx, a.ID)
	known, all := s.Earlier.regions(a)
	if s.RegionSelected != nil {
		known = slices.DeleteFunc(slices.Clone(known), func(region string) bool { return !s.RegionSelected(region) })
	}
	fail := func(err error, regions ...string) {
		for _, region := range regions {
			e := failure(s.ctx, a, region, err)
			e.Attempts, e.DurationMs = trace.Attempts(), since(start)
			s.enter(e)
		}
	}
	missing := known // if nothing comes of it
	if !all {
		missing = append(slices.Clip(known), "")
	}
	switch {
	case len(missing) == 0:
		return nil, nil
	case s.ctx.Err() != nil:
		fail(s.ctx.Err(), missing...)
		return nil, nil
	case s.NoCredentials:
		return nil, []string{""}
	}
	id, err := a.Open(ctx)
	if err != nil {
		fail(err, missing...)
		s.closed(a, err)
		return nil, nil
	}
	if a.Source == account.SourceProfile {
		a.Name = id.Profile
	}
	if s.Regions == nil || all {
		return id, missing
	}
	found, err := s.Regions(ctx, a, id)
	switch {
	case err != nil:
		fail(err, missing...)
		return nil, nil
	case found.Incomplete != nil:
		fail(found.Incomplete, "")
	default:
		s.ledger.settle(a.ID, a.Name)
		guessed := slices.DeleteFunc(slices.Clone(known), func(region string) bool { // and not the account's
			return slices.Contains(found.Visit, region) || slices.Contains(found.NotOptedIn, region)
		})
		found.NotOptedIn = slices.Concat(found.NotOptedIn, guessed)
	}
	settled := func(region string) bool { return s.Earlier.settled(a, region) }
	for _, region := range slices.DeleteFunc(slices.Clone(found.NotOptedIn), settled) {
		s.enter(Entry{AccountId: a.ID, AccountName: a.Name, Region: region, Status: NotOptedIn})
	}
	return id, slices.DeleteFunc(slices.Clone(found.Visit), settled)
}

// queue hands an account's places on to be visited; without any it is done.
func (s *run[R]) queue(a *account.Account, id *auth.Identity, regions []string) {
	s.Meter.places.Add(int64(len(regions)))
	s.Meter.opened.Add(1)
	if len(regions) == 0 {
		s.Meter.accountsDone.Add(1)
	}
	left := new(atomic.Int64)
	left.Store(int64(len(regions)))
	for _, region := range regions {
		s.places <- Place{Account: a, Identity: id, Region: region, left: left}
	}
}

func (s *run[R]) closed(a *account.Account, err error) {
	if s.OnSkipped != nil {
		s.records <- s.OnSkipped(a, err)
	}
}

func (s *run[R]) visitPlaces() {
	for place := range s.places {
		s.visitPlace(place)
		s.Meter.placesDone.Add(1)
		if place.left.Add(-1) == 0 {
			s.Meter.accountsDone.Add(1)
		}
	}
}

func (s *run[R]) visitPlace(p Place) {
	start, count := time.Now(), 0
	ctx, trace := awsapi.WithTrace(s.ctx, p.Account.ID)
	before := s.Earlier.printed(p)
	var printed Fingerprints
	err := s.ctx.Err()
	if err == nil {
		err = s.Visit(ctx, p, func(records []R) {
			if s.ID != nil {
				records, printed = s.unprinted(records, before, printed)
			}
			if len(records) > 0 {
				count += len(records)
				s.Meter.records.Add(int64(len(records)))
				s.records <- records
			}
		})
	}
	if stop := (*Stop)(nil); errors.As(err, &stop) {
		s.cancel(err)
	}
	e := Entry{AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region, Status: OK}
	switch {
	case err != nil:
		e = failure(s.ctx, p.Account, p.Region, err)
		e.Printed = printed
	case count == 0:
		e.Status = Empty
	}
	e.Records, e.Attempts, e.DurationMs = count, trace.Attempts(), since(start)
	s.enter(e)
}

// unprinted leaves out the records that an earlier run has printed, and notes down
// the others.
func (s *run[R]) unprinted(records []R, before, printed Fingerprints) ([]R, Fingerprints) {
	fresh := records[:0]
	for i := range records {
		print := fingerprint(s.ID(&records[i]))
		if !before.has(print) {
			fresh, printed = append(fresh, records[i]), append(printed, print)
		}
	}
	return fresh, printed
}

func (s *run[R]) enter(e Entry) {
	s.ledger.add(e)
	if !e.Gap() {
		return
	}
	s.Meter.gaps.Add(1)
	if s.FailFast {
		s.cancel(ErrFailFast)
	}
}
