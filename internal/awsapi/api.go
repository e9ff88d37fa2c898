// Package awsapi makes the calls of AWS: reads of every service by AWS's model (Operation),
// and sign-in through the SDK's clients. All share one HTTP client, endpoints as in the AWS
// CLI, retries, rate limits and a log of calls.
//
// The package checks every answer: one that is not AWS's is an error, never an empty list.
// Explain describes an error by its kind, code and message, without secrets.
package awsapi

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/secret"
	"muster/internal/timing"
)

// Settings are the settings of calls from the command line and the environment.
type Settings struct {
	Lookup         func(string) (string, bool) // reads the environment: proxies and AWS_ENDPOINT_URL*
	EndpointURL    string                      // for every service; overrides all others
	NoVerifySSL    bool
	CABundle       string        // path of a file of PEM certificates; "": the system's
	ConnectTimeout time.Duration // 0: no limit
	ReadTimeout    time.Duration // how long a server may be silent; 0: no limit
	MaxAttempts    int           // 0: depends on the failure
	Concurrency    int           // calls under way at one time; the limit of open files may lower it
	UserAgent      string        // NAME/VERSION
	Log            *slog.Logger  // gets one record for each call; may be nil
	Warn           func(string)  // shows a warning to the user; may be nil
	Timings        *timing.Run   // measures the calls; may be nil

	// EarlierRates returns the MeasuredRates of earlier runs with the same identity; may be
	// nil. It is called when the first call needs one.
	EarlierRates func() map[string]float64
}

// Target is the region and the endpoints for the calls of one profile.
type Target struct {
	Region      string
	Assumed     bool              // nothing names the region or its partition
	EndpointURL string            // the profile's endpoint_url
	Services    map[string]string // URLs of the profile's services section, by service id (ec2, sso_oidc)
	IgnoreURLs  bool              // ignore_configured_endpoint_urls
	FIPS        bool
	DualStack   bool
	Unsigned    bool // calls are not signed and need no credentials
}

// API makes clients, and shares those with the same endpoint. It is safe for concurrent
// use.
type API struct {
	settings Settings
	http     *httpClient
	retryer  aws.Retryer
	limiters *rateLimiters
	stack    []func(*middleware.Stack) error
	secrets  *secret.Set

	mu         sync.Mutex
	clients    map[clientKey]any
	operations map[operationKey]*Operation
	named      sync.Map // of *Operation, by the names of service and operation

	discovery discovery
	buckets   sync.Map // regions of S3's buckets, by name

	stsRegions map[string]*stsRegion // by region
}

type clientKey struct {
	service, region, endpoint string
	fips, dualStack           bool
}

// New returns an API. It opens no connection and reads no certificate yet.
func New(s Settings) *API {
	a := &API{settings: s, clients: map[clientKey]any{}, operations: map[operationKey]*Operation{}, secrets: new(secret.Set)}
	a.http = newHTTPClient(s)
	a.limiters = &rateLimiters{earlier: s.EarlierRates}
	a.retryer = newRetryer(s.MaxAttempts)
	a.stack = []func(*middleware.Stack) error{logCalls(s.Log, s.Timings), collectSecrets(a.secrets), limitRate(a.limiters), checkAnswers, userAgent(s.UserAgent)}
	return a
}

// endpoint returns the configured URL of a service, or nil if the SDK's rules apply. The
// order is the one that AWS documents: command line, service in the environment,
// environment, service in the profile, profile.
func (a *API) endpoint(t Target, service string) *string {
	if a.settings.EndpointURL != "" {
		return &a.settings.EndpointURL
	}
	env := func(name string) string {
		if a.settings.Lookup == nil {
			return ""
		}
		v, _ := a.settings.Lookup(name)
		return v
	}
	if ignore := env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(ignore, "true") || t.IgnoreURLs && ignore == "" {
		return nil
	}
	for _, url := range []string{
		env("AWS_ENDPOINT_URL_" + strings.ToUpper(service)),
		env("AWS_ENDPOINT_URL"),
		t.Services[service],
		t.EndpointURL,
	} {
		if url != "" {
			return &url
		}
	}
	return nil
}

// CustomEC2Endpoint reports whether calls to EC2 go to a configured URL. A simulator there
// may not know every operation and filter of AWS.
func (a *API) CustomEC2Endpoint(t Target) bool { return a.endpoint(t, "ec2") != nil }

// client returns the client of a service for a target. build is its NewFromConfig.
func client[C, O any](a *API, service string, t Target, region string, build func(aws.Config, ...func(*O)) *C) *C {
	url := a.endpoint(t, service)
	if url != nil { // the SDK rejects a URL together with FIPS or dual-stack; in the AWS CLI the URL wins
		t.FIPS, t.DualStack = false, false
	}
	key := clientKey{service, region, aws.ToString(url), t.FIPS, t.DualStack}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.clients[key]; ok {
		return c.(*C)
	}
	c := build(aws.Config{
		Region:        region,
		BaseEndpoint:  url,
		HTTPClient:    a.http,
		Retryer:       func() aws.Retryer { return a.retryer },
		APIOptions:    a.stack,
		ConfigSources: []any{variants{t.FIPS, t.DualStack}},
	})
	a.clients[key] = c
	return c
}

// variants selects FIPS and dual-stack endpoints for the SDK.
type variants struct{ fips, dualStack bool }

func (v variants) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return aws.FIPSEndpointStateEnabled, v.fips, nil
}

func (v variants) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return aws.DualStackEndpointStateEnabled, v.dualStack, nil
}

// SSO returns a client for the portal of IAM Identity Center in a region.
func (a *API) SSO(t Target, region string) *sso.Client {
	return client(a, "sso", t, region, sso.NewFromConfig)
}

// OIDC returns a client for the token service of IAM Identity Center in a region.
func (a *API) OIDC(t Target, region string) *ssooidc.Client {
	return client(a, "sso_oidc", t, region, ssooidc.NewFromConfig)
}

// OIDCEndpoint returns the URL for the calls of OIDC. Its sign-in page is there, too.
func (a *API) OIDCEndpoint(t Target, region string) (string, error) {
	if url := a.endpoint(t, "sso_oidc"); url != nil {
		return *url, nil
	}
	endpoint, err := ssooidc.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), ssooidc.EndpointParameters{
		Region: &region, UseFIPS: &t.FIPS, UseDualStack: &t.DualStack,
	})
	if err != nil {
		return "", err
	}
	return endpoint.URI.String(), nil
}

// SigninEndpoint returns the URL for the calls of sign-in. Its pages are there, too.
func (a *API) SigninEndpoint(t Target) (string, error) {
	if url := a.endpoint(t, "signin"); url != nil {
		return strings.TrimRight(*url, "/"), nil
	}
	endpoint, err := signin.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), signin.EndpointParameters{
		Region: &t.Region, UseFIPS: &t.FIPS, UseDualStack: &t.DualStack, IsControlPlane: aws.Bool(false),
	})
	if err != nil {
		return "", err
	}
	return strings.TrimRight(endpoint.URI.String(), "/"), nil
}

// Signin returns a client for the token service behind `aws login`.
func (a *API) Signin(t Target) *signin.Client {
	return client(a, "signin", t, t.Region, signin.NewFromConfig)
}
