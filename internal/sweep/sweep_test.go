package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// Each test runs in a synctest bubble, with a fake clock. The bubble also fails if a sweep
// leaves a goroutine behind.

// fate is the answer of a place: pages of records, and then an error or nil.
type fate struct {
	pages []int
	err   error
	takes time.Duration // for each page
}

func (f fate) status() string {
	n := 0
	for _, page := range f.pages {
		n += page
	}
	var failed *failure
	switch {
	case errors.As(f.err, &failed):
		return fmt.Sprint(failed.kind, " ", n, " ", failed.msg)
	case n == 0:
		return "empty 0"
	}
	return fmt.Sprint("ok ", n)
}

// TestChaos: places, regions and accounts fail at random. Each place has exactly one
// entry, and each record that was emitted arrives exactly once.
func TestChaos(t *testing.T) {
	t.Parallel()
	kinds := []awsapi.Kind{awsapi.Denied, awsapi.DeniedSCP, awsapi.Throttled, awsapi.Expired, awsapi.Unreachable, awsapi.Broken, awsapi.NotOptedIn}
	const accounts = 23
	list := directory(t, accounts)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := rand.New(rand.NewPCG(seed, 1))
				maybe := func(kind awsapi.Kind) error {
					return &failure{kind, fmt.Sprint("trouble ", g.IntN(1000))}
				}
				want := map[string]string{}
				var wantRecords []string
				regions := map[string]sweep.Regions{}
				failed := map[string]error{}
				fates := map[string]fate{}
				for i := range accounts {
					switch g.IntN(6) {
					case 0:
						failed[id(i)] = maybe(kinds[g.IntN(len(kinds)-1)]) // the last is a region's
						want[id(i)] = fate{err: failed[id(i)]}.status()
						continue
					case 1:
						r := regions[id(i)]
						r.Incomplete = maybe(awsapi.Denied)
						regions[id(i)] = r
						want[id(i)] = fate{err: r.Incomplete}.status()
					}
					r := regions[id(i)]
					for n := range 1 + g.IntN(17) {
						region := fmt.Sprint("region-", n)
						place := at(id(i), region)
						if g.IntN(8) == 0 {
							r.NotOptedIn = append(r.NotOptedIn, region)
							want[place] = "not-opted-in 0"
							continue
						}
						f := fate{takes: time.Duration(g.IntN(500)) * time.Millisecond}
						for range g.IntN(4) {
							f.pages = append(f.pages, g.IntN(3))
						}
						if g.IntN(4) == 0 {
							f.err = maybe(kinds[g.IntN(len(kinds))])
						}
						r.Visit = append(r.Visit, region)
						fates[place], want[place] = f, f.status()
						for p, n := range f.pages {
							for k := range n {
								wantRecords = append(wantRecords, fmt.Sprint(place, " ", p, " ", k))
							}
						}
					}
					regions[id(i)] = r
				}
				var got []string
				ledger, err := sweep.Plan[string]{
					Accounts: always(list()),
					Width:    1 + g.IntN(9),
					Regions: func(_ context.Context, a *account.Account, _ *auth.Identity) (sweep.Regions, error) {
						return regions[a.ID], failed[a.ID]
					},
					Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
						place := at(p.Account.ID, p.Region)
						f := fates[place]
						for n, size := range f.pages {
							time.Sleep(f.takes)
							var page []string
							for k := range size {
								page = append(page, fmt.Sprint(place, " ", n, " ", k))
							}
							emit(page)
						}
						return f.err
					},
				}.Run(t.Context(), collect(&got))
				if err != nil {
					t.Fatal(err)
				}
				wantStatuses(t, ledger, want)
				slices.Sort(got)
				slices.Sort(wantRecords)
				if !slices.Equal(got, wantRecords) {
					t.Errorf("%d records, want %d", len(got), len(wantRecords))
				}
				records, _, _ := ledger.Count()
				if records != len(wantRecords) {
					t.Errorf("the ledger counts %d records, want %d", records, len(wantRecords))
				}
			})
		})
	}
}

