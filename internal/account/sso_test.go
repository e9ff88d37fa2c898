package account

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// portal is a session of four accounts, two a page, and of one that is closed.
func portal() *awssim.World {
	w := testOrganization()
	w.SSO = []awssim.SSOSession{{
		Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1",
		Assignments: map[string][]string{
			"main": {"Billing", "Admin"}, "shop": {"ReadOnly"}, "lab": {"ReadOnly", "Billing"}, "closed": {"ReadOnly"}, "loose": {"Admin"},
		},
		Paging: awssim.Paging{PageSize: 2, EmptyPages: true},
	}}
	return w
}

func TestSSO(t *testing.T) {
	t.Parallel()
	const noAccess = "no-role: No access"
	for _, c := range []struct {
		roles []string
		want  map[string]string // how each account is entered
		calls map[string]int
	}{
		{nil, map[string]string{
			"main":   "no-role: 2 permission sets are assigned, choose with --role: Admin, Billing",
			"lab":    "no-role: 2 permission sets are assigned, choose with --role: Billing, ReadOnly",
			"shop":   ">ReadOnly",
			"loose":  ">Admin",
			"closed": noAccess,
		}, map[string]int{"ListAccounts": 6, "ListAccountRoles": 10, "GetRoleCredentials": 3}},
		{[]string{"ReadOnly"}, map[string]string{"main": noAccess, "lab": ">ReadOnly", "shop": ">ReadOnly", "loose": noAccess, "closed": noAccess},
			map[string]int{"ListAccounts": 6, "GetRoleCredentials": 5}},
		{[]string{"Nope", "Billing", "ReadOnly"}, map[string]string{"main": ">Billing", "lab": ">Billing", "shop": ">ReadOnly", "loose": noAccess, "closed": noAccess},
			map[string]int{"ListAccounts": 6, "GetRoleCredentials": 2*2 + 3*3}},
	} {
		t.Run(strings.Join(c.roles, ","), func(t *testing.T) {
			t.Parallel()
			sim, r := newResolver(t, portal(), "")
			accounts, _, err := list(t, r, Selection{SSOSession: "corp", Roles: c.roles})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, a := range accounts {
				got[a.Name] = entered(t, a)
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("\n got %v\nwant %v", got, c.want)
			}
			if a := byName(accounts)["shop"]; a.ID != "010000000002" || a.Email != "aws+010000000002@example.com" || a.Source != SourceSSO || a.Status != "" {
				t.Errorf("shop is %+v", a)
			}
			wantCalls(t, sim, c.calls)
			sim.CheckRequests(t)
		})
	}
}

// TestSSONextRole: the next permission set is tried if the portal does not know one,
// whatever its error is.
func TestSSONextRole(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]string{"ForbiddenException": "no-role", "ResourceNotFoundException": "no-role", "InvalidRequestException": "broken"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := portal()
			w.Faults = []awssim.Fault{{Operation: "GetRoleCredentials", Kind: awssim.FaultError, Status: 400, Code: code, Message: "what?", Times: 1}}
			_, r := newResolver(t, w, "")
			accounts, _, err := list(t, r, Selection{SSOSession: "corp", Roles: []string{"ReadOnly", "Billing"}, Accounts: []string{"lab", "shop"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := entered(t, byName(accounts)["lab"]); got != ">Billing" {
				t.Errorf("lab: %s, want the second permission set", got)
			}
			if got, want := entered(t, byName(accounts)["shop"]), kind+": what?"; got != want {
				t.Errorf("shop: %s, want %s", got, want)
			}
		})
	}
}

// TestPagesWithoutList: a page may have no list if there are more pages. An account
// that is listed twice counts once.
func TestPagesWithoutList(t *testing.T) {
	t.Parallel()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Get("next_token") == "" && r.Method == http.MethodGet:
			io.WriteString(w, `{"nextToken": "more"}`)
		case r.URL.Path == "/assignment/accounts":
			io.WriteString(w, `{"accountList": [{"accountId": "010000000002", "accountName": "shop"}, {"accountId": "010000000002", "accountName": "shop"}]}`)
		case r.URL.Path == "/assignment/roles":
			io.WriteString(w, `{"roleList": [{"accountId": "010000000002", "roleName": "ReadOnly"}]}`)
		case strings.Contains(readAll(r.Body), "more"):
			io.WriteString(w, `{"Accounts": [{"Id": "010000000003", "Name": "lab"}]}`)
		default:
			io.WriteString(w, `{"NextToken": "more"}`)
		}
	}))
	t.Cleanup(portal.Close)
	w := testOrganization()
	w.SSO = []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1"}}
	_, r := newResolver(t, w, "", "AWS_ENDPOINT_URL_SSO="+portal.URL, "AWS_ENDPOINT_URL_ORGANIZATIONS="+portal.URL)
	if got := namesOf(t, r, Selection{SSOSession: "corp"}); !slices.Equal(got, []string{"shop"}) {
		t.Errorf("the session has %q", got)
	}
	accounts, _, _ := list(t, r, Selection{SSOSession: "corp"})
	if ids, err := accounts[0].Identities(t.Context()); err != nil || len(ids) != 1 || ids[0].Role != "ReadOnly" {
		t.Errorf("shop has %v, %v", ids, err)
	}
	if got := namesOf(t, r, Selection{Organization: true, Roles: []string{"Ops"}}); !slices.Equal(got, []string{"lab"}) {
		t.Errorf("the organization has %q", got)
	}
}

