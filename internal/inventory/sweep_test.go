package inventory

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// newResolver starts a simulated organization and returns what reaches it.
func newResolver(t testing.TB, w *awssim.World, width int, opts ...awssim.Option) (*awssim.Server, *auth.Resolver) {
	t.Helper()
	sim, err := awssim.Start(w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	home := t.TempDir()
	if err := sim.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home}
	for _, pair := range sim.Env(home) {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	config, err := awsconfig.Load(awsconfig.Files{Config: filepath.Join(home, ".aws", "config"), Credentials: filepath.Join(home, ".aws", "credentials")})
	if err != nil {
		t.Fatal(err)
	}
	return sim, &auth.Resolver{
		Config: config, Lookup: lookup, Home: home, Now: time.Now, Environ: os.Environ(),
		API: awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: width, ConnectTimeout: 10 * time.Second, ReadTimeout: time.Minute}),
	}
}

func sweepAll(t testing.TB, r *auth.Resolver, s account.Selection, q Query, width int) ([]Instance, *sweep.Ledger) {
	t.Helper()
	found, err := account.Find(r, s)
	if err != nil {
		t.Fatal(err)
	}
	regions := &RegionFinder{API: r.API}
	if _, err := regions.Compile(); err != nil {
		t.Fatal(err)
	}
	collect, err := NewInstances(r.API, q)
	if err != nil {
		t.Fatal(err)
	}
	var got []Instance
	ctx := context.Background()
	ledger, err := sweep.Plan[Instance]{
		Accounts: found.Accounts(ctx), Regions: regions.Of, Visit: collect.Visit, Width: width,
	}.Run(ctx, func(page []Instance) error { got = append(got, page...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Instance) int {
		return strings.Compare(a.AccountId+a.Region+a.InstanceId, b.AccountId+b.Region+b.InstanceId)
	})
	return got, ledger
}

func TestSweepFindsEveryInstance(t *testing.T) {
	sim, r := newResolver(t, awssim.DefaultWorld(), 64)
	got, ledger := sweepAll(t, r, account.Selection{Organization: true, Roles: []string{"EC2ReadAccess"}}, Query{}, 64)
	for _, gap := range ledger.Gaps() {
		t.Errorf("gap: %+v", gap)
	}
	for _, problem := range sim.Problems() {
		t.Error(problem)
	}
	for _, i := range got {
		fmt.Println(i.AccountName, i.Region, i.InstanceId, i.PrivateIPs, i.PublicIPs, i.Role)
	}
	fmt.Println(len(sim.Calls()), len(sim.Truth()))
}