// TestEntries checks the fields of entries and the counts of the ledger.
func TestEntries(t *testing.T) {
	t.Parallel()
	list := directory(t, 2)
	synctest.Test(t, func(t *testing.T) {
		var skipped []string
		var records []string
		ledger, err := sweep.Plan[string]{
			Accounts: always(then(list(), []*account.Account{
				{ID: "999999999998", Name: "shut", Status: "SUSPENDED", Source: account.SourceOrganization},
				{ID: "999999999999", Name: "locked", Status: "ACTIVE", Source: account.SourceOrganization},
			}, nil)),
			Width: 2,
			Regions: func(_ context.Context, a *account.Account, _ *auth.Identity) (sweep.Regions, error) {
				if a.ID == id(1) {
					return sweep.Regions{Visit: []string{"a"}, NotOptedIn: []string{"b"}, Incomplete: &failure{awsapi.DeniedSCP, "may not ask"}}, nil
				}
				return sweep.Regions{Visit: []string{"a", "b", "c"}}, nil
			},
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				if p.Identity.Profile != p.Account.Name {
					t.Errorf("%s is visited as %s", p.Account.Name, p.Identity.Profile)
				}
				switch {
				case p.Account.ID == id(1):
					emit(nil)
					return nil
				case p.Region == "b":
					emit([]string{"half"})
					return &failure{awsapi.Unreachable, "gone"}
				case p.Region == "c":
					time.Sleep(1500 * time.Millisecond)
					return &failure{awsapi.Denied, "no"}
				}
				emit([]string{"one", "two"})
				emit([]string{"three"})
				return nil
			},
			OnSkipped: func(a *account.Account, err error) []string {
				skipped = append(skipped, fmt.Sprint(a.Name, " ", err))
				return []string{"skipped " + a.Name}
			},
		}.Run(t.Context(), collect(&records))
		if err != nil {
			t.Fatal(err)
		}
		type entry struct {
			account, name, region string
			status                sweep.Status
			records               int
			message               string
			took                  int64
			gap, denied           bool
		}
		var got []entry
		for _, e := range ledger.Entries() {
			got = append(got, entry{e.AccountId, e.AccountName, e.Region, e.Status, e.Records, e.Message, e.DurationMs, e.Gap(), e.Denied()})
		}
		want := []entry{
			{id(0), name(0), "a", sweep.OK, 3, "", 0, false, false},
			{id(0), name(0), "b", "unreachable", 1, "gone", 0, true, false},
			{id(0), name(0), "c", "denied", 0, "no", 1500, true, true},
			{id(1), name(1), "", "denied-scp", 0, "may not ask", 0, true, true},
			{id(1), name(1), "a", sweep.Empty, 0, "", 0, false, false},
			{id(1), name(1), "b", sweep.NotOptedIn, 0, "", 0, false, false},
			{"999999999998", "shut", "", sweep.Suspended, 0, "account is SUSPENDED", 0, false, false},
			{"999999999999", "locked", "", "no-role", 0, "no role or profile leads into the account", 0, true, false},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v\nwant\n%+v", got, want)
		}
		if gaps := ledger.Gaps(); len(gaps) != 4 || gaps[0].Region != "b" || gaps[3].AccountName != "locked" {
			t.Errorf("gaps %+v", gaps)
		}
		if n, accounts, regions := ledger.Count(); n != 4 || accounts != 2 || regions != 1 {
			t.Errorf("counted %d records, %d accounts, %d regions, want 4, 2, 1", n, accounts, regions)
		}
		slices.Sort(records)
		if want := []string{"half", "one", "skipped locked", "skipped shut", "three", "two"}; !slices.Equal(records, want) {
			t.Errorf("records %q, want %q", records, want)
		}
		slices.Sort(skipped)
		if want := []string{"locked no role or profile leads into the account", "shut <nil>"}; !slices.Equal(skipped, want) {
			t.Errorf("skipped %q, want %q", skipped, want)
		}
	})
}

// TestWholeAccounts: without Regions, an account is one place.
func TestWholeAccounts(t *testing.T) {
	t.Parallel()
	list := directory(t, 3)
	synctest.Test(t, func(t *testing.T) {
		var got []string
		ledger, err := sweep.Plan[string]{
			Accounts: always(list()),
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				emit([]string{p.Account.ID + p.Region})
				return nil
			},
		}.Run(t.Context(), collect(&got))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if want := []string{id(0), id(1), id(2)}; !slices.Equal(got, want) {
			t.Errorf("visited %q, want %q", got, want)
		}
		wantStatuses(t, ledger, map[string]string{id(0): "ok 1", id(1): "ok 1", id(2): "ok 1"})
	})
}

