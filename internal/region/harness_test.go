package region

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

// newResolver starts a simulated organization and returns a resolver for its user's home.
func newResolver(t *testing.T, w *awssim.World) (*simtest.Home, *auth.Resolver) {
	t.Helper()
	home := simtest.Start(t, w)
	config, err := awsconfig.Load(awsconfig.Files{Config: home.Env["AWS_CONFIG_FILE"], Credentials: home.Env["AWS_SHARED_CREDENTIALS_FILE"]})
	if err != nil {
		t.Fatal(err)
	}
	return home, auth.New(auth.Options{
		Config: config, Lookup: home.Lookup(), Now: time.Now, Cache: &botocache.Cache{Home: home.Dir, Lookup: home.Lookup()},
		API: awsapi.New(awsapi.Settings{Lookup: home.Lookup(), Concurrency: 4, MaxAttempts: 1}),
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
