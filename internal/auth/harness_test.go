package auth

import (
	"bytes"
	"maps"
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
)

// house is a home folder with a simulated organization behind it.
type house struct {
	sim  *awssim.Server
	home string
	env  map[string]string // without AWS_PROFILE

	mu       sync.Mutex
	advanced time.Duration
}

// furnish starts the world and writes its home.
func furnish(t testing.TB, w *awssim.World) *house {
	t.Helper()
	sim, err := awssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	h := &house{sim: sim, home: t.TempDir(), env: map[string]string{}}
	if err := sim.WriteHome(h.home); err != nil {
		t.Fatal(err)
	}
	for _, pair := range sim.Env(h.home) {
		key, value, _ := strings.Cut(pair, "=")
		h.env[key] = value
	}
	return h
}

// resolver returns the resolver of one process, with more variables in its environment.
func (h *house) resolver(t testing.TB, pairs ...string) *Resolver {
	t.Helper()
	env := maps.Clone(h.env)
	environ := slices.Clone(pairs)
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	config, err := awsconfig.Load(awsconfig.Files{Config: env["AWS_CONFIG_FILE"], Credentials: env["AWS_SHARED_CREDENTIALS_FILE"]})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Config: config, Lookup: lookup, Environ: append(environ, "PATH="+os.Getenv("PATH")), Now: h.now,
		Cache: &botocache.Cache{Home: h.home, Lookup: lookup}, NoRoleCache: true,
		Stdin: strings.NewReader(""), Stderr: &bytes.Buffer{},
		API: awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: 64, MaxAttempts: 1}),
	})
}

// advance moves the clocks of the server and of the resolvers.
func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advanced += d
	h.sim.Advance(d)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.advanced)
}

// write puts a file into the home and returns its path.
func (h *house) write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(h.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// calls counts the server's calls by operation.
func (h *house) calls() map[string]int {
	n := map[string]int{}
	for _, call := range h.sim.Calls() {
		n[call.Operation]++
	}
	return n
}

// checkRequests reports requests that AWS would not accept.
func (h *house) checkRequests(t testing.TB) {
	t.Helper()
	for _, problem := range h.sim.Problems() {
		t.Error(problem)
	}
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
func (h *house) configure(t testing.TB, text string) {
	t.Helper()
	path := filepath.Join(h.home, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h.write(t, ".aws/config", string(old)+strings.ReplaceAll(text, "HOME", h.home))
}

const (
	adminKey    = "AKIAADMINADMINADMINA"
	adminSecret = "admins-secret-key"
	adminJSON   = `{"Version": 1, "AccessKeyId": "` + adminKey + `", "SecretAccessKey": "` + adminSecret + `"}`
)

// village returns a world of four accounts with users, roles and SSO sessions of every kind.
func village() *awssim.World {
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
