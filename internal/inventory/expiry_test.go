package inventory

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// TestExpiryDuringSweep: credentials and tokens that expire during a sweep are renewed, and
// a token only once. If that is not possible, the remaining accounts are expired, and the
// records so far stay. Each visit takes a minute by AWS's clock.
func TestExpiryDuringSweep(t *testing.T) {
	t.Parallel()
	const accounts, regions = 12, 17
	organization := account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}, DurationSeconds: 900}
	session := account.Selection{SSOSession: "large", Roles: []string{"ReadOnly"}}
	for name, c := range map[string]struct {
		selection account.Selection
		token     awssim.SSOToken
		gaps      bool
		renewals  string // the operation that renews
		least     int    // how often, and at most
		most      int
	}{
		"roles of 15 minutes": {organization, awssim.SSOToken{}, false, "AssumeRole", 2*accounts - 2, 2*accounts + 2},
		"refreshable":         {session, awssim.SSOToken{RefreshToken: "aor", ExpiresIn: awssim.Duration(time.Hour)}, false, "CreateToken", 1, 1},
		"not refreshable":     {session, awssim.SSOToken{ExpiresIn: awssim.Duration(time.Hour)}, true, "CreateToken", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := awssim.Large(awssim.LargeSpec{Accounts: accounts, Regions: regions, MinInstances: 1, MaxInstances: 2, Seed: 1})
			w.SSO[0].Tokens = []awssim.SSOToken{c.token}
			sim, r := newResolver(t, w, 1)
			var later atomic.Int64
			r.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			found, err := account.Find(r, c.selection, account.Options{})
			if err != nil {
				t.Fatal(err)
			}
			collect, err := NewInstances(r.API, Query{})
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			printed := map[string]int{}
			ledger, err := sweep.Plan[Instance]{
				Accounts: found.Accounts, Regions: allRegions(t, r.API).Of, Width: 1, Visitors: 1, // so that no call takes longer than the credentials live
				Visit: func(ctx context.Context, p sweep.Place, emit func([]Instance)) error {
					defer sim.Advance(time.Minute)
					defer func() { later.Add(int64(time.Minute)) }()
					return collect.Visit(ctx, p, emit)
				},
			}.Run(ctx, func(page []Instance) error {
				for _, in := range page {
					printed[in.AccountId+" "+in.Region]++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			truth := map[string]int{}
			for _, in := range sim.Truth() {
				truth[in.Account+" "+in.Region]++
			}
			good, expired := 0, 0
			for _, e := range ledger.Entries() {
				switch place := e.AccountId + " " + e.Region; {
				case e.Status == "expired" && c.gaps && strings.HasSuffix(place, " "):
					expired++
				case e.Status == sweep.OK && printed[place] == truth[place]:
					good++
				default:
					t.Errorf("%d records of %d: %+v", printed[place], truth[place], e)
				}
			}
			if c.gaps != (expired > 2) || good+regions*expired != accounts*regions || good < 3*regions {
				t.Errorf("%d places are good, %d accounts expired", good, expired)
			}
			renewals := 0
			for _, call := range sim.Calls() {
				if call.Operation == c.renewals {
					renewals++
				}
			}
			if renewals < c.least || renewals > c.most {
				t.Errorf("%d of %s, want %d to %d", renewals, c.renewals, c.least, c.most)
			}
		})
	}
}
