package sweep_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/sweep"
)

// directory lists n accounts whose credentials need no call: they are roles in the AWS
// CLI's cache. Account i has the id id(i) and the name name(i).
func directory(t testing.TB, n int) func() iter.Seq2[*account.Account, error] {
	t.Helper()
	home := t.TempDir()
	cache := filepath.Join(home, ".aws", "cli", "cache")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range n {
		arn := "arn:aws:iam::" + id(i) + ":role/R"
		fmt.Fprintf(&b, "[profile %s]\nrole_arn = %s\ncredential_source = Environment\n", name(i), arn)
		entry := fmt.Sprintf(`{"Credentials": {"AccessKeyId": "ASIA%d", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}}`, i)
		file := fmt.Sprintf("%x.json", sha1.Sum([]byte(`{"RoleArn": "`+arn+`"}`)))
		if err := os.WriteFile(filepath.Join(cache, file), []byte(entry), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(home, ".aws", "config")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := awsconfig.Load(awsconfig.Files{Config: path})
	if err != nil {
		t.Fatal(err)
	}
	environ := func(name string) (string, bool) {
		return "k", name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY"
	}
	return func() iter.Seq2[*account.Account, error] {
		r := auth.New(auth.Options{
			Config: config, Lookup: environ, Now: time.Now, API: awsapi.New(awsapi.Settings{Lookup: environ}),
			Cache: &botocache.Cache{Home: home, Lookup: environ},
		})
		found, err := account.Find(r, account.Selection{AllProfiles: true}, account.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return found.Accounts(context.Background())
	}
}

func id(i int) string   { return fmt.Sprintf("%012d", i+1) }
func name(i int) string { return fmt.Sprintf("account-%03d", i) }

// failure is an error of a given kind.
type failure struct {
	kind awsapi.Kind
	msg  string
}

func (f *failure) Error() string       { return f.msg }
func (f *failure) Reason() awsapi.Kind { return f.kind }

// in gives every account these regions.
func in(regions ...string) func(context.Context, *account.Account, *auth.Identity) (sweep.Regions, error) {
	return func(context.Context, *account.Account, *auth.Identity) (sweep.Regions, error) {
		return sweep.Regions{Visit: regions}, nil
	}
}

// at names a place.
func at(account, region string) string { return strings.TrimSpace(account + " " + region) }

// statuses returns the ledger's entries by place. It fails if a place has two.
func statuses(t testing.TB, l *sweep.Ledger) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, e := range l.Entries() {
		place := at(e.AccountId, e.Region)
		if _, ok := m[place]; ok {
			t.Errorf("%s has two entries", place)
		}
		m[place] = strings.TrimSpace(fmt.Sprint(e.Status, " ", e.Records, " ", e.Message))
	}
	return m
}

func wantStatuses(t testing.TB, l *sweep.Ledger, want map[string]string) {
	t.Helper()
	got := statuses(t, l)
	if maps.Equal(got, want) {
		return
	}
	for _, place := range slices.Sorted(maps.Keys(want)) {
		if got[place] != want[place] {
			t.Errorf("%s is %q, want %q", place, got[place], want[place])
		}
	}
	for place := range got {
		if _, ok := want[place]; !ok {
			t.Errorf("%s is %q, want no entry", place, got[place])
		}
	}
}

// collect gathers records.
func collect(into *[]string) func([]string) error {
	return func(page []string) error { *into = append(*into, page...); return nil }
}

// always ignores the context and returns the list.
func always(list iter.Seq2[*account.Account, error]) func(context.Context) iter.Seq2[*account.Account, error] {
	return func(context.Context) iter.Seq2[*account.Account, error] { return list }
}

// then yields the accounts of a list, more accounts, and an error if end is not nil.
func then(list iter.Seq2[*account.Account, error], more []*account.Account, end error) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range list {
			if !yield(a, err) {
				return
			}
		}
		for _, a := range more {
			if !yield(a, nil) {
				return
			}
		}
		if end != nil {
			yield(nil, end)
		}
	}
}

var errBoom = errors.New("boom")
