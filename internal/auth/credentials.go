package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/awsapi"
)

// Credentials cache the credentials of a provider. They are renewed about a minute before
// they end, so that no call is signed with credentials that end on the way.
type Credentials struct {
	*aws.CredentialsCache
	renewing sync.Mutex
	last     atomic.Pointer[aws.Credentials] // the provider's last credentials
	fallback atomic.Pointer[aws.Credentials] // for the next time that the provider fails
	failure  atomic.Pointer[error]           // of the provider, for which the fallback is used
}

// newCredentials caches the credentials of a provider. It returns an error instead of
// expired credentials, and adds every secret to the API's set of secrets.
func (r *Resolver) newCredentials(p aws.CredentialsProvider) *Credentials {
	c := &Credentials{}
	checked := &checkedProvider{r: r, next: p, creds: c}
	c.CredentialsCache = aws.NewCredentialsCache(checked, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = time.Minute
		o.ExpiryWindowJitterFrac = 0.5
	})
	return c
}

// Retrieve returns credentials with the end that AWS has given. (The SDK's cache would
// return the earlier time at which it renews them.)
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := c.CredentialsCache.Retrieve(ctx)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil && !errors.As(err, new(*aws.RequestCanceledError)) {
			err = inner // without the SDK's prefix
		}
		return aws.Credentials{}, &awsapi.CredentialsError{Err: err}
	}
	if last := c.last.Load(); last != nil && last.AccessKeyID == creds.AccessKeyID {
		creds.Expires = last.Expires
	}
	return creds, nil
}

// replace makes the next Retrieve ask the provider for other credentials. If the
// provider has none, the current ones are used again: one region may have refused them
// and others may accept them.
func (c *Credentials) replace() {
	if last := c.last.Load(); last != nil {
		fallback := *last
		fallback.Source = "" // so that Do does not replace them again
		c.fallback.Store(&fallback)
	}
	c.Invalidate()
}

// invalidate drops credentials that AWS has refused, unless another call has renewed
// them since.
func (c *Credentials) invalidate(ctx context.Context, refused aws.Credentials) {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	if now, err := c.Retrieve(ctx); err == nil && now.AccessKeyID == refused.AccessKeyID {
		c.Invalidate()
	}
}

// checkedProvider is the provider below the SDK's cache.
type checkedProvider struct {
	r     *Resolver
	next  aws.CredentialsProvider
	creds *Credentials
}

// Retrieve returns credentials that have not ended.
func (p *checkedProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	secrets := p.r.API.Secrets()
	creds, err := p.next.Retrieve(ctx)
	secrets.Add(creds.SecretAccessKey, creds.SessionToken)
	if fallback := p.creds.fallback.Swap(nil); err != nil && fallback != nil && ctx.Err() == nil && !p.r.expired(*fallback) {
		failure := err
		p.creds.failure.Store(&failure)
		creds, err = *fallback, nil
	} else {
		p.creds.failure.Store(nil)
	}
	switch {
	case err != nil:
		return aws.Credentials{}, secrets.Error(err)
	case p.r.expired(creds):
		return aws.Credentials{}, &expiredError{creds.Expires}
	}
	p.creds.last.Store(&creds)
	return creds, nil
}

func (r *Resolver) expired(creds aws.Credentials) bool {
	return creds.CanExpire && !creds.Expires.After(r.Now())
}

// expiredError means that a provider returned credentials that have already ended.
type expiredError struct{ at time.Time }

func (e *expiredError) Error() string {
	return "the credentials expired at " + e.at.UTC().Format(time.RFC3339)
}

// Reason reports the place as expired in the ledger.
func (e *expiredError) Reason() awsapi.Kind { return awsapi.Expired }

// oncePerSource returns the first credentials of a source, so that profiles with the
// same source run a credential_process, or spend a refresh token, only once.
func (r *Resolver) oncePerSource(source string, c *Credentials) *Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.sources[source]; first != nil {
		return first
	}
	r.sources[source] = c
	return c
}
