package auth

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"muster/internal/awsconfig"
)

// metadataSettings are the settings for the instance metadata service.
type metadataSettings struct {
	endpoint   string // "" for the service's usual address
	ipv6       bool   // of the usual address
	v1Disabled bool
	timeout    time.Duration // of one request; 0 for muster's default
	attempts   int           // 0 disables the service
}

// metadataSettings returns settings of the environment, else of the profile p, which may
// be nil. The values are valid: awsconfig and cli have checked them.
func (r *Resolver) metadataSettings(p *awsconfig.Profile) metadataSettings {
	value := func(key string) string {
		if v := r.env(awsconfig.MetadataVariable(key)); v != "" || p == nil {
			return v
		}
		return p.Setting(key)
	}
	number := func(key string, fallback int) int {
		if n, err := strconv.Atoi(strings.TrimSpace(value(key))); err == nil {
			return max(n, 0)
		}
		return fallback
	}
	mode := value(awsconfig.MetadataMode)
	return metadataSettings{
		endpoint:   value(awsconfig.MetadataEndpoint),
		ipv6:       strings.EqualFold(mode, "ipv6") || mode == "" && strings.EqualFold(value(awsconfig.MetadataIPv6), "true"),
		v1Disabled: strings.EqualFold(value(awsconfig.MetadataV1Disabled), "true"),
		timeout:    time.Duration(number(awsconfig.MetadataTimeout, 0)) * time.Second,
		attempts:   number(awsconfig.MetadataAttempts, 1),
	}
}

// errNoToken means that version 2 of the metadata service gives no token, and the user
// has disabled version 1.
var errNoToken error = &NoCredentialsError{"the instance metadata service gives no token, and its version 1 is disabled (ec2_metadata_v1_disabled)"}

// fromInstance returns the role of the EC2 instance. If the metadata service does not
// answer, the error is that of missing. p has settings of the service and may be nil.
func (r *Resolver) fromInstance(p *awsconfig.Profile, missing func() error) *Identity {
	settings := r.metadataSettings(p)
	return &Identity{
		Target: r.ambientTarget(), Hops: []Hop{{hopInstance, ""}},
		Credentials: r.newCredentials(&instanceProvider{settings: settings, role: r.instanceRole(settings), missing: missing}),
	}
}

// instanceProvider gives the credentials of the instance's role.
type instanceProvider struct {
	settings metadataSettings
	role     aws.CredentialsProvider
	missing  func() error
}

// Retrieve asks the metadata service.
func (p *instanceProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.settings.attempts == 0 {
		return aws.Credentials{}, p.missing()
	}
	creds, err := p.role.Retrieve(ctx)
	if err != nil && ctx.Err() == nil && err != errNoToken {
		err = p.missing()
	}
	return creds, err
}

// instanceRole returns the SDK's provider of the instance's role. Identities with the
// same settings share its connection and its token.
func (r *Resolver) instanceRole(s metadataSettings) aws.CredentialsProvider {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role := r.instances[s]; role != nil {
		return role
	}
	client := &metadataClient{Client: r.machineClient(s.timeout), attempts: s.attempts}
	if endpoint, err := url.Parse(s.endpoint); err == nil {
		client.path = strings.TrimSuffix(endpoint.Path, "/")
	}
	options := imds.Options{
		ClientEnableState:     imds.ClientEnabled,
		Endpoint:              s.endpoint,
		HTTPClient:            client,
		Retryer:               aws.NopRetryer{}, // metadataClient retries
		DisableDefaultTimeout: true,             // machineClient has one
	}
	if s.ipv6 {
		options.EndpointMode = imds.EndpointModeStateIPv6
	}
	if s.v1Disabled {
		options.EnableFallback = aws.FalseTernary
	}
	role := &metadataRole{
		inner:  ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = imds.New(options) }),
		client: client, v1Disabled: s.v1Disabled,
	}
	r.instances[s] = role
	return role
}

// metadataRole is the SDK's provider with errNoToken.
type metadataRole struct {
	inner      aws.CredentialsProvider
	client     *metadataClient
	v1Disabled bool
}

// Retrieve returns the inner provider's credentials.
func (p *metadataRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := p.inner.Retrieve(ctx)
	if err != nil && p.v1Disabled && p.client.tokenRefused.Load() {
		err = errNoToken
	}
	return creds, err
}

// metadataClient repeats a request as often as the AWS CLI does.
type metadataClient struct {
	*http.Client
	path         string // of the endpoint; the SDK ignores it
	attempts     int
	tokenRefused atomic.Bool // the last request was for a token, and the answer had none
}

// Do makes a request.
func (c *metadataClient) Do(r *http.Request) (answer *http.Response, err error) {
	r.URL.Path = c.path + r.URL.Path
	for try := 1; ; try++ {
		answer, err = c.Client.Do(r)
		if try == c.attempts || r.Context().Err() != nil || err == nil && !retryMetadata(r, answer) {
			c.tokenRefused.Store(r.Method == http.MethodPut && err == nil && answer.StatusCode != http.StatusOK)
			return answer, err
		}
		if err == nil {
			answer.Body.Close()
		}
	}
}

// retryMetadata reports whether the next answer may be better. A service without tokens
// answers finally: the SDK then uses version 1.
func retryMetadata(r *http.Request, answer *http.Response) bool {
	if r.Method == http.MethodPut {
		switch answer.StatusCode {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
			return false
		}
	}
	return answer.StatusCode != http.StatusOK || answer.ContentLength == 0
}
