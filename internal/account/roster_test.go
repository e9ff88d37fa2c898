package account

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"muster/internal/auth"
	"muster/internal/awssim"
)

// twoWays returns a world with profiles that answer at different times: slow gives the
// admin's keys once open is called, fast gives them at once, dev leads elsewhere, and
// shut names a role in the admin's account that nobody may assume.
func twoWays(t *testing.T) (r *auth.Resolver, open func()) {
	t.Helper()
	gate := filepath.Join(t.TempDir(), "gate")
	keys := "aws_access_key_id = AKIAADMINADMINADMIN1\naws_secret_access_key = adminsecret\n"
	process := fmt.Sprintf(`while [ -d '%s' ] && [ ! -e '%s' ]; do sleep 0.02; done; echo '{"Version": 1, "AccessKeyId": "AKIAADMINADMINADMIN1", "SecretAccessKey": "adminsecret"}'`, filepath.Dir(gate), gate)
	_, r = newResolver(t, &awssim.World{
		Accounts: []awssim.Account{{ID: "100000000001", Name: "root"}, {ID: "200000000002", Name: "dev"}},
		Users:    []awssim.User{{Account: "root", Name: "admin", AccessKeyID: "AKIAADMINADMINADMIN1", SecretAccessKey: "adminsecret"}},
		Roles:    []awssim.Role{{Name: "Ops", Trust: []string{"*"}}},
	}, "[profile slow]\ncredential_process = "+process+"\n[profile fast]\n"+keys+
		"[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = fast\n"+
		"[profile shut]\nrole_arn = arn:aws:iam::100000000001:role/Nobody\nsource_profile = fast\n")
	return r, func() {
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func rosterOf(t *testing.T, r *auth.Resolver, orderDelay time.Duration, profiles ...string) *roster {
	t.Helper()
	var ids []*auth.Identity
	for _, name := range profiles {
		p, err := r.Config.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		id, err := r.Profile(p)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return newRoster(r, ids, orderDelay)
}

// TestProfilesInOrder: within orderDelay, the order of the answers does not matter.
func TestProfilesInOrder(t *testing.T) {
	t.Parallel()
	r, open := twoWays(t)
	var listed []string
	time.AfterFunc(50*time.Millisecond, open)
	for a, err := range rosterOf(t, r, time.Hour, "dev", "slow", "shut", "fast").accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, a.Name+" "+a.ID+" "+entered(t, a))
	}
	if want := []string{"dev 200000000002 dev>Ops", "slow 100000000001 slow>"}; !slices.Equal(listed, want) {
		t.Errorf("got %q, want %q", listed, want)
	}
}

// TestSlowProfile: a profile that answers after orderDelay delays no account, and is
// appended to an account that is listed already.
func TestSlowProfile(t *testing.T) {
	t.Parallel()
	r, open := twoWays(t)
	var accounts []*Account
	for a := range rosterOf(t, r, 0, "slow", "fast", "dev").accounts(t.Context()) {
		if accounts = append(accounts, a); len(accounts) == 2 {
			open()
		}
	}
	found := byName(accounts)
	if len(accounts) != 2 || found["fast"] == nil || found["dev"] == nil {
		t.Fatalf("listed %v", accounts)
	}
	ids, err := found["fast"].Identities(t.Context())
	if err != nil || len(ids) != 2 || ids[0].Profile != "fast" || ids[1].Profile != "slow" {
		t.Errorf("identities %v, %v", ids, err)
	}
}

// TestOpenWaits: if no known profile gets credentials, Open calls OnWait and waits for
// the others.
func TestOpenWaits(t *testing.T) {
	t.Parallel()
	r, open := twoWays(t)
	entries := make(chan string, 1)
	listed := 0
	for a := range rosterOf(t, r, 0, "slow", "shut").accounts(t.Context()) {
		listed++
		a.OnWait = open
		go func() { entries <- entered(t, a) }()
	}
	if got := <-entries; got != "slow>" || listed != 1 {
		t.Errorf("entered as %s, %d accounts", got, listed)
	}
}

// TestProfileHangs: the known accounts are listed; when the list is cancelled, a
// profile that hangs is an account of its own.
func TestProfileHangs(t *testing.T) {
	t.Parallel()
	r, _ := twoWays(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var listed []string
	for a := range rosterOf(t, r, 0, "slow", "fast", "dev").accounts(ctx) {
		if listed = append(listed, a.Name+" "+a.ID); len(listed) == 2 {
			cancel()
		}
	}
	slices.Sort(listed[:2])
	if want := []string{"dev 200000000002", "fast 100000000001", "slow "}; !slices.Equal(listed, want) {
		t.Errorf("got %q, want %q", listed, want)
	}
}
