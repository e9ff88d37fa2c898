package inventory

import (
	"context"
	"fmt"
	"testing"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// resourcesOf prepares a query of kinds.
func resourcesOf(t testing.TB, q ResourceQuery, kinds ...string) *Resources {
	t.Helper()
	var all []*Kind
	for _, name := range kinds {
		k, err := FindKind(name)
		if err != nil || k == nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, k)
	}
	r, err := NewResources(all, q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestResourcesKeepTheirPace: a kind with a call for each of many users is complete where
// IAM limits calls, and few calls are throttled.
func TestResourcesKeepTheirPace(t *testing.T) {
	t.Parallel()
	const users, rate = 300, 200
	w := &awssim.World{
		Accounts: []awssim.Account{{ID: "100000000001", Name: "shop"}},
		Faults:   []awssim.Fault{{Service: "iam", Kind: awssim.FaultLimiter, Burst: 20, Rate: rate}},
	}
	for i := range users {
		w.Users = append(w.Users, awssim.User{Account: "shop", Name: fmt.Sprintf("u%03d", i)})
	}
	sim, r := newResolver(t, w, 64)
	r.API = awsapi.New(awsapi.Settings{Lookup: r.Lookup, Concurrency: 64}) // with retries
	found, err := account.Find(r, account.Selection{Profiles: []string{"u000"}}, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	resources := resourcesOf(t, ResourceQuery{}, "access-keys")
	records := 0
	ledger, err := sweep.Plan[Resource]{
		Accounts: found.Accounts, Width: 64,
		Visit: func(ctx context.Context, p sweep.Place, emit func([]Resource)) error {
			return resources.Visit(ctx, r.API, p, emit)
		},
	}.Run(t.Context(), func(page []Resource) error { records += len(page); return nil })
	if err != nil || len(ledger.Gaps()) > 0 || records != users {
		t.Errorf("%d records, gaps %v, %v", records, ledger.Gaps(), err)
	}
	calls := 0
	for _, c := range sim.Calls() {
		if c.Service == "iam" {
			calls++
		}
	}
	if needed := users/100 + 2*users; calls > needed*11/10 {
		t.Errorf("%d calls of IAM, of which %d are needed", calls, needed)
	}
}
