package region

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
)

// newResolver starts a simulated organization and returns a resolver for its user's home.
func newResolver(t *testing.T, w *awssim.World) (*awssim.Server, *auth.Resolver) {
	t.Helper()
	sim, err := awssim.Start(w)
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
	return sim, auth.New(auth.Options{
		Config: config, Lookup: lookup, Now: time.Now, Cache: &botocache.Cache{Home: home, Lookup: lookup},
		API: awsapi.New(awsapi.Settings{Lookup: lookup, Concurrency: 4, MaxAttempts: 1}),
	})
}

// current returns the identity of the home's user.
func current(t *testing.T, r *auth.Resolver) *auth.Identity {
	t.Helper()
	id, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// selection compiles a selection.
func selection(t *testing.T, api *awsapi.API, include, exclude []string) *Selection {
	t.Helper()
	s, _, err := Select(api, include, exclude)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve returns an API and an identity whose calls all reach the handler.
func serve(t *testing.T, handler http.HandlerFunc) (*awsapi.API, *auth.Identity) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil { // AWS reads the whole body before it answers
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/xml")
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return awsapi.New(awsapi.Settings{EndpointURL: server.URL, MaxAttempts: 1}), &auth.Identity{
		Target:      awsapi.Target{Region: "us-east-1"},
		Credentials: &auth.Credentials{CredentialsCache: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIA", "s", ""))},
	}
}

// checkProblems fails the test if the simulation saw an invalid call.
func checkProblems(t *testing.T, sim *awssim.Server) {
	t.Helper()
	for _, problem := range sim.Problems() {
		t.Error(problem)
	}
}
