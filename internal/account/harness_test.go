package account

import (
	"errors"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

func init() { OrderDelay = time.Hour }

// newResolver starts a world and returns a resolver of its home, with text added to the config.
func newResolver(t testing.TB, w *awssim.World, config string, pairs ...string) (*simtest.Home, *auth.Resolver) {
	t.Helper()
	w.Home.Config += config
	home := simtest.Start(t, w)
	loaded, err := awsconfig.Load(awsconfig.Files{Config: home.Env["AWS_CONFIG_FILE"], Credentials: home.Env["AWS_SHARED_CREDENTIALS_FILE"]})
	if err != nil {
		t.Fatal(err)
	}
	lookup := home.Lookup(pairs...)
	return home, auth.New(auth.Options{
		Config: loaded, Lookup: lookup, Now: time.Now, Environ: []string{"PATH=" + os.Getenv("PATH")},
		Cache: &botocache.Cache{Home: home.Dir, Lookup: lookup},
		API:   awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: 16, MaxAttempts: 1}),
	})
}

// list returns the accounts of a selection, the errors of skipped profiles, and the error
// that ended the list.
func list(t testing.TB, r *auth.Resolver, s Selection) (accounts []*Account, skipped []error, ended error) {
	t.Helper()
	return listWith(t, r, s, Options{})
}

// listWith is list with options of Find.
func listWith(t testing.TB, r *auth.Resolver, s Selection, o Options) (accounts []*Account, skipped []error, ended error) {
	t.Helper()
	found, err := Find(r, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range found.Accounts(t.Context()) {
		if err != nil {
			if ended != nil {
				t.Errorf("a second error: %v", err)
			}
			ended = err
			continue
		}
		accounts = append(accounts, a)
	}
	return accounts, found.Skipped, ended
}

// namesOf returns the sorted names of a selection's accounts. It may be empty.
func namesOf(t testing.TB, r *auth.Resolver, s Selection) []string {
	t.Helper()
	accounts, _, err := list(t, r, s)
	if err != nil && !errors.As(err, new(*EmptyError)) {
		t.Fatal(err)
	}
	out := []string{}
	for _, a := range accounts {
		out = append(out, a.Name)
	}
	slices.Sort(out)
	return out
}

// entered opens an account and returns profile>role, or the error.
func entered(t testing.TB, a *Account) string {
	t.Helper()
	id, err := a.Open(t.Context())
	if err != nil {
		f := awsapi.Explain(err)
		return string(f.Kind) + ": " + f.Message
	}
	return id.Profile + ">" + id.Role
}

// byName returns accounts by name.
func byName(accounts []*Account) map[string]*Account {
	m := map[string]*Account{}
	for _, a := range accounts {
		m[a.Name] = a
	}
	return m
}

func wantCalls(t testing.TB, sim *simtest.Home, want map[string]int) {
	t.Helper()
	if got := sim.CountCalls(); !maps.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
}

// testOrganization returns an organization of seven accounts in a small tree of OUs. Two OUs are
// named Prod.
func testOrganization() *awssim.World {
	return &awssim.World{
		Organization: &awssim.Organization{
			ID: "o-country000", Root: "r-ctry",
			OUs: []awssim.OU{
				{Name: "Workloads", OUs: []awssim.OU{{Name: "Prod", ID: "ou-ctry-11111111"}, {Name: "Test"}}},
				{Name: "Labs", OUs: []awssim.OU{{Name: "Prod"}}},
			},
			Paging: awssim.Paging{PageSize: 2, EmptyPages: true},
		},
		Accounts: []awssim.Account{
			{ID: "100000000001", Name: "main"},
			{ID: "010000000002", Name: "shop", OU: "Workloads/Prod", Tags: map[string]string{"env": "prod", "team": "red"}},
			{ID: "010000000003", Name: "shop staging", OU: "Workloads/Test", Tags: map[string]string{"env": "test", "team": "red"}},
			{ID: "200000000004", Name: "old", OU: "Workloads", State: "SUSPENDED", Tags: map[string]string{"env": "prod"}},
			{ID: "200000000005", Name: "lab", OU: "Labs/Prod", Tags: map[string]string{"env": ""}},
			{ID: "200000000006", Name: "loose"},
			{ID: "200000000007", Name: "closed", State: "CLOSED"},
		},
		Users: []awssim.User{{Account: "main", Name: "admin"}, {Account: "shop", Name: "clerk"}},
		Roles: []awssim.Role{
			{Name: "Ops", Except: []string{"main", "lab"}},
			{Name: "Fallback", Accounts: []string{"main", "lab", "shop"}},
			{Name: "Keyed", Path: "/team/", ExternalID: "shared"},
		},
		Home: awssim.Home{Profile: "admin"},
	}
}

// usageError returns the error of a selection with a mistake, found without a call.
func usageError(t testing.TB, sim *simtest.Home, r *auth.Resolver, s Selection) string {
	t.Helper()
	before := len(sim.Calls())
	_, err := Find(r, s, Options{})
	var mistake *UsageError
	if !errors.As(err, &mistake) {
		t.Errorf("%+v: %v, want a UsageError", s, err)
		return ""
	}
	if len(sim.Calls()) != before {
		t.Errorf("%+v: AWS was asked", s)
	}
	return mistake.Msg
}
