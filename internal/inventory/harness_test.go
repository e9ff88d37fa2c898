package inventory

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
	"muster/internal/region"
	"muster/internal/sweep"
)

// newResolver starts a simulated organization and returns a resolver for its user's home.
func newResolver(t testing.TB, w *awssim.World, width int, opts ...awssim.Option) (*simtest.Home, *auth.Resolver) {
	t.Helper()
	home := simtest.Start(t, w, opts...)
	config, err := awsconfig.Load(awsconfig.Files{Config: home.Env["AWS_CONFIG_FILE"], Credentials: home.Env["AWS_SHARED_CREDENTIALS_FILE"]})
	if err != nil {
		t.Fatal(err)
	}
	return home, auth.New(auth.Options{
		Config: config, Lookup: home.Lookup(), Now: time.Now, Cache: &botocache.Cache{Home: home.Dir, Lookup: home.Lookup()},
		API: awsapi.New(awsapi.Settings{Lookup: home.Lookup(), Concurrency: width, MaxAttempts: 1}),
	})
}

// sweepAll sweeps all places of a selection, and sorts the records.
func sweepAll(t testing.TB, r *auth.Resolver, s account.Selection, q Query, width int) ([]Instance, *sweep.Ledger) {
	t.Helper()
	found, err := account.Find(r, s, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	regions := allRegions(t, r.API)
	collect, err := NewInstances(r.API, q)
	if err != nil {
		t.Fatal(err)
	}
	var got []Instance
	ctx := context.Background()
	ledger, err := sweep.Plan[Instance]{
		Accounts: found.Accounts, Regions: regions.Of, Visit: collect.Visit, Width: width,
	}.Run(ctx, func(page []Instance) error { got = append(got, page...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b Instance) int {
		return strings.Compare(a.AccountId+a.Region+a.InstanceId, b.AccountId+b.Region+b.InstanceId)
	})
	return got, ledger
}

// allRegions selects every region that an account has enabled.
func allRegions(t testing.TB, api *awsapi.API) *region.Selection {
	t.Helper()
	regions, _, err := region.Select(api, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return regions
}

// current returns the identity of the home's user.
func current(t testing.TB, r *auth.Resolver) *auth.Identity {
	t.Helper()
	id, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// served returns an API and a place whose calls reach the handler, one at a time.
func served(t testing.TB, handler http.HandlerFunc) (*awsapi.API, sweep.Place) {
	t.Helper()
	return servedAtOnce(t, 1, handler)
}

// servedAtOnce does the same with several calls at a time.
func servedAtOnce(t testing.TB, width int, handler http.HandlerFunc) (*awsapi.API, sweep.Place) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil { // reads the whole body, as AWS does before it answers
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/xml")
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return awsapi.New(awsapi.Settings{EndpointURL: server.URL, Concurrency: width, MaxAttempts: 1}), sweep.Place{
		Account: &account.Account{ID: "012345678901", Name: "shop"}, Region: "eu-west-1",
		Identity: &auth.Identity{
			Profile: "p", Role: "r", Target: awsapi.Target{Region: "us-east-1"},
			Credentials: &auth.Credentials{CredentialsCache: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIA", "s", ""))},
		},
	}
}

// visit returns the instances of one place.
func visit(t testing.TB, api *awsapi.API, p sweep.Place, q Query) ([]Instance, error) {
	t.Helper()
	c, err := NewInstances(api, q)
	if err != nil {
		t.Fatal(err)
	}
	var got []Instance
	err = c.Visit(t.Context(), p, func(page []Instance) { got = append(got, page...) })
	return got, err
}

// page writes an answer of DescribeInstances with one reservation, and a token if it is not "".
func page(w io.Writer, token string, instances ...string) {
	io.WriteString(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet><item><reservationId>r-1</reservationId><instancesSet>`)
	for _, in := range instances {
		io.WriteString(w, "<item>"+in+"</item>")
	}
	io.WriteString(w, `</instancesSet></item></reservationSet>`)
	if token != "" {
		io.WriteString(w, "<nextToken>"+token+"</nextToken>")
	}
	io.WriteString(w, `</DescribeInstancesResponse>`)
}

// ids returns the instances' ids, sorted.
func ids(instances []Instance) []string {
	out := []string{}
	for _, in := range instances {
		out = append(out, in.InstanceId)
	}
	slices.Sort(out)
	return out
}

// ownAccount selects only the account of the home's user.
var ownAccount = account.Selection{}
