package auth

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// RetrieveFor returns credentials that stay valid for at least minTTL after now, for
// another program that will use them for that long. It renews credentials that end
// earlier. Sessions shorter than twice minTTL are renewed at half of their lifetime
// instead, or each call would renew them. If renewal fails, the old credentials are
// returned for as long as they are valid.
func (i *Identity) RetrieveFor(ctx context.Context, minTTL time.Duration, now time.Time) (aws.Credentials, error) {
	i.renewing.Lock()
	defer i.renewing.Unlock()
	creds, err := i.Credentials.Retrieve(ctx)
	if i.lifetime > 0 {
		minTTL = min(minTTL, i.lifetime/2)
	}
	if err != nil || !creds.CanExpire || creds.Expires.Sub(now) >= minTTL {
		return creds, err
	}
	i.Credentials.Invalidate()
	renewed, err := i.Credentials.Retrieve(ctx)
	if err != nil {
		if creds.Expires.After(now) {
			return creds, nil
		}
		return aws.Credentials{}, err
	}
	i.lifetime = renewed.Expires.Sub(now)
	return renewed, nil
}