func readAll(r io.Reader) string {
	data, _ := io.ReadAll(r)
	return string(data)
}

// TestSSONoFallback: a portal that does not answer says nothing about the first
// permission set.
func TestSSONoFallback(t *testing.T) {
	t.Parallel()
	w := portal()
	w.Faults = []awssim.Fault{{Operation: "GetRoleCredentials", Kind: awssim.FaultThrottle}}
	sim, r := newResolver(t, w, "")
	accounts, _, err := list(t, r, Selection{SSOSession: "corp", Roles: []string{"ReadOnly", "Billing"}, Accounts: []string{"lab"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := entered(t, accounts[0]), "throttled: Rate exceeded"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := sim.CountCalls()["GetRoleCredentials"]; got != 1 {
		t.Errorf("%d permission sets tried, want 1", got)
	}
}

func TestSSOListFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*awssim.World)
		listed int
		kind   awsapi.Kind
	}{
		{"signed out", func(w *awssim.World) { w.SSO[0].Tokens = []awssim.SSOToken{} }, 0, awsapi.Expired},
		{"dead token", func(w *awssim.World) { w.SSO[0].Tokens = []awssim.SSOToken{{Dead: true}} }, 0, awsapi.Expired},
		{"expired", func(w *awssim.World) {
			w.SSO[0].Tokens = []awssim.SSOToken{{ExpiresIn: awssim.Duration(-time.Hour)}}
		}, 0, awsapi.Expired},
		{"second page", func(w *awssim.World) {
			w.SSO[0].EmptyPages = false
			w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultHTML, After: 1}}
		}, 2, awsapi.Broken},
		{"empty answer", func(w *awssim.World) {
			w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultEmpty}}
		}, 0, awsapi.Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := portal()
			c.change(w)
			_, r := newResolver(t, w, "")
			accounts, _, err := list(t, r, Selection{SSOSession: "corp"})
			if len(accounts) != c.listed || err == nil || awsapi.Explain(err).Kind != c.kind {
				t.Errorf("%d accounts, %v; want %d and an error that is %s", len(accounts), err, c.listed, c.kind)
			}
			if login := (*sso.LoginError)(nil); c.kind == awsapi.Expired && !errors.As(err, &login) {
				t.Errorf("%v says not how to sign in", err)
			}
		})
	}
}

func TestSSOSessionUnknown(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, portal(), "[sso-session half]\nsso_start_url = https://half.awsapps.com/start\n")
	for name, want := range map[string]string{
		"crop": `sso-session "crop" not found in CONFIG; did you mean "corp"?`,
		"half": `CONFIG:10: sso-session "half" lacks sso_region`,
	} {
		_, err := Find(r, Selection{SSOSession: name}, Options{})
		if want = strings.ReplaceAll(want, "CONFIG", r.Config.Files.Config); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if len(sim.Calls()) != 0 {
		t.Error("AWS was asked")
	}
}

const manyProfiles = `
[profile reader]
role_arn = arn:aws:iam::010000000002:role/Ops
source_profile = admin

[profile reader-gone]
role_arn = arn:aws:iam::010000000003:role/Nope
source_profile = admin

[profile reader-there]
role_arn = arn:aws:iam::010000000003:role/Ops
source_profile = admin

[profile staging]
role_arn = arn:aws:iam::010000000003:role/Ops
source_profile = admin

[profile settings]
region = eu-west-1

[profile lost]
role_arn = arn:aws:iam::010000000003:role/Ops
source_profile = nowhere

[profile stale]
aws_access_key_id = AKIAGONE
aws_secret_access_key = gone
`

