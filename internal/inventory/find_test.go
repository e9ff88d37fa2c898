package inventory

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// findAll sweeps all places of a selection, and sorts the findings.
func findAll(t testing.TB, r *auth.Resolver, s account.Selection, f *Finder) ([]Finding, *sweep.Ledger) {
	t.Helper()
	accounts, err := account.Find(r, s, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []Finding
	ctx := context.Background()
	ledger, err := sweep.Plan[Finding]{
		Accounts: accounts.Accounts, Regions: allRegions(t, r.API).Of, Visit: f.Visit, Width: 16,
	}.Run(ctx, func(page []Finding) error { got = append(got, page...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Finding) int {
		return strings.Compare(a.AccountId+a.Region+a.Id, b.AccountId+b.Region+b.Id)
	})
	return got, ledger
}

func newFinder(t testing.TB, r *auth.Resolver, what ...string) *Finder {
	t.Helper()
	f, err := NewFinder(r.API, what)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFindTruth: targets of every kind find the interfaces that the simulation says they
// match, and no others.
func TestFindTruth(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 5, Regions: 3, MaxInstances: 14, Seed: 4})
	w.EC2 = awssim.Paging{PageSize: 5, EmptyPages: true}
	w.Roles[0].Except = nil
	sim, r := newResolver(t, w, 16)
	organization := account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}
	truth := sim.Truth()
	at := func(i int) awssim.Instance {
		for ; truth[i].State != "running"; i++ {
		}
		return truth[i]
	}
	for _, what := range [][]string{
		{at(3).PublicIPs[0]},
		{at(5).PrivateIPs[1], at(20).IPv6s[0], at(31).PublicIPs[0]},
		{at(40).ID},
		{at(9).Interfaces[0].ID, at(10).Name},
		{at(17).Interfaces[0].MAC},
		{"10.0.0.0/25"},
		{"2600:1f18::/32"},
		{"node-1*"},
		{"*"},
	} {
		prefixes := []netip.Prefix{}
		for _, text := range what {
			if p, err := netip.ParsePrefix(text); err == nil {
				prefixes = append(prefixes, p)
			}
		}
		var want []string
		for _, in := range truth {
			for _, eni := range in.Interfaces {
				matches := func(text string) bool {
					a, err := netip.ParseAddr(text)
					return slices.Contains(what, text) || err == nil && slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
				}
				if slices.ContainsFunc(slices.Concat(in.PrivateIPs, in.PublicIPs, in.IPv6s, []string{in.ID, eni.ID, eni.MAC, in.Name}), matches) ||
					what[0] == "*" || what[0] == "node-1*" && strings.HasPrefix(in.Name, "node-1") {
					want = append(want, strings.Join([]string{in.Account, in.Region, eni.ID, in.ID, in.Name, fmt.Sprint(in.PrivateIPs, in.PublicIPs, in.IPv6s)}, " "))
				}
			}
		}
		slices.Sort(want)
		found, ledger := findAll(t, r, organization, newFinder(t, r, what...))
		var got []string
		for _, f := range found {
			got = append(got, strings.Join([]string{f.AccountId, f.Region, f.Id, f.Owner, f.Name, fmt.Sprint(f.PrivateIPs, f.PublicIPs, f.IPv6s)}, " "))
		}
		slices.Sort(got)
		if len(want) == 0 || !slices.Equal(got, want) || len(ledger.Gaps()) > 0 {
			t.Errorf("%s: %d gaps\n got %s\nwant %s", what, len(ledger.Gaps()), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
	sim.CheckRequests(t)
}

// TestFindCalls: each region gets one call for each filter, however many targets there are,
// and a call for the names of instances only if some are found.
func TestFindCalls(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 4, Regions: 5, MinInstances: 30, Seed: 11})
	w.Roles[0].Except = nil
	sim, r := newResolver(t, w, 16)
	organization := account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}
	const places = 4 * 5
	truth := sim.Truth()
	running := func(from int) awssim.Instance {
		return truth[from+slices.IndexFunc(truth[from:], func(in awssim.Instance) bool { return in.State == "running" })]
	}
	for _, c := range []struct {
		what []string
		want map[string]int
	}{
		{[]string{"192.0.2.1", "192.0.2.2", "198.51.100.7"}, map[string]int{"DescribeNetworkInterfaces": 4 * places, "DescribeAddresses": places, "DescribeInstances": 4 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{"192.168.1.1", "172.16.3.4"}, map[string]int{"DescribeNetworkInterfaces": 2 * places, "DescribeAddresses": places, "DescribeInstances": 3 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{running(9).PublicIPs[0], running(200).PublicIPs[0]}, map[string]int{"DescribeNetworkInterfaces": 4 * places, "DescribeAddresses": places, "DescribeInstances": 4 * places, "DescribeSecondaryInterfaces": places}},
		{[]string{"eni-00000000", running(9).Interfaces[0].ID}, map[string]int{"DescribeNetworkInterfaces": places, "DescribeInstances": 1}},
		{[]string{"i-00000000.il-central-1.compute.internal"}, map[string]int{}},
		{[]string{"i-00000000.ec2.internal"}, map[string]int{"DescribeNetworkInterfaces": 4}},
	} {
		before := len(sim.Calls())
		findAll(t, r, organization, newFinder(t, r, c.what...))
		got := map[string]int{}
		for _, call := range sim.Calls()[before:] {
			if call.Service == "ec2" && call.Operation != "DescribeRegions" {
				got[call.Operation]++
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	sim.CheckRequests(t)
}

// TestFindDelegated: the addresses in a prefix that is delegated to an interface, as for
// Kubernetes' pods, belong to the interface.
func TestFindDelegated(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, world(t, `{"regions": ["us-east-1"], "accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}],
		"home": {"profile": "u", "region": "us-east-1"},
		"instances": [{"account": "one", "region": "us-east-1", "name": "node", "interfaces": [
			{"addresses": [{"private": "10.0.1.5"}]},
			{"id": "eni-0000000a", "addresses": [{"private": "10.0.1.6"}], "prefixes": ["10.0.3.16/28", "2600:1f18:1:2:3::/80"]}]}]}`), 4)
	for what, want := range map[string]int{
		"10.0.3.20": 1, "10.0.3.32": 0, "2600:1f18:1:2:3:4:5:6": 1, "2600:1f18:1:2:4::": 0, "10.0.3.0/24": 1, "10.0.3.24/30": 1, "2600:1f18:1::/48": 1,
	} {
		got, _ := findAll(t, r, ownAccount, newFinder(t, r, what))
		if len(got) != want || want == 1 && (got[0].Id != "eni-0000000a" || got[0].Name != "node") {
			t.Errorf("%s: %+v", what, got)
		}
	}
	sim.CheckRequests(t)
}

// TestFindManaged: find also finds instances that AWS services manage, although an account
// may hide them by default.
func TestFindManaged(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, world(t, `{"regions": ["us-east-1"], "accounts": [{"id": "000000000001", "name": "one", "hide_managed": true}], "users": [{"account": "one", "name": "u"}],
		"home": {"profile": "u", "region": "us-east-1"},
		"instances": [{"account": "one", "region": "us-east-1", "name": "auto mode", "private_ips": ["10.0.1.5"], "operator": "eks.amazonaws.com"}]}`), 4)
	for _, what := range []string{"10.0.1.5", "auto*"} {
		if got, _ := findAll(t, r, ownAccount, newFinder(t, r, what)); len(got) != 1 || got[0].Name != "auto mode" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	sim.CheckRequests(t)

	// A server that rejects the parameter gets the call without it.
	calls := 0
	api, p := served(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		if r.Form.Has("IncludeManagedResources") {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `<Response><Errors><Error><Code>UnknownParameter</Code><Message>The parameter IncludeManagedResources is not recognized</Message></Error></Errors></Response>`)
			return
		}
		io.WriteString(w, `<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-0000000a</networkInterfaceId></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`)
	})
	f, err := NewFinder(api, []string{"eni-0000000a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []Finding
		if err := f.Visit(t.Context(), p, func(page []Finding) { got = append(got, page...) }); err != nil || len(got) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if calls != 4 { // each visit tries the parameter again
		t.Errorf("%d calls, want 4", calls)
	}
}

func world(t testing.TB, text string) *awssim.World {
	t.Helper()
	w, err := awssim.ParseWorld([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}
