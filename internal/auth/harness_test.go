package auth

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

// testHome makes resolvers for the home of a simulated organization.
type testHome struct{ *simtest.Home }

func newHome(t testing.TB, w *awssim.World) *testHome {
	t.Helper()
	return &testHome{simtest.Start(t, w)}
}

// emptyHome is a home without an organization.
func emptyHome(t testing.TB) *testHome {
	return &testHome{&simtest.Home{Dir: t.TempDir(), Env: map[string]string{}}}
}

// resolver returns the resolver of one process, with more variables in its environment.
func (h *testHome) resolver(t testing.TB, pairs ...string) *Resolver {
	t.Helper()
	lookup := h.Lookup(pairs...)
	var files awsconfig.Files
	files.Config, _ = lookup("AWS_CONFIG_FILE")
	files.Credentials, _ = lookup("AWS_SHARED_CREDENTIALS_FILE")
	config, err := awsconfig.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Config: config, Lookup: lookup, Environ: append(slices.Clone(pairs), "PATH="+os.Getenv("PATH")), Now: h.Now,
		Cache: &botocache.Cache{Home: h.Dir, Lookup: lookup}, NoRoleCache: true,
		Stdin: strings.NewReader(""), Stderr: &bytes.Buffer{},
		API: awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: 64, MaxAttempts: 1}),
	})
}

// caller returns the ARN of an identity in STS.
func caller(t testing.TB, r *Resolver, id *Identity) string {
	t.Helper()
	out, err := r.API.STS(id.Target).GetCallerIdentity(t.Context(), nil, func(o *sts.Options) { o.Credentials = id.Credentials })
	if err != nil {
		t.Fatalf("%s: %v", id.Profile, err)
	}
	return *out.Arn
}

// profile returns the identity of a profile.
func profile(t testing.TB, r *Resolver, name string) *Identity {
	t.Helper()
	p, err := r.Config.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.Profile(p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// configure adds text to the config; HOME stands for the home folder.
func (h *testHome) configure(t testing.TB, text string) {
	t.Helper()
	path := filepath.Join(h.Dir, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(t, ".aws/config", string(old)+strings.ReplaceAll(text, "HOME", h.Dir))
}

const (
	adminKey    = "AKIAADMINADMINADMINA"
	adminSecret = "admins-secret-key"
	adminJSON   = `{"Version": 1, "AccessKeyId": "` + adminKey + `", "SecretAccessKey": "` + adminSecret + `"}`
)

// testWorld returns a world of four accounts with users, roles and SSO sessions of every kind.
func testWorld() *awssim.World {
	return &awssim.World{
		Accounts: []awssim.Account{
			{ID: "100000000001", Name: "root"}, {ID: "200000000002", Name: "dev"},
			{ID: "300000000003", Name: "prod"}, {ID: "010000000004", Name: "audit"},
		},
		Users: []awssim.User{
			{Account: "root", Name: "admin", AccessKeyID: adminKey, SecretAccessKey: adminSecret},
			{Account: "root", Name: "mia", MFASerial: "arn:aws:iam::100000000001:mfa/mia", MFACodes: []string{"123456", "654321"}},
		},
		Roles: []awssim.Role{
			{Name: "Hop", Trust: []string{"root"}},
			{Name: "Ops", Path: "/team/ops/", Trust: []string{"*"}, MaxSession: awssim.Duration(2 * time.Hour)},
			{Name: "Strict", Trust: []string{"root"}, ExternalID: "shared"},
			{Name: "Guarded", Trust: []string{"root"}, RequireMFA: true},
		},
		SSO: []awssim.SSOSession{
			{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1",
				Assignments: map[string][]string{"audit": {"ReadOnly"}, "root": {"ReadOnly"}}},
			{Name: "former", StartURL: "https://old.awsapps.com/start/#/", Region: "us-east-2",
				Assignments: map[string][]string{"dev": {"Billing"}}, Tokens: []awssim.SSOToken{{Legacy: true}}},
		},
	}
}

// atOnce runs n goroutines of f and waits for them.
func atOnce(n int, f func()) {
	var wait sync.WaitGroup
	for range n {
		wait.Go(f)
	}
	wait.Wait()
}