// TestListBreaksOff: the accounts listed before the error are visited. The error gets an
// entry without an account.
func TestListBreaksOff(t *testing.T) {
	t.Parallel()
	list := directory(t, 2)
	synctest.Test(t, func(t *testing.T) {
		broken := &failure{awsapi.Throttled, "too many"}
		var got []string
		ledger, err := sweep.Plan[string]{
			Accounts: always(then(list(), nil, broken)), Regions: in("a"),
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				emit([]string{p.Account.ID})
				return nil
			},
		}.Run(t.Context(), collect(&got))
		if err != nil || ledger.ListError() != error(broken) {
			t.Errorf("%v, the list's error is %v", err, ledger.ListError())
		}
		wantStatuses(t, ledger, map[string]string{at(id(0), "a"): "ok 1", at(id(1), "a"): "ok 1", "": "throttled 0 too many"})
		if _, accounts, _ := ledger.Count(); accounts != 2 || len(got) != 2 {
			t.Errorf("%d accounts, records %q", accounts, got)
		}
	})
}

// TestStreaming: a record arrives while its own place is still being visited, and while
// accounts are still being listed. Out gets nil when no more records are waiting.
func TestStreaming(t *testing.T) {
	t.Parallel()
	list := directory(t, 3)
	synctest.Test(t, func(t *testing.T) {
		seen := map[string]chan bool{id(0): make(chan bool), id(1): make(chan bool), id(2): make(chan bool)}
		oneByOne := func(yield func(*account.Account, error) bool) {
			for a, err := range list() {
				if !yield(a, err) {
					return
				}
				<-seen[a.ID] // the next account only when this one's record is out
			}
		}
		idle, pages := 0, 0
		ledger, err := sweep.Plan[string]{
			Accounts: always(oneByOne), Regions: in("a"), Width: 1,
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				emit([]string{p.Account.ID})
				<-seen[p.Account.ID]
				return nil
			},
		}.Run(t.Context(), func(page []string) error {
			if len(page) == 0 {
				idle++
				return nil
			}
			pages++
			close(seen[page[0]])
			return nil
		})
		if err != nil || len(ledger.Gaps()) != 0 || pages != 3 || idle < 3 {
			t.Errorf("%v, %d pages, %d times nil", err, pages, idle)
		}
	})
}

// TestBounded: while out blocks, the sweep lists and visits only a bounded number ahead.
func TestBounded(t *testing.T) {
	t.Parallel()
	const width, accounts = 3, 60
	list := directory(t, accounts)
	synctest.Test(t, func(t *testing.T) {
		var listed, visiting, emitted atomic.Int32
		counted := func(yield func(*account.Account, error) bool) {
			for a, err := range list() {
				listed.Add(1)
				if !yield(a, err) {
					return
				}
			}
		}
		release := make(chan bool)
		done := make(chan error)
		var got []string
		go func() {
			_, err := sweep.Plan[string]{
				Accounts: always(counted), Regions: in("a", "b"), Width: width,
				Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
					visiting.Add(1)
					defer visiting.Add(-1)
					for range 10 {
						emit([]string{at(p.Account.ID, p.Region)})
						emitted.Add(1)
					}
					return nil
				},
			}.Run(t.Context(), func(page []string) error {
				if len(page) > 0 {
					<-release
				}
				return collect(&got)(page)
			})
			done <- err
		}()
		synctest.Wait() // out has not returned from the first page
		if n := visiting.Load(); n != 2*width {
			t.Errorf("%d places are being visited, want %d", n, 2*width)
		}
		// One page is with out; the channel holds up to 16 more.
		if n := emitted.Load(); n > 1+16 {
			t.Errorf("%d pages were emitted while out blocked", n)
		}
		// Some are being visited, each goroutine that opens accounts has one, and one is next.
		if n := listed.Load(); n > 2*width+width+2 {
			t.Errorf("%d accounts were listed ahead", n)
		}
		close(release)
		if err := <-done; err != nil || len(got) != accounts*2*10 {
			t.Errorf("%v, %d records", err, len(got))
		}
	})
}

// TestNoAccounts: an empty list gives an empty ledger.
func TestNoAccounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var none iter.Seq2[*account.Account, error] = func(func(*account.Account, error) bool) {}
		ledger, err := sweep.Plan[string]{Accounts: always(none)}.Run(t.Context(), collect(new([]string)))
		if err != nil || len(ledger.Entries()) != 0 || ledger.ListError() != nil {
			t.Errorf("%v, %v, %v", err, ledger.Entries(), ledger.ListError())
		}
	})
}
