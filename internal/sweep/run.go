package sweep

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/timing"
)

// run is a Plan under way. One goroutine lists accounts, some open them (credentials and
// regions), some visit their places, and one forwards the records.
type run[R any] struct {
	Plan[R]
	ctx      context.Context
	cancel   context.CancelCauseFunc
	ledger   *Ledger
	accounts chan *account.Account
	places   chan Place
	records  chan []R

	opening, visiting sync.WaitGroup
	opened            atomic.Int64 // accounts with places
}

// forward passes records to out until all goroutines have ended. After an error of out
// it drops the remaining records, so that no visit blocks.
func (s *run[R]) forward(out func([]R) error) (failed error) {
	pass := func(records []R) {
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
			pass(nil)
			records, more = <-s.records
		}
		if !more {
			return failed
		}
		pass(records)
	}
}

// list sends the accounts to openAccounts while it still lists more.
func (s *run[R]) list() {
	defer close(s.accounts)
	defer s.Meter.listed.Store(true)
	remaining := -1 // accounts of Earlier that have not been listed yet; below 0: unknown
	if s.Earlier != nil && !s.Earlier.listFailed {
		remaining = s.Earlier.accountsToVisit()
	}
	if remaining == 0 {
		return
	}
	for a, err := range s.Accounts(s.ctx) {
		if stopped(s.ctx) != nil {
			return
		}
		if s.handleStop(err) {
			return
		}
		if err != nil {
			s.Meter.gaps.Add(1)
			s.ledger.addListError(EntryOf(s.ctx, nil, "", err), err)
			return
		}
		if !s.Earlier.NeedsVisit(a) {
			continue
		}
		s.Meter.accounts.Add(1)
		if a.ID != "" { // the earlier run may have known only the account's name
			s.ledger.clearGap("", a.Name)
		}
		if a.Active() {
			s.accounts <- a
		} else {
			s.skipInactive(a)
		}
		if remaining--; remaining == 0 {
			return
		}
	}
	s.ledger.clearGap("", "") // the list is complete now
}

// skipInactive adds the entries of a suspended or closed account.
func (s *run[R]) skipInactive(a *account.Account) {
	regions, _ := s.Earlier.gapRegions(a)
	for _, region := range append(slices.Clip(regions), "") {
		s.enter(Entry{AccountId: a.ID, AccountName: a.Name, Region: region, Status: Suspended, Message: "account is " + a.Status})
	}
	s.skipped(a, nil)
	s.queue(a, nil, nil)
}

func (s *run[R]) skipped(a *account.Account, err error) {
	if s.OnSkipped != nil {
		s.records <- s.OnSkipped(a, err)
	}
}

// openAccounts opens accounts and queues their places.
func (s *run[R]) openAccounts() {
	for a := range s.accounts {
		// An account may wait for a slow profile. Another goroutine then takes over, so
		// that the other accounts go on.
		a.OnWait = func() { s.opening.Go(s.openAccounts) }
		if s.NoCredentials {
			a.OnWait = func() { s.visiting.Go(s.visitPlaces) }
		}
		id, regions := s.open(a)
		s.queue(a, id, regions)
	}
}

// open gets credentials for an account and returns the regions to visit; "" is the
// account as a whole. Where it fails, it enters gaps for these places.
func (s *run[R]) open(a *account.Account) (id *auth.Identity, regions []string) {
	start := time.Now()
	ctx, trace := awsapi.WithTrace(s.ctx, a.ID)
	gaps, complete := s.Earlier.gapRegions(a)
	if s.RegionSelected != nil {
		gaps = slices.DeleteFunc(slices.Clone(gaps), func(region string) bool { return !s.RegionSelected(region) })
	}
	unvisited := gaps
	if !complete {
		unvisited = append(slices.Clip(gaps), "")
	}
	fail := func(err error, regions ...string) {
		for _, region := range regions {
			e := EntryOf(s.ctx, a, region, err)
			e.Attempts, e.DurationMs = trace.Attempts(), since(start)
			s.enter(e)
		}
	}
	switch err := s.ctx.Err(); {
	case len(unvisited) == 0:
		return nil, nil
	case err != nil:
		fail(err, unvisited...)
		return nil, nil
	case s.NoCredentials:
		return nil, []string{""}
	}
	opening, timed := s.Timings.Start(ctx, timing.Credentials, a.ID, a.Name, "")
	id, err := a.Open(opening)
	timed.End()
	if err != nil {
		s.handleStop(err)
		fail(err, unvisited...)
		s.skipped(a, err)
		return nil, nil
	}
	if a.Source == account.SourceProfile {
		a.Name = id.Profile
	}
	if s.Regions == nil || complete {
		return id, unvisited
	}
	finding, timed := s.Timings.Start(ctx, timing.Regions, a.ID, a.Name, "")
	found, err := s.Regions(finding, a, id)
	timed.End()
	if err != nil {
		fail(err, unvisited...)
		return nil, nil
	}
	if found.Incomplete != nil {
		fail(found.Incomplete, "")
	}
	if s.WholeAccounts {
		found.Visit = append([]string{""}, found.Visit...)
	}
	return id, s.regionsToVisit(a, found, gaps)
}

