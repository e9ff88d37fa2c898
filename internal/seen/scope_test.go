package seen

import (
	"slices"
	"testing"
)

// TestScopeFilter: names fit command lines that select the same accounts. One that selects
// none fits all names, but for those found with other credentials of the environment.
func TestScopeFilter(t *testing.T) {
	t.Parallel()
	as := func(profile string) func(string) (string, bool) {
		return func(name string) (string, bool) { return profile, name == "AWS_PROFILE" }
	}
	dev, all, none := Scope{Profiles: []string{"dev"}}, Scope{AllProfiles: true}, Scope{}
	organization, role := Scope{Organization: true}, Scope{RoleARN: "arn:aws:iam::7:role/R", Profiles: []string{"dev"}}
	entries := []Entry{
		{Kind: Account, ID: "1", Scope: dev.Key(as("me"))},
		{Kind: Account, ID: "2", Scope: all.Key(as("me"))},
		{Kind: Account, ID: "2", Scope: none.Key(as("me"))},
		{Kind: Account, ID: "3", Scope: none.Key(as("me"))},
		{Kind: Account, ID: "4", Scope: organization.Key(as("me"))},
		{Kind: Account, ID: "5", Scope: organization.Key(as("you"))},
		{Kind: Region, ID: "6", Scope: dev.Key(as("me"))},
		{Kind: Account, ID: "7", Scope: role.Key(as("me"))},
	}
	for _, test := range []struct {
		scope Scope
		want  string
	}{
		{dev, "1"}, {all, "2"}, {organization, "4"}, {none, "12347"}, {role, "7"},
		{Scope{SSOSession: "corp"}, ""}, {Scope{Profiles: []string{"dev", "prod"}}, ""},
		{Scope{Organization: true, Profiles: []string{"root"}}, ""},
	} {
		got := ""
		for _, e := range test.scope.Filter(entries, Account, as("me")) {
			got += e.ID
		}
		if got != test.want {
			t.Errorf("%+v: %s, want %s", test.scope, got, test.want)
		}
	}
	if got := OfKind(entries, Account); len(got) != 6 || !slices.IsSortedFunc(got, func(a, b Entry) int { return int(a.ID[0]) - int(b.ID[0]) }) {
		t.Errorf("of all scopes: %v", got)
	}
}
