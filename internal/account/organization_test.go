package account

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awssim"
)

var ops = Selection{Organization: true, Roles: []string{"Ops"}}

// TestOrganization: the accounts of an organization with State or Status, over empty
// pages.
func TestOrganization(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"both", "state", "status"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			w := testOrganization()
			w.Organization.StateField = field
			sim, r := newResolver(t, w, "")
			accounts, _, err := list(t, r, ops)
			if err != nil {
				t.Fatal(err)
			}
			closed := "CLOSED"
			if field == "status" {
				closed = "SUSPENDED" // Status has no word for it
			}
			var got []string
			for _, a := range accounts {
				got = append(got, fmt.Sprint(a.ID, " ", a.Name, " ", a.Email, " ", a.Status, " ", a.Active(), " ", a.Source))
			}
			want := []string{
				"100000000001 main aws+100000000001@example.com ACTIVE true organization",
				"010000000002 shop aws+010000000002@example.com ACTIVE true organization",
				"010000000003 shop staging aws+010000000003@example.com ACTIVE true organization",
				"200000000004 old aws+200000000004@example.com SUSPENDED false organization",
				"200000000005 lab aws+200000000005@example.com ACTIVE true organization",
				"200000000006 loose aws+200000000006@example.com ACTIVE true organization",
				"200000000007 closed aws+200000000007@example.com " + closed + " false organization",
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if got, want := accounts[1].Paths, "o-country000/r-ctry/"; len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.HasSuffix(got[0], "/ou-ctry-11111111/010000000002/") {
				t.Errorf("paths %q", got)
			}
			wantCalls(t, sim, map[string]int{"ListAccounts": 8}) // four pages, each behind an empty one
			sim.CheckRequests(t)
		})
	}
}

// TestOU: OUs by id, name and path, with the OUs below, for accounts with and without
// paths.
func TestOU(t *testing.T) {
	t.Parallel()
	for _, noPaths := range []bool{false, true} {
		for _, c := range []struct {
			ous  []string
			want []string
		}{
			{[]string{"Workloads"}, []string{"old", "shop", "shop staging"}},
			{[]string{"Test"}, []string{"shop staging"}},
			{[]string{"Workloads/Prod"}, []string{"shop"}},
			{[]string{"/Labs/Prod/"}, []string{"lab"}},
			{[]string{"ou-ctry-11111111"}, []string{"shop"}},
			{[]string{"Labs", "Test"}, []string{"lab", "shop staging"}},
			{[]string{"r-ctry"}, []string{"closed", "lab", "loose", "main", "old", "shop", "shop staging"}},
			{[]string{"Root"}, []string{"closed", "lab", "loose", "main", "old", "shop", "shop staging"}},
			{[]string{"ou-ctry-99999999"}, []string{}},
		} {
			if noPaths && c.ous[0] == "ou-ctry-99999999" {
				continue // AWS's own error then: TestListFails
			}
			t.Run(fmt.Sprint(c.ous, " without paths ", noPaths), func(t *testing.T) {
				t.Parallel()
				w := testOrganization()
				w.Organization.NoPaths = noPaths
				sim, r := newResolver(t, w, "")
				s := ops
				s.OUs = c.ous
				if got := namesOf(t, r, s); !slices.Equal(got, c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
				sim.CheckRequests(t)
				// Ids with paths need no walk over the tree.
				if isID := strings.Contains(c.ous[0], "ctry"); isID && !noPaths {
					wantCalls(t, sim, map[string]int{"ListAccounts": 8})
				}
			})
		}
	}
}

func TestUnknownOU(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	sim, r := newResolver(t, w, "")
	for ou, want := range map[string]string{
		"Sales": `--ou "Sales": no such OU; there are: Root, Workloads, Labs, Workloads/Prod, Workloads/Test, Labs/Prod`,
		"Prod":  `--ou "Prod": 2 OUs have that name: ou-ctry-11111111, ou-ctry-`,
	} {
		s := ops
		s.OUs = []string{ou}
		accounts, _, err := list(t, r, s)
		if len(accounts) != 0 || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%d accounts, %v, want %s", len(accounts), err, want)
		}
		if ou == "Prod" && !strings.HasSuffix(err.Error(), "; name one by its id or its path") {
			t.Errorf("%v says not what to do", err)
		}
	}
	if sim.CountCalls()["ListAccounts"] != 0 {
		t.Error("the accounts were listed all the same")
	}
}

