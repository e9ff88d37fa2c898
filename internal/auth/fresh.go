package auth

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// comfortable is what credentials should have left when they are handed on. SDKs
// look for new ones before the end, botocore a quarter of an hour, the Go SDK five
// minutes: what they are given should not send them back at once. It is a little
// less than the shortest session that AWS gives, which is as good as new.
const comfortable = 14 * time.Minute

// Fresh retrieves credentials to hand on to another program: renewed where less
// than some 14 minutes are left of them, or less than half where they never had
// twice that. Where they cannot be renewed, what is left will do.
func (i *Identity) Fresh(ctx context.Context, now time.Time) (aws.Credentials, error) {
	i.renewing.Lock()
	defer i.renewing.Unlock()
	creds, err := i.Credentials.Retrieve(ctx)
	least := comfortable
	if i.lasts > 0 {
		least = min(least, i.lasts/2)
	}
	if err != nil || !creds.CanExpire || creds.Expires.Sub(now) >= least {
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
	i.lasts = renewed.Expires.Sub(now)
	return renewed, nil
}
