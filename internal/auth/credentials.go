package auth

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/awsapi"
)

type provider = aws.CredentialsProviderFunc

// Credentials are cached, and renewed somewhat before they end, so that no call is
// signed with credentials that end on the way.
type Credentials struct {
	*aws.CredentialsCache
	given atomic.Pointer[aws.Credentials] // by the provider last
	kept  atomic.Pointer[aws.Credentials] // for where nothing takes their place
}

// replace has other credentials fetched at the next use. These are kept for where
// there are none, since a region may refuse what the others accept.
func (c *Credentials) replace() {
	if given := c.given.Load(); given != nil {
		kept := *given
		kept.Source = "" // they are not replaced again
		c.kept.Store(&kept)
	}
	c.Invalidate()
}

// Retrieve returns credentials with the end that AWS gave them; the SDK's cache
// would show an earlier one, at which it renews them.
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := c.CredentialsCache.Retrieve(ctx)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil && !errors.As(err, new(*aws.RequestCanceledError)) {
			err = inner // without the cache's own words
		}
		return aws.Credentials{}, &awsapi.CredentialsError{Err: err}
	}
	if given := c.given.Load(); given != nil && given.AccessKeyID == creds.AccessKeyID {
		creds.Expires = given.Expires
	}
	return creds, nil
}

// newCredentials keeps what a provider gives, which must not have ended already. All
// credentials come through here: nothing that is printed may hold them.
func (r *Resolver) newCredentials(p aws.CredentialsProvider) *Credentials {
	c := &Credentials{}
	alive := provider(func(ctx context.Context) (aws.Credentials, error) {
		creds, err := p.Retrieve(ctx)
		r.API.Secrets().Add(creds.SecretAccessKey, creds.SessionToken)
		if kept := c.kept.Swap(nil); err != nil && kept != nil && ctx.Err() == nil && !r.ended(*kept) {
			creds, err = *kept, nil
		}
		switch {
		case err != nil:
			return aws.Credentials{}, r.API.Secrets().Error(err)
		case r.ended(creds):
			return aws.Credentials{}, &endedError{creds.Expires}
		}
		c.given.Store(&creds)
		return creds, nil
	})
	c.CredentialsCache = aws.NewCredentialsCache(alive, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = time.Minute
		o.ExpiryWindowJitterFrac = 0.5
	})
	return c
}

func (r *Resolver) ended(creds aws.Credentials) bool {
	return creds.CanExpire && !creds.Expires.After(r.Now())
}

// endedError is for credentials that have ended before they could be used.
type endedError struct{ at time.Time }

func (e *endedError) Error() string {
	return "the credentials that were given have ended at " + e.at.UTC().Format(time.RFC3339)
}

func (e *endedError) Reason() awsapi.Kind { return awsapi.Expired }
