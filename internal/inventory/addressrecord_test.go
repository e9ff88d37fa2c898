package inventory

import (
	"context"
	"maps"
	"slices"
	"testing"

	"muster/internal/account"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// TestAddressesOfInstances: the addresses of instances are among all addresses, each once,
// with the same pairs of private and public addresses.
func TestAddressesOfInstances(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, awssim.DefaultWorld(), 8)
	organization := account.Selection{Organization: true, Roles: []string{"EC2ReadAccess"}}
	instances, _ := sweepAll(t, r, organization, Query{}, 8)
	want := map[string]string{} // addresses, with their pairs
	for _, i := range instances {
		for _, eni := range i.NetworkInterfaces {
			for _, ip := range eni.PrivateIPs {
				want[i.AccountId+" "+ip.PrivateIP] = ip.PublicIP
				if ip.PublicIP != "" {
					want[i.AccountId+" "+ip.PublicIP] = ip.PrivateIP
				}
			}
			for _, ip := range eni.IPv6s {
				want[i.AccountId+" "+ip] = ""
			}
		}
	}
	finder, err := NewAddressFinder(r.API, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := account.Find(r, organization, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	ledger, err := sweep.Plan[Address]{
		Accounts: found.Accounts, Regions: allRegions(t, r.API).Of, Visit: finder.Visit, Width: 8,
	}.Run(context.Background(), func(page []Address) error {
		for _, a := range page {
			if a.InstanceId == "" {
				continue
			}
			key := a.AccountId + " " + a.Address
			if _, again := got[key]; again {
				t.Errorf("%s is listed twice", key)
			}
			got[key] = a.PrivateIP + a.PublicIP
		}
		return nil
	})
	if err != nil || len(ledger.Gaps()) > 0 {
		t.Fatal(err, ledger.Gaps())
	}
	if len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("addresses\n%v\nand those of instances\n%v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
