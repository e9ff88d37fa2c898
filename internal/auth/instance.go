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

// metadataSettings say how the instance metadata service is asked.
type metadataSettings struct {
	endpoint   string // "" for the address that it has on EC2
	ipv6       bool   // of that address
	v1Disabled bool
	timeout    time.Duration // of one request; 0: muster's own
	attempts   int           // 0: it is not asked at all
}

// metadataSettings returns the settings of the environment, and else those of a
// profile, which may be nil. Their values have been checked.
func (r *Resolver) metadataSettings(p *awsconfig.Profile) metadataSettings {
	value := func(key string) string {
		if v := r.env(awsconfig.MetadataVariable(key)); v != "" || p == nil {
			return v
		}
		return p.Setting(key)
	}
	number := func(key string, otherwise int) int {
		if n, err := strconv.Atoi(strings.TrimSpace(value(key))); err == nil {
			return max(n, 0)
		}
		return otherwise
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

// errNoToken is the error where version 1 of the metadata service is disabled and
// version 2 gives no token.
var errNoToken error = &NoCredentialsError{"the instance metadata service gives no token, and its version 1 is disabled (ec2_metadata_v1_disabled)"}

// fromInstance returns the role of the EC2 instance, with the settings that a profile
// has for the metadata service. Where nobody answers at its address, the error is
// instead, which says what can be done.
func (r *Resolver) fromInstance(p *awsconfig.Profile, instead func() error) *Identity {
	settings := r.metadataSettings(p)
	role := r.instanceRole(settings)
	return &Identity{
		Target: r.ambient(), Hops: []Hop{{hopInstance, ""}},
		Credentials: r.newCredentials(provider(func(ctx context.Context) (aws.Credentials, error) {
			if settings.attempts == 0 {
				return aws.Credentials{}, instead()
			}
			creds, err := role.Retrieve(ctx)
			if err != nil && ctx.Err() == nil && err != errNoToken {
				err = instead()
			}
			return creds, err
		})),
	}
}

// instanceRole asks the metadata service. All identities with the same settings share
// its connection and token.
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
		Retryer:               aws.NopRetryer{}, // the client repeats requests
		DisableDefaultTimeout: true,             // each of them has its own
	}
	if s.ipv6 {
		options.EndpointMode = imds.EndpointModeStateIPv6
	}
	if s.v1Disabled {
		options.EnableFallback = aws.FalseTernary
	}
	if r.instances == nil {
		r.instances = map[metadataSettings]aws.CredentialsProvider{}
	}
	inner := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = imds.New(options) })
	role := provider(func(ctx context.Context) (aws.Credentials, error) {
		creds, err := inner.Retrieve(ctx)
		if err != nil && s.v1Disabled && client.refused.Load() {
			err = errNoToken
		}
		return creds, err
	})
	r.instances[s] = role
	return role
}

// metadataClient makes a request as often as the AWS CLI does.
type metadataClient struct {
	*http.Client
	path     string // of the endpoint, which the SDK leaves out
	attempts int
	refused  atomic.Bool // a token was asked for last, and an answer came without one
}

func (c *metadataClient) Do(r *http.Request) (answer *http.Response, err error) {
	r.URL.Path = c.path + r.URL.Path
	for try := 1; ; try++ {
		answer, err = c.Client.Do(r)
		if try == c.attempts || r.Context().Err() != nil || err == nil && !askAgain(r, answer) {
			c.refused.Store(r.Method == http.MethodPut && err == nil && answer.StatusCode != http.StatusOK)
			return answer, err
		}
		if err == nil {
			answer.Body.Close()
		}
	}
}

// askAgain says whether the next answer may be a better one. That there are no tokens
// is final: version 1 is used instead.
func askAgain(r *http.Request, answer *http.Response) bool {
	if r.Method == http.MethodPut {
		switch answer.StatusCode {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
			return false
		}
	}
	return answer.StatusCode != http.StatusOK || answer.ContentLength == 0
}
