// Package awsapi holds the clients of the AWS services that muster calls: one
// tuned HTTP transport for all of them, endpoints as the AWS CLI resolves them,
// retries that no two places share, a log of calls, and what an error means.
package awsapi

import (
	"context"
	"log/slog"
	"net/http"
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
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
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
	settings  Settings
	transport *http.Client
	calls     *slots // under way
	retryer   aws.Retryer
	stack     []func(*middleware.Stack) error

	mu      sync.Mutex
	clients map[clientKey]any
}

type clientKey struct {
	service, region, endpoint string
	fips, dualStack           bool
}

// New prepares clients; it opens no connection and reads no certificate yet.
func New(s Settings) *API {
	a := &API{settings: s, clients: map[clientKey]any{}}
	a.transport, a.calls = newHTTPClient(s)
	a.retryer = newRetryer(s.MaxAttempts)
	a.stack = []func(*middleware.Stack) error{observe(s.Log), keepPace(&paces{}), requireAnswer, userAgent(s.UserAgent)}
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
	if t.IgnoreURLs || strings.EqualFold(env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
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

// config is what every client starts from.
func (a *API) config(t Target, region string) aws.Config {
	return aws.Config{
		Region:     region,
		HTTPClient: a.transport,
		Retryer:    func() aws.Retryer { return a.retryer },
		APIOptions: a.stack,
	}
}

func client[C any](a *API, service string, t Target, region string, build func(aws.Config, *string) C) C {
	url := a.endpoint(t, service)
	key := clientKey{service, region, aws.ToString(url), t.FIPS, t.DualStack}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.clients[key]; ok {
		return c.(C)
	}
	c := build(a.config(t, region), url)
	a.clients[key] = c
	return c
}

// EC2 returns a client without credentials and region: each call brings its own,
// so that all accounts share one.
func (a *API) EC2(t Target) *ec2.Client {
	return client(a, "ec2", t, "", func(cfg aws.Config, url *string) *ec2.Client {
		return ec2.NewFromConfig(cfg, func(o *ec2.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

// STS returns a client without credentials for the regional endpoint of
// t.Region. The global endpoint is never used: its tokens are refused in
// regions that have to be opted in to.
func (a *API) STS(t Target) *sts.Client {
	return client(a, "sts", t, Regional(t.Region), func(cfg aws.Config, url *string) *sts.Client {
		return sts.NewFromConfig(cfg, func(o *sts.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

// SSO returns a client for the portal of an IAM Identity Center in region.
func (a *API) SSO(t Target, region string) *sso.Client {
	return client(a, "sso", t, region, func(cfg aws.Config, url *string) *sso.Client {
		return sso.NewFromConfig(cfg, func(o *sso.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

// OIDC returns a client for the token service of an IAM Identity Center in region.
func (a *API) OIDC(t Target, region string) *ssooidc.Client {
	return client(a, "sso_oidc", t, region, func(cfg aws.Config, url *string) *ssooidc.Client {
		return ssooidc.NewFromConfig(cfg, func(o *ssooidc.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
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
	return client(a, "signin", t, t.Region, func(cfg aws.Config, url *string) *signin.Client {
		return signin.NewFromConfig(cfg, func(o *signin.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

// Organizations returns a client without credentials. The service has one
// endpoint a partition, and its requests are signed for that one's region.
func (a *API) Organizations(t Target) *organizations.Client {
	return client(a, "organizations", t, PartitionOf(t.Region).Home, func(cfg aws.Config, url *string) *organizations.Client {
		return organizations.NewFromConfig(cfg, func(o *organizations.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

// Account returns a client without credentials for Account Management, which has
// one endpoint a partition, too.
func (a *API) Account(t Target) *account.Client {
	return client(a, "account", t, PartitionOf(t.Region).Home, func(cfg aws.Config, url *string) *account.Client {
		return account.NewFromConfig(cfg, func(o *account.Options) {
			o.BaseEndpoint = url
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = fips(t), dualStack(t)
		})
	})
}

func fips(t Target) aws.FIPSEndpointState {
	if t.FIPS {
		return aws.FIPSEndpointStateEnabled
	}
	return aws.FIPSEndpointStateUnset
}

func dualStack(t Target) aws.DualStackEndpointState {
	if t.DualStack {
		return aws.DualStackEndpointStateEnabled
	}
	return aws.DualStackEndpointStateUnset
}