// regionsToVisit enters the regions that are not enabled and returns the others, without
// those that the earlier run has settled. gaps are the earlier run's gaps.
func (s *run[R]) regionsToVisit(a *account.Account, found Regions, gaps []string) []string {
	notOptedIn := slices.Clone(found.NotOptedIn)
	if found.Incomplete == nil {
		s.ledger.clearGap(a.ID, a.Name)
		for _, region := range gaps { // the earlier run tried regions that the account does not have
			if !slices.Contains(found.Visit, region) && !slices.Contains(found.NotOptedIn, region) {
				notOptedIn = append(notOptedIn, region)
			}
		}
	}
	for _, region := range notOptedIn {
		if !s.Earlier.settled(a, region) {
			s.enter(Entry{AccountId: a.ID, AccountName: a.Name, Region: region, Status: NotOptedIn})
		}
	}
	return slices.DeleteFunc(slices.Clone(found.Visit), func(region string) bool { return s.Earlier.settled(a, region) })
}

// queue sends the places of an account to visitPlaces. Without any, the account is done.
func (s *run[R]) queue(a *account.Account, id *auth.Identity, regions []string) {
	s.Meter.places.Add(int64(len(regions)))
	s.Meter.opened.Add(1)
	if len(regions) == 0 {
		s.Meter.accountsDone.Add(1)
	}
	unvisited := new(atomic.Int64)
	unvisited.Store(int64(len(regions)))
	for _, region := range s.spread(regions) {
		s.places <- Place{Account: a, Identity: id, Region: region, unvisited: unvisited}
	}
}

// spread returns the regions of an account, and begins with another one for each account.
// Otherwise the accounts that are opened at the same time would all call the first region
// at once, then all the second, and each region would need as many connections.
func (s *run[R]) spread(regions []string) []string {
	if s.Visitors == 1 || s.WholeAccounts || len(regions) == 0 {
		return regions
	}
	first := int(s.opened.Add(1)) % len(regions)
	return slices.Concat(regions[first:], regions[:first])
}

func (s *run[R]) visitPlaces() {
	for place := range s.places {
		s.visit(place)
		s.Meter.placesDone.Add(1)
		if place.unvisited.Add(-1) == 0 {
			s.Meter.accountsDone.Add(1)
		}
	}
}

// visit visits one place and enters the result.
func (s *run[R]) visit(p Place) {
	start, count := time.Now(), 0
	ctx, trace := awsapi.WithTrace(s.ctx, p.Account.ID)
	ctx, timed := s.Timings.Start(ctx, timing.Places, p.Account.ID, p.Account.Name, p.Region)
	defer timed.End()
	before := s.Earlier.printed(p)
	var printed Fingerprints
	err := s.ctx.Err()
	if err == nil {
		err = s.Visit(ctx, p, func(records []R) {
			if s.ID != nil {
				records, printed = s.withoutPrinted(records, before, printed)
			}
			if len(records) > 0 {
				count += len(records)
				s.Meter.records.Add(int64(len(records)))
				s.records <- records
			}
		})
	}
	s.handleStop(err)
	e := Entry{AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region, Status: OK}
	switch {
	case err != nil:
		e = EntryOf(s.ctx, p.Account, p.Region, err)
		e.Printed = printed
	case count == 0:
		e.Status = Empty
	}
	e.Records, e.Attempts, e.DurationMs = count, trace.Attempts(), since(start)
	s.enter(e)
}

// withoutPrinted removes the records that an earlier run has printed, and appends the
// fingerprints of the others to printed.
func (s *run[R]) withoutPrinted(records []R, before, printed Fingerprints) ([]R, Fingerprints) {
	unprinted := records[:0]
	for i := range records {
		f := fingerprint(s.ID(&records[i]))
		if !before.contain(f) {
			unprinted, printed = append(unprinted, records[i]), append(printed, f)
		}
	}
	return unprinted, printed
}

// handleStop ends the sweep if an error is a Stop, and reports whether it is one.
func (s *run[R]) handleStop(err error) bool {
	stops := errors.As(err, new(*Stop))
	if stops {
		s.cancel(err)
	}
	return stops
}

// enter adds an entry to the ledger.
func (s *run[R]) enter(e Entry) {
	s.ledger.add(e)
	if !e.Gap() {
		return
	}
	s.Meter.gaps.Add(1)
	if s.FailFast {
		s.cancel(errFailFast)
	}
}

func since(start time.Time) int64 { return time.Since(start).Milliseconds() }
