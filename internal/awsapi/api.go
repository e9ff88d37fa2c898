// Package awsapi holds the clients of the AWS services that muster calls: one
// tuned HTTP transport for all of them, endpoints as the AWS CLI resolves them,
// retries that no two places share, a log of calls, and what an error means.
package awsapi

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/secret"
)

// Settings are what the command line and the environment say about calls.
type Settings struct {
	Lookup         func(string) (string, bool) // the environment: proxies and AWS_ENDPOINT_URL*
	EndpointURL    string                      // for every service; wins over all others
	NoVerifySSL    bool
	CABundle       string        // path of PEM certificates; "" for the system's
	ConnectTimeout time.Duration // 0: none
	ReadTimeout    time.Duration // longest silence while an answer is awaited; 0: none
	MaxAttempts    int           // 0: a number for each kind of failure
	Concurrency    int           // calls under way at one time
	UserAgent      string        // NAME/VERSION
	Log            *slog.Logger  // one record a call; nil: none
	Warn           func(string)  // tells the user what slows the calls down; nil: nobody
}

// Target is where the calls of one profile go: its region, where it has one,
// and how hosts are found in it.
type Target struct {
	Region      string
	EndpointURL string            // the profile's endpoint_url
	Services    map[string]string // the profile's services section: service id ("ec2", "sso_oidc") to URL
	IgnoreURLs  bool              // ignore_configured_endpoint_urls
	FIPS        bool
	DualStack   bool
}

// API makes clients. It is safe for concurrent use; clients are made once for
// each endpoint and shared.
type API struct {
	settings Settings
	http     *httpClient
	retryer  aws.Retryer
	stack    []func(*middleware.Stack) error
	secrets  *secret.Set

	mu      sync.Mutex
	clients map[clientKey]any

	stsRegions map[string]*stsRegion // by name
}

type clientKey struct {
	service, region, endpoint string
	fips, dualStack           bool
}

// New prepares clients; it opens no connection and reads no certificate yet.
func New(s Settings) *API {
	a := &API{settings: s, clients: map[clientKey]any{}, secrets: new(secret.Set)}
	a.http = newHTTPClient(s)
	a.retryer = newRetryer(s.MaxAttempts)
	a.stack = []func(*middleware.Stack) error{observe(s.Log), keepSecrets(a.secrets), keepPace(&paces{}), checkAnswers, userAgent(s.UserAgent)}
	return a
}

// endpoint returns the URL configured for a service, or nil where the SDK's own
// rules decide. The order is the one that AWS documents for its tools: command
// line, service in the environment, environment, service in the profile, profile.
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

// CustomEC2Endpoint says whether EC2's calls go to a URL that somebody configured, where a
// program may answer that does not know all that AWS knows.
func (a *API) CustomEC2Endpoint(t Target) bool { return a.endpoint(t, "ec2") != nil }

// client returns the service's client for a target, made by its NewFromConfig.
func client[C, O any](a *API, service string, t Target, region string, build func(aws.Config, ...func(*O)) *C) *C {
	url := a.endpoint(t, service)
	if url != nil { // which wins, as in the AWS CLI; the SDK rejects it beside either
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

// variants tells the SDK which kind of AWS's own endpoints is wanted.
type variants struct{ fips, dualStack bool }

func (v variants) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return aws.FIPSEndpointStateEnabled, v.fips, nil
}

func (v variants) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return aws.DualStackEndpointStateEnabled, v.dualStack, nil
}

// EC2 returns a client without credentials and region: each call brings its own,
// so that all accounts share one.
func (a *API) EC2(t Target) *ec2.Client {
	return client(a, "ec2", t, "", ec2.NewFromConfig)
}

// SSO returns a client for the portal of an IAM Identity Center in region.
func (a *API) SSO(t Target, region string) *sso.Client {
	return client(a, "sso", t, region, sso.NewFromConfig)
}

// OIDC returns a client for the token service of an IAM Identity Center in region.
func (a *API) OIDC(t Target, region string) *ssooidc.Client {
	return client(a, "sso_oidc", t, region, ssooidc.NewFromConfig)
}

// OIDCEndpoint returns the URL that OIDC's calls go to. The page to sign in on is
// there, too.
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

// Signin returns a client for the token service behind `aws login`.
func (a *API) Signin(t Target) *signin.Client {
	return client(a, "signin", t, t.Region, signin.NewFromConfig)
}

// Organizations returns a client without credentials. The service has one
// endpoint a partition, and its requests are signed for that one's region.
func (a *API) Organizations(t Target) *organizations.Client {
	return client(a, "organizations", t, PartitionOf(t.Region).Home, organizations.NewFromConfig)
}

// Account returns a client without credentials for Account Management, which has
// one endpoint a partition, too.
func (a *API) Account(t Target) *account.Client {
	return client(a, "account", t, PartitionOf(t.Region).Home, account.NewFromConfig)
}