// TestProfiles: one account for each that profiles lead to, opened with the first
// profile that works, in their order.
func TestProfiles(t *testing.T) {
	t.Parallel()
	const stale = "denied: The security token included in the request is invalid."
	for _, c := range []struct {
		sel     Selection
		want    []string // id, name, how it is entered
		skipped string
		calls   map[string]int
	}{
		{Selection{Profiles: []string{"reader"}}, []string{"010000000002 reader reader>Ops"}, "", map[string]int{"AssumeRole": 1}},
		{Selection{Profiles: []string{"staging", "reader-gone"}}, []string{"010000000003 staging staging>Ops"}, "", map[string]int{"AssumeRole": 1}},
		{Selection{Profiles: []string{"reader-*"}}, []string{"010000000003 reader-gone reader-there>Ops"}, "", map[string]int{"AssumeRole": 2}},
		{Selection{Profiles: []string{"reader*", "admin", "reader"}},
			[]string{"010000000002 reader reader>Ops", "010000000003 reader-gone reader-there>Ops", "100000000001 admin admin>"}, "",
			map[string]int{"AssumeRole": 3, "GetCallerIdentity": 1}},
		{Selection{Profiles: []string{"stale"}}, []string{" stale " + stale}, "", map[string]int{"GetCallerIdentity": 1}},
		{Selection{AllProfiles: true}, []string{
			"100000000001 admin admin>", "010000000002 clerk clerk>", "010000000003 reader-gone reader-there>Ops", " stale " + stale,
		}, `profile "lost": source_profile "nowhere" not found`, map[string]int{"AssumeRole": 2, "GetCallerIdentity": 3}},
	} {
		t.Run(strings.Join(c.sel.Profiles, ","), func(t *testing.T) {
			t.Parallel()
			sim, r := newResolver(t, testOrganization(), manyProfiles)
			accounts, skipped, err := list(t, r, c.sel)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range accounts {
				if a.Source != SourceProfile {
					t.Errorf("%s comes from %s", a.Name, a.Source)
				}
				got = append(got, a.ID+" "+a.Name+" "+entered(t, a))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if c.skipped == "" && len(skipped) != 0 || c.skipped != "" && (len(skipped) != 1 || !strings.HasSuffix(skipped[0].Error(), c.skipped)) {
				t.Errorf("skipped %v, want %q", skipped, c.skipped)
			}
			wantCalls(t, sim, c.calls)
		})
	}
}

func TestProfilesUnusable(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, testOrganization(), manyProfiles)
	config := r.Config.Files.Config
	for name, want := range map[string]string{
		"raeder":   `profile "raeder" not found in CONFIG; did you mean "reader"?`,
		"x-*":      `profile "x-*" not found in CONFIG`,
		"lost":     `CONFIG:27: profile "lost": source_profile "nowhere" not found`,
		"settings": `CONFIG:22: profile "settings": no credentials: expected keys, role_arn, sso_session, credential_process, login_session or saml_provider; and this machine has no container or instance role`,
	} {
		_, err := Find(r, Selection{Profiles: []string{"reader", name}}, Options{})
		if want = strings.ReplaceAll(want, "CONFIG", config); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	empty := testOrganization()
	empty.Users, empty.Home.Profile = nil, ""
	none, r := newResolver(t, empty, "[profile settings]\nregion = eu-west-1\n")
	_, err := Find(r, Selection{AllProfiles: true}, Options{})
	if want := "no profile of " + r.Config.Files.Config + " can give credentials; 'muster profiles' lists their problems"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if len(sim.Calls())+len(none.Calls()) != 0 {
		t.Error("AWS was asked")
	}
}

// TestCurrentIdentity: without a selection there is one account, the current
// identity's.
func TestCurrentIdentity(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, testOrganization(), "")
	accounts, _, err := list(t, r, Selection{})
	if err != nil || len(accounts) != 1 {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	a := accounts[0]
	if got := a.ID + " " + a.Name + " " + a.Source + " " + entered(t, a); got != "100000000001 admin identity admin>" {
		t.Errorf("%s", got)
	}
	wantCalls(t, sim, map[string]int{"GetCallerIdentity": 1})
	_, r = newResolver(t, testOrganization(), manyProfiles, "AWS_PROFILE=stale")
	if accounts, _, err := list(t, r, Selection{}); len(accounts) != 0 || err == nil || awsapi.Explain(err).Kind != awsapi.Denied {
		t.Errorf("%d accounts, %v", len(accounts), err)
	}
}

// TestAskRole: the user chooses between several permission sets of an account, once it is
// known that no flag has.
func TestAskRole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		roles []string
		want  string
	}{
		{"main", nil, "Billing"},
		{"main", []string{"Admin"}, "Admin"},
		{"loose", nil, "Admin"},
		{"lab", nil, "2 permission sets are assigned in lab (200000000005): [Billing ReadOnly]"},
	} {
		_, r := newResolver(t, portal(), "")
		choice := "Billing"
		if test.name == "lab" {
			choice = "Nope"
		}
		found, err := Find(r, Selection{SSOSession: "corp", Roles: test.roles, Named: test.name}, Options{Choose: user{choice}})
		if err != nil {
			t.Fatal(err)
		}
		for a, err := range found.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if id, err := a.Open(t.Context()); err != nil {
				got = err.Error()
			} else {
				got = id.Role
			}
			if got != test.want {
				t.Errorf("%s, --role %v: %q, want %q", test.name, test.roles, got, test.want)
			}
		}
	}
}
