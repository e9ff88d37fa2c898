package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// TestCancel: records that have arrived are kept. Every other place is cancelled, and
// every account whose places are not known yet.
func TestCancel(t *testing.T) {
	t.Parallel()
	const accounts = 12
	list := directory(t, accounts)
	const moment = 1500 * time.Millisecond
	for name, c := range map[string]struct {
		cancelled func(context.Context) (context.Context, context.CancelFunc)
		message   string
	}{
		"interrupted": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(moment, cancel)
			return ctx, cancel
		}, "interrupted"},
		"time-out": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, moment, errors.New("given up after --timeout 1.5s"))
		}, "given up after --timeout 1.5s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := c.cancelled(t.Context())
				defer cancel()
				var got []string
				ledger, err := sweep.Plan[string]{
					Accounts: always(list()), Regions: in("a", "b"), Width: 2,
					Visit: func(ctx context.Context, p sweep.Place, emit func([]string)) error {
						emit([]string{at(p.Account.ID, p.Region)})
						select { // four at a time: the first four are done before the cancellation
						case <-time.After(time.Second):
							return nil
						case <-ctx.Done():
							return ctx.Err()
						}
					},
				}.Run(ctx, collect(&got))
				if err != nil {
					t.Fatal(err)
				}
				ok, begun, untouched := 0, 0, 0
				seen := map[string]bool{}
				for _, e := range ledger.Entries() {
					seen[e.AccountId] = true
					switch {
					case e.Status == sweep.OK && e.Records == 1:
						ok++
					case e.Status == "cancelled" && e.Message == c.message && e.Records == 1 && e.Gap():
						begun++
					case e.Status == "cancelled" && e.Message == c.message && e.Records == 0:
						untouched++
					default:
						t.Errorf("%+v", e)
					}
				}
				if ok != 4 || begun != 4 || untouched == 0 || len(seen) != accounts || len(got) != ok+begun {
					t.Errorf("%d done, %d begun, %d untouched, %d accounts, %d records", ok, begun, untouched, len(seen), len(got))
				}
				statuses(t, ledger)
			})
		})
	}
}

// TestFailFast: the first gap cancels the rest; other entries do not.
func TestFailFast(t *testing.T) {
	t.Parallel()
	list := directory(t, 4)
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ledger, err := sweep.Plan[string]{
					Accounts: always(list()), Width: 1, FailFast: true,
					Regions: func(context.Context, *account.Account, *auth.Identity) (sweep.Regions, error) {
						return sweep.Regions{Visit: []string{"a", "b"}, NotOptedIn: []string{"c"}}, nil
					},
					Visit: func(ctx context.Context, p sweep.Place, _ func([]string)) error {
						switch {
						case p.Account.ID != id(0):
							time.Sleep(time.Minute)
						case p.Region == "b" && fails:
							time.Sleep(time.Second)
							return &failure{awsapi.Denied, "no"}
						}
						return ctx.Err()
					},
				}.Run(t.Context(), collect(new([]string)))
				if err != nil {
					t.Fatal(err)
				}
				count := map[string]int{}
				for _, status := range statuses(t, ledger) {
					count[status]++
				}
				if !fails {
					if want := map[string]int{"empty 0": 8, "not-opted-in 0": 4}; !maps.Equal(count, want) {
						t.Errorf("%v, want %v", count, want)
					}
					return
				}
				cancelled := "cancelled 0 stopped at the first gap (--fail-fast)"
				if count["denied 0 no"] != 1 || count["empty 0"] != 1 || count[cancelled] == 0 || len(count) > 4 {
					t.Errorf("%v", count)
				}
			})
		})
	}
}

// TestStop: a Stop ends the sweep, which returns its Err and lists no more accounts.
func TestStop(t *testing.T) {
	t.Parallel()
	list := directory(t, 30)
	synctest.Test(t, func(t *testing.T) {
		visits, listed := 0, 0
		ledger, err := sweep.Plan[string]{
			Accounts: always(counting(list(), &listed)), Regions: in("a"), Width: 1, Visitors: 1,
			Visit: func(context.Context, sweep.Place, func([]string)) error {
				visits++
				return fmt.Errorf("wrapped: %w", &sweep.Stop{Err: errBoom})
			},
		}.Run(t.Context(), collect(new([]string)))
		// One is visited, one waits for a visit, one is being opened, and one is listed.
		if err != errBoom || visits != 1 || listed > 4 {
			t.Errorf("%v after %d visits and %d accounts, want boom after 1 and at most 4", err, visits, listed)
		}
		for place, status := range statuses(t, ledger) {
			if status != "cancelled 0 wrapped: boom" {
				t.Errorf("%s is %s", place, status)
			}
		}
	})
}

// counting counts in n the accounts that a list yields.
func counting(list iter.Seq2[*account.Account, error], n *int) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range list {
			if *n++; !yield(a, err) {
				return
			}
		}
	}
}

// TestOutputFails: after an error of out, the sweep passes it no more records and
// returns the error.
func TestOutputFails(t *testing.T) {
	t.Parallel()
	list := directory(t, 60)
	synctest.Test(t, func(t *testing.T) {
		pages, listed := 0, 0
		_, err := sweep.Plan[string]{
			Accounts: always(counting(list(), &listed)), Regions: in("a", "b"), Width: 2,
			Visit: func(ctx context.Context, p sweep.Place, emit func([]string)) error {
				for range 5 {
					emit([]string{"x"})
					if ctx.Err() != nil {
						return ctx.Err()
					}
				}
				return nil
			},
		}.Run(t.Context(), func(page []string) error {
			if len(page) == 0 {
				return nil
			}
			if pages++; pages == 3 {
				return errBoom
			}
			return nil
		})
		if err != errBoom || pages != 3 || listed == 60 {
			t.Errorf("%v after %d pages and %d accounts, want boom after 3, and not all accounts", err, pages, listed)
		}
	})
}
