package sweep_test

import (
	"context"
	"testing"
	"testing/synctest"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// resumed runs a plan that resumes from a report with these entries.
func resumed(t *testing.T, entries string, plan sweep.Plan[string]) *sweep.Ledger {
	t.Helper()
	earlier, err := sweep.ParseReport([]byte(entries))
	if err != nil {
		t.Fatal(err)
	}
	plan.Earlier = earlier
	plan.Visit = func(context.Context, sweep.Place, func([]string)) error { return nil }
	ledger, err := plan.Run(t.Context(), collect(new([]string)))
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

// TestCountResumed: an account whose name has changed counts once.
func TestCountResumed(t *testing.T) {
	t.Parallel()
	list := directory(t, 1)
	synctest.Test(t, func(t *testing.T) {
		ledger := resumed(t, `[
			{"AccountId": "`+id(0)+`", "AccountName": "before", "Region": "a", "Status": "ok", "Records": 1},
			{"AccountId": "`+id(0)+`", "AccountName": "before", "Region": "b", "Status": "denied"}]`,
			sweep.Plan[string]{Accounts: always(list()), Regions: in("a", "b")})
		if records, accounts, regions := ledger.Count(); records != 1 || accounts != 1 || regions != 2 {
			t.Errorf("%d records, %d accounts, %d regions, want 1, 1 and 2", records, accounts, regions)
		}
	})
}

// TestUnselected: a gap counts as unselected if the selection leaves it out, but not if
// its account or the list of accounts is a gap again.
func TestUnselected(t *testing.T) {
	t.Parallel()
	list := directory(t, 1)
	broken := &failure{awsapi.Throttled, "too many"}
	for name, c := range map[string]struct {
		entries    string
		plan       sweep.Plan[string]
		want       map[string]string
		unselected int
	}{
		"region not selected": {
			`[{"AccountId": "` + id(0) + `", "Region": "a", "Status": "denied", "Message": "no"}]`,
			sweep.Plan[string]{Accounts: always(list()), Regions: in("a"), RegionSelected: func(string) bool { return false }},
			map[string]string{at(id(0), "a"): "denied 0 no"}, 1,
		},
		"account fails again": {
			`[{"AccountId": "` + id(0) + `", "Status": "denied"}, {"AccountId": "` + id(0) + `", "Region": "a", "Status": "denied"}]`,
			sweep.Plan[string]{Accounts: always(list()), Regions: func(context.Context, *account.Account, *auth.Identity) (sweep.Regions, error) {
				return sweep.Regions{}, broken
			}},
			map[string]string{id(0): "throttled 0 too many", at(id(0), "a"): "throttled 0 too many"}, 0,
		},
		"account closed since": {
			`[{"AccountId": "999999999998", "Region": "a", "Status": "throttled", "Records": 2, "Printed": "AAAAAAAAAAEAAAAAAAAAAg=="}]`,
			sweep.Plan[string]{Regions: in("a"), Accounts: always(then(list(), []*account.Account{
				{ID: "999999999998", Name: "shut", Status: "SUSPENDED", Source: account.SourceOrganization}}, nil))},
			map[string]string{"999999999998": "suspended 0 account is SUSPENDED", at("999999999998", "a"): "suspended 2 account is SUSPENDED"}, 0,
		},
		"list fails again": {
			`[{"Status": "throttled"}, {"AccountId": "` + id(1) + `", "Status": "denied", "Message": "no"}]`,
			sweep.Plan[string]{Accounts: always(then(list(), nil, broken)), Regions: in("a")},
			map[string]string{"": "throttled 0 too many", at(id(0), "a"): "empty 0", id(1): "denied 0 no"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ledger := resumed(t, c.entries, c.plan)
				wantStatuses(t, ledger, c.want)
				if ledger.Unselected() != c.unselected {
					t.Errorf("%d gaps are unselected, want %d", ledger.Unselected(), c.unselected)
				}
			})
		})
	}
}
