package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/auth"
	"muster/internal/awssim"
)

// TestMatchName: an id or a name counts before a name in any case, and that before a part of
// a name.
func TestMatchName(t *testing.T) {
	t.Parallel()
	var listed []*Account
	for id, name := range map[string]string{
		"100000000001": "prod", "100000000002": "PROD", "100000000003": "Production EU", "100000000004": "staging",
		"100000000005": "Straße", "100000000006": "copy of 100000000009", "": "broken-profile",
	} {
		listed = append(listed, &Account{ID: id, Name: name})
	}
	for text, want := range map[string]string{
		"prod": "prod", "PROD": "PROD", "Prod": "PROD prod", "production": "Production EU", "pro": "PROD Production EU broken-profile prod",
		"100000000004": "staging", "10000000000": "copy of 100000000009", "100000000009": "", "STAG": "staging", "STRAßE": "Straße", "prod*": "", "x": "",
	} {
		var got []string
		for _, a := range matchName(text, listed) {
			got = append(got, a.Name)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestSimilarAccounts: a name of --account that no account has stands for the one account
// whose name is similar. Accounts of the other values are not delayed.
func TestSimilarAccounts(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Accounts[5].Name = "SHOP"
	_, r := newResolver(t, w, "")
	for _, test := range []struct {
		accounts, exclude []string
		choose            string
		want              string // names of the accounts, in order
		notes             string
		err               string
	}{
		{accounts: []string{"STAGING"}, want: "shop staging", notes: "STAGING is shop staging (010000000003)"},
		{accounts: []string{"staging", "lab"}, want: "lab, shop staging", notes: "staging is shop staging (010000000003)"},
		{accounts: []string{"shop staging", "stag"}, want: "shop staging", notes: "stag is shop staging (010000000003)"},
		{accounts: []string{"Shop"}, err: "\"Shop\" fits 2 accounts; write more of the name, or the id:\n010000000002 shop\n200000000006 SHOP"},
		{accounts: []string{"Shop"}, choose: "SHOP", want: "SHOP", notes: "Shop is SHOP (200000000006)"},
		{accounts: []string{"Shop"}, exclude: []string{"SHOP"}, want: "shop", notes: "Shop is shop (010000000002)"},
		{accounts: []string{"lab", "Shop"}, want: "lab, Shop"}, // Shop is a gap
		{accounts: []string{"lab"}, exclude: []string{"Lab"}, want: "lab", notes: `--exclude-account Lab: no such account among the 7 that can be listed; did you mean "lab"?`},
	} {
		s := ops
		s.Accounts, s.Exclude = test.accounts, test.exclude
		got, notes, err := namedList(t, r, s, test.choose)
		if got != test.want || notes != test.notes || err != test.err {
			t.Errorf("%v: %q, notes %q, error %q; want %q, %q, %q", test.accounts, got, notes, err, test.want, test.notes, test.err)
		}
	}
}

// user chooses the account and the role of a name.
type user struct{ choice string }

func (u user) Account(_ context.Context, _ string, among []*Account) (*Account, error) {
	i := slices.IndexFunc(among, func(a *Account) bool { return a.Name == u.choice })
	if i < 0 {
		return nil, errors.New("not offered")
	}
	return among[i], nil
}

func (u user) Role(_ context.Context, question string, among []string) (string, error) {
	if !slices.Contains(among, u.choice) {
		return "", fmt.Errorf("%s: %v", question, among)
	}
	return u.choice, nil
}

// namedList lists the accounts of a selection by their names, with the notes and the error.
// choose is the account that the user chooses; "" if there is no terminal.
func namedList(t *testing.T, r *auth.Resolver, s Selection, choose string) (accounts, notes, ended string) {
	t.Helper()
	var warned []string
	o := Options{Warn: func(text string) { warned = append(warned, text) }}
	if choose != "" {
		o.Choose = user{choose}
	}
	found, err := Find(r, s, o)
	if err != nil {
		return "", "", err.Error()
	}
	var got []string
	for a, err := range found.Accounts(t.Context()) {
		if err != nil {
			ended = err.Error()
			break
		}
		got = append(got, a.Name)
	}
	return strings.Join(got, ", "), strings.Join(warned, "; "), ended
}

// TestNamedAccount: the argument of a command finds its account in the selected source, else
// in the profiles and the only sso-session.
func TestNamedAccount(t *testing.T) {
	t.Parallel()
	w := &awssim.World{
		Organization: &awssim.Organization{},
		Accounts: []awssim.Account{
			{ID: "100000000001", Name: "main"}, {ID: "200000000002", Name: "Production"}, {ID: "200000000003", Name: "Production"}, {ID: "200000000004", Name: "Lab"},
		},
		Users: []awssim.User{{Account: "main", Name: "admin"}},
		Roles: []awssim.Role{{Name: "Ops", Except: []string{"main"}}},
		SSO: []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1", Assignments: map[string][]string{
			"200000000002": {"View"}, "Lab": {"View"},
		}}},
		Home: awssim.Home{Profile: "admin"},
	}
	sim, r := newResolver(t, w, "[profile lab-ops]\nrole_arn = arn:aws:iam::200000000004:role/Ops\nsource_profile = admin\n[profile half]\nregion = eu-west-1\n")
	for _, test := range []struct {
		named  string
		change func(*Selection)
		want   string
		notes  string
		err    string
		calls  []string // other calls are mistakes
	}{
		{named: "lab-ops", want: "lab-ops", notes: "lab-ops is 200000000004, from --profile lab-ops"},
		{named: "ops", want: "lab-ops", notes: "ops is lab-ops (200000000004), from --profile lab-ops", calls: []string{"ListAccounts"}},
		{named: "Production", want: "Production", notes: "Production is 200000000002, from --sso-session corp", calls: []string{"ListAccounts"}},
		{named: "200000000004", want: "lab-ops", notes: "200000000004 is lab-ops, from --profile lab-ops", calls: []string{"GetCallerIdentity"}},
		{named: "Lab", want: "lab-ops", notes: "Lab is lab-ops (200000000004), from --profile lab-ops", calls: []string{"ListAccounts"}},
		{named: "Lab", change: func(s *Selection) { s.Roles = []string{"View"} }, want: "Lab", notes: "Lab is 200000000004, from --sso-session corp", calls: []string{"ListAccounts"}},
		{named: "half", err: "account half: no such account among the 2 that can be listed", calls: []string{"ListAccounts"}},
		{named: "lab", change: func(s *Selection) { s.Profiles = []string{"lab-ops", "admin"} }, want: "lab-ops", notes: "lab is lab-ops (200000000004)", calls: []string{"GetCallerIdentity"}},
		{named: "Production", change: func(s *Selection) { s.Organization, s.Roles = true, []string{"Ops"} },
			err: "\"Production\" fits 2 accounts; write more of the name, or the id:\n200000000002 Production\n200000000003 Production", calls: []string{"ListAccounts"}},
		{named: "prod", change: func(s *Selection) {
			s.Organization, s.Roles, s.Exclude = true, []string{"Ops"}, []string{"200000000003"}
		},
			want: "Production", notes: "prod is Production (200000000002)", calls: []string{"ListAccounts"}},
	} {
		s := Selection{Named: test.named}
		if test.change != nil {
			test.change(&s)
		}
		before := len(sim.Calls())
		got, notes, err := namedList(t, r, s, "")
		if got != test.want || notes != test.notes || err != test.err {
			t.Errorf("%s: %q, notes %q, error %q; want %q, %q, %q", test.named, got, notes, err, test.want, test.notes, test.err)
		}
		for _, call := range sim.Calls()[before:] {
			if !slices.Contains(test.calls, call.Operation) {
				t.Errorf("%s: asked AWS for %s", test.named, call.Operation)
			}
		}
	}
}
