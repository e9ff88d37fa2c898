package sweep_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// TestResume: places, accounts, regions and the list of accounts fail at random, and each
// run resumes from the report of the one before. Together they give the ledger and the
// records of one good run, and visit no place again that has answered.
func TestResume(t *testing.T) {
	t.Parallel()
	const accounts = 9
	list := directory(t, accounts)
	regions := []string{"a", "b", "c", "d"}
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			g := rand.New(rand.NewPCG(seed, 2))
			var mu sync.Mutex // guards g and visits
			fails := func(n int) error {
				mu.Lock()
				defer mu.Unlock()
				if g.IntN(n) > 0 {
					return nil
				}
				return &failure{awsapi.Throttled, "trouble"}
			}
			var printed []string
			visits := map[string]int{} // by place; only those without an error
			var earlier *sweep.Earlier
			run := func(trouble bool) *sweep.Ledger {
				chance := 3
				if !trouble {
					chance = 1 << 30
				}
				accounts := list()
				if trouble && g.IntN(2) == 0 {
					accounts = then(firstOf(accounts, g.IntN(5)), nil, &failure{awsapi.Throttled, "list"})
				}
				ledger, err := sweep.Plan[string]{
					Accounts: always(accounts), Width: 1, Earlier: earlier, ID: func(r *string) string { return *r },
					Regions: func(_ context.Context, a *account.Account, _ *auth.Identity) (sweep.Regions, error) {
						return sweep.Regions{Visit: regions}, fails(chance)
					},
					Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
						place := at(p.Account.ID, p.Region)
						for page := range 3 {
							if err := fails(2 * chance); err != nil {
								return err
							}
							emit([]string{fmt.Sprint(place, page, "x"), fmt.Sprint(place, page, "y")})
						}
						mu.Lock()
						defer mu.Unlock()
						if visits[place]++; visits[place] > 1 {
							t.Errorf("%s was visited again", place)
						}
						return nil
					},
				}.Run(t.Context(), collect(&printed))
				if err != nil {
					t.Fatal(err)
				}
				var report bytes.Buffer
				if err := ledger.WriteReport(&report); err != nil {
					t.Fatal(err)
				}
				if earlier, err = sweep.ParseReport(report.Bytes()); err != nil {
					t.Fatal(err)
				}
				if n := len(ledger.Gaps()); n != earlier.Gaps() {
					t.Errorf("%d gaps, read back as %d", n, earlier.Gaps())
				}
				return ledger
			}
			for range 4 {
				run(true)
			}
			ledger := run(false)
			want := map[string]string{}
			var all []string
			for i := range accounts {
				for _, region := range regions {
					want[at(id(i), region)] = "ok 6"
					for page := range 3 {
						all = append(all, fmt.Sprint(at(id(i), region), page, "x"), fmt.Sprint(at(id(i), region), page, "y"))
					}
				}
			}
			wantStatuses(t, ledger, want)
			slices.Sort(printed)
			if !slices.Equal(printed, all) {
				t.Errorf("seed %d: %d records, want %d", seed, len(printed), len(all))
			}
		})
	}
}

// TestResumeGuessedRegions: the earlier run did not know the account's regions and tried
// one that the account does not have. Its entry becomes not-opted-in.
func TestResumeGuessedRegions(t *testing.T) {
	t.Parallel()
	list := directory(t, 1)
	synctest.Test(t, func(t *testing.T) {
		earlier, err := sweep.ParseReport([]byte(`[
			{"AccountId": "` + id(0) + `", "Status": "denied"},
			{"AccountId": "` + id(0) + `", "Region": "a", "Status": "ok", "Records": 4},
			{"AccountId": "` + id(0) + `", "Region": "b", "Status": "denied"}]`))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		ledger, err := sweep.Plan[string]{
			Accounts: always(list()), Regions: in("a", "c"), Earlier: earlier,
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				emit([]string{p.Region})
				return nil
			},
		}.Run(t.Context(), collect(&got))
		if err != nil || !slices.Equal(got, []string{"c"}) {
			t.Errorf("%v, visited %q, want only c", err, got)
		}
		wantStatuses(t, ledger, map[string]string{at(id(0), "a"): "ok 4", at(id(0), "b"): "not-opted-in 0", at(id(0), "c"): "ok 1"})
	})
}

// TestParseReportErrors: ParseReport rejects other files.
func TestParseReportErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"AccountId": "1"}`: "not a report: expected a list of entries, the whole is a JSON object",
		`null`:               "not a report: expected a list of entries",
		`[{"Region": 5}]`:    "not a report: expected a list of entries, Region is a JSON number",
		`[{"AccountId": "1"`: "not a complete report: unexpected end of JSON input",
		`[{"AccountId": "1", "Status": "ok"}, {"AccountId": "2", "Status": "odd"}]`:                                  `entry 2: unknown Status "odd"; written by another version of muster?`,
		`[{"AccountId": "1", "Region": "a", "Status": "ok"}, {"AccountId": "1", "Region": "a", "Status": "denied"}]`: `entry 2 repeats account "1", region "a"`,
		`[{"AccountId": "1", "Region": "a", "Status": "denied", "Records": 1, "Printed": "AAAA"}]`:                   "not a complete report: the field Printed is damaged",
		`[{"AccountId": "1", "Region": "a", "Status": "denied", "Records": 1, "Printed": "not base64"}]`:             "not a complete report: the field Printed is damaged",
	} {
		if _, err := sweep.ParseReport([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestCheckScope: a report over regions does not fit a run over accounts, nor the other
// way round.
func TestCheckScope(t *testing.T) {
	t.Parallel()
	const regions, wholes = "a command that visits regions wrote it; this command visits whole accounts", "a command that visits whole accounts wrote it; this command visits regions"
	for text, want := range map[string][2]string{ // the error for a run over regions, and for one over accounts
		`[]`: {"", ""},
		`[{"AccountId": "1", "Status": "denied"}]`:            {"", ""},
		`[{"AccountId": "1", "Status": "suspended"}]`:         {"", ""},
		`[{"AccountId": "1", "Region": "a", "Status": "ok"}]`: {"", regions},
		`[{"AccountId": "1", "Status": "ok"}]`:                {wholes, ""},
		`[{"AccountId": "1", "Status": "failed"}]`:            {wholes, ""},
	} {
		earlier, err := sweep.ParseReport([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for i, perRegion := range []bool{true, false} {
			got := ""
			if err := earlier.CheckScope(!perRegion, perRegion); err != nil {
				got = err.Error()
			}
			if got != want[i] {
				t.Errorf("%s, regions %t: %q, want %q", text, perRegion, got, want[i])
			}
		}
	}
}

// firstOf yields the first n accounts of a list.
func firstOf(list iter.Seq2[*account.Account, error], n int) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range list {
			if n--; n < 0 || !yield(a, err) {
				return
			}
		}
	}
}