func TestAccountTag(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, testOrganization(), "")
	for _, c := range []struct {
		tags, ous []string
		want      []string
	}{
		{[]string{"env=prod"}, nil, []string{"old", "shop"}},
		{[]string{"env"}, nil, []string{"lab", "old", "shop", "shop staging"}},
		{[]string{"env="}, nil, []string{"lab"}},
		{[]string{"env=prod", "team=red"}, nil, []string{"shop"}},
		{[]string{"team=red"}, []string{"Test"}, []string{"shop staging"}},
		{[]string{"Env=prod"}, nil, []string{}},
	} {
		s := ops
		s.Tags, s.OUs = c.tags, c.ous
		if got := namesOf(t, r, s); !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.tags, c.ous, got, c.want)
		}
	}
	sim.CheckRequests(t)
}

// TestRoles: each account gets the first role that works; the base's own account falls
// back to the base, with a note.
func TestRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		roles []string
		want  map[string]string
	}{
		{[]string{"Ops"}, map[string]string{
			"main": "admin>", "shop": "admin>Ops", "shop staging": "admin>Ops", "loose": "admin>Ops",
			"lab": "no-role: User: arn:aws:iam::100000000001:user/admin is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::200000000005:role/Ops",
		}},
		{[]string{"Ops", "Fallback"}, map[string]string{
			"main": "admin>Fallback", "shop": "admin>Ops", "shop staging": "admin>Ops", "loose": "admin>Ops", "lab": "admin>Fallback",
		}},
		{[]string{"Fallback", "arn:aws:iam::{account}:role/Ops"}, map[string]string{
			"main": "admin>Fallback", "shop": "admin>Fallback", "shop staging": "admin>Ops", "loose": "admin>Ops", "lab": "admin>Fallback",
		}},
	} {
		t.Run(strings.Join(c.roles, ","), func(t *testing.T) {
			t.Parallel()
			sim, r := newResolver(t, testOrganization(), "")
			accounts, _, err := list(t, r, Selection{Organization: true, Roles: c.roles})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, a := range accounts {
				if a.Active() {
					got[a.Name] = entered(t, a)
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %v\nwant %v", got, c.want)
			}
			note := ""
			if c.want["main"] == "admin>" {
				note = "Ops cannot be assumed in the base's own account; its own credentials are used"
			}
			for name, a := range byName(accounts) {
				want := ""
				if name == "main" {
					want = note
				}
				if a.Note != want {
					t.Errorf("%s: note %q, want %q", name, a.Note, want)
				}
			}
			sim.CheckRequests(t)
		})
	}
}

// TestRoleOptions: the options are sent with each role of an organization.
func TestRoleOptions(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, testOrganization(), "")
	s := Selection{Organization: true, Roles: []string{"team/Keyed"}, ExternalID: "shared", RoleSessionName: "audit-2026", DurationSeconds: 900, Accounts: []string{"loose"}}
	accounts, _, err := list(t, r, s)
	if err != nil || len(accounts) != 1 {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	id, err := accounts[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	creds, err := id.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(creds.Expires); left > 15*time.Minute || left < 13*time.Minute {
		t.Errorf("the role lasts %v, want 15 minutes", left)
	}
	id.AccountID = ""
	if account, err := r.Account(t.Context(), id); account != "200000000006" || id.Role != "Keyed" || err != nil {
		t.Errorf("%s as %s, %v", account, id.Role, err)
	}
	s.ExternalID = ""
	accounts, _, _ = list(t, r, s)
	if _, err := accounts[0].Open(t.Context()); awsapi.Explain(err).Kind != awsapi.NoRole {
		t.Errorf("without the external id: %v", err)
	}
	sim.CheckRequests(t)
}

// TestNoFallbackWithoutAnAnswer: an unreachable STS says nothing about the first role,
// so that the second is not tried.
func TestNoFallbackWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		awssim.FaultClose:    "unreachable",
		awssim.FaultThrottle: "throttled",
		awssim.FaultHTML:     "broken",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := testOrganization()
			w.Faults = []awssim.Fault{{Service: "sts", Operation: "AssumeRole", Kind: kind}}
			sim, r := newResolver(t, w, "")
			accounts, _, err := list(t, r, Selection{Organization: true, Roles: []string{"Ops", "Fallback"}, Accounts: []string{"shop", "main"}})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range accounts {
				if got := entered(t, a); !strings.HasPrefix(got, want+": ") {
					t.Errorf("%s: %s, want %s", a.Name, got, want)
				}
			}
			if got := sim.CountCalls()["GetCallerIdentity"]; got != 0 {
				t.Errorf("the base's own account was asked for %d times", got)
			}
			if got := sim.CountCalls()["AssumeRole"]; got != 2 && kind != awssim.FaultClose { // net/http repeats what a closed connection swallowed
				t.Errorf("%d roles tried, want one an account", got)
			}
		})
	}
}

// TestBase: the profile that lists the organization.
func TestBase(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, testOrganization(), "[profile boss]\nrole_arn = arn:aws:iam::100000000001:role/Fallback\nsource_profile = admin\n")
	s := ops
	s.Profiles = []string{"bos*"}
	accounts, _, err := list(t, r, s)
	if err != nil || len(accounts) != 7 {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	if got := entered(t, byName(accounts)["main"]); got != "boss>Fallback" {
		t.Errorf("main is entered by %s", got)
	}
	s.Profiles = []string{"*"}
	if got, want := usageError(t, sim, r, s), `--organization takes one --profile: "*" matches 3`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.Profiles = []string{"bosss"}
	if _, err := Find(r, s, Options{}); err == nil || !strings.HasSuffix(err.Error(), `; did you mean "boss"?`) {
		t.Errorf("%v", err)
	}
}

// TestListFails: a failed list keeps the accounts so far; the error names the
// operation, and a hint if there is one.
func TestListFails(t *testing.T) {
	t.Parallel()
	const (
		notThere = "only the management account and delegated administrators may list accounts; name such a profile with --profile"
		notInUse = "the base account is in no organization; name a profile of the management account with --profile"
	)
	for _, c := range []struct {
		name   string
		change func(*awssim.World)
		sel    Selection
		listed int
		kind   awsapi.Kind
		code   string
		hint   string
	}{
		{"third page", func(w *awssim.World) {
			w.Organization.EmptyPages = false
			w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultThrottle, After: 2}}
		}, ops, 4, awsapi.Throttled, "TooManyRequestsException", ""},
		{"empty answer", func(w *awssim.World) {
			w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultEmpty}}
		}, ops, 0, awsapi.Broken, "InvalidAnswer", ""},
		{"another document", func(w *awssim.World) {
			w.Faults = []awssim.Fault{{Operation: "ListAccounts", Kind: awssim.FaultWrongRoot}}
		}, ops, 0, awsapi.Broken, "InvalidAnswer", ""},
		{"a member account", func(w *awssim.World) { w.Home.Profile = "clerk" }, ops, 0, awsapi.Denied, "AccessDeniedException", notThere},
		{"no organization", func(w *awssim.World) {
			w.Organization = nil
			for i := range w.Accounts {
				w.Accounts[i].OU = ""
			}
		}, ops, 0, awsapi.Denied, "AWSOrganizationsNotInUseException", notInUse},
		{"no such OU", func(w *awssim.World) { w.Organization.NoPaths = true },
			Selection{Organization: true, Roles: []string{"Ops"}, OUs: []string{"ou-ctry-99999999"}}, 0, awsapi.Broken, "ParentNotFoundException", ""},
		{"tags", func(w *awssim.World) {
			w.Faults = []awssim.Fault{{Operation: "ListTagsForResource", Kind: awssim.FaultThrottle}}
		}, Selection{Organization: true, Roles: []string{"Ops"}, Tags: []string{"env"}}, 0, awsapi.Throttled, "TooManyRequestsException", ""},
		{"tree", func(w *awssim.World) {
			w.Deny = []awssim.Deny{{Kind: "iam", Actions: []string{"organizations:ListRoots"}}}
		}, Selection{Organization: true, Roles: []string{"Ops"}, OUs: []string{"Labs"}}, 0, awsapi.Denied, "AccessDeniedException", notThere},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := testOrganization()
			c.change(w)
			_, r := newResolver(t, w, "")
			accounts, _, err := list(t, r, c.sel)
			if len(accounts) != c.listed || err == nil {
				t.Fatalf("%d accounts, %v; want %d and the list's error", len(accounts), err, c.listed)
			}
			if got := awsapi.Explain(err); got.Kind != c.kind || got.Code != c.code || got.Operation == "" {
				t.Errorf("%+v, want %s, %s", got, c.kind, c.code)
			}
			if got := awsapi.Hint(err); got != c.hint {
				t.Errorf("hint %q, want %q", got, c.hint)
			}
		})
	}
}

// TestDelegatedAdministrator: a delegated administrator can list the organization.
func TestDelegatedAdministrator(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Home.Profile, w.Organization.Delegated = "clerk", []string{"shop"}
	_, r := newResolver(t, w, "")
	if got := namesOf(t, r, ops); len(got) != 7 {
		t.Errorf("%q", got)
	}
}

// TestListStopped: the list makes no more calls after its reader has stopped.
func TestListStopped(t *testing.T) {
	t.Parallel()
	w := testOrganization()
	w.Organization.EmptyPages = false
	sim, r := newResolver(t, w, "")
	found, err := Find(r, ops, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range found.Accounts(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	wantCalls(t, sim, map[string]int{"ListAccounts": 1})
}
