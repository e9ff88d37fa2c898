package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/disk"
)

// defaultMinTTL is the lifetime that credentials of the cache must have left.
const defaultMinTTL = 5 * time.Minute

// viaCLICache takes credentials from the file of the key while they last, and else
// from fetch, whose credentials it writes there. A cache that cannot be read or
// written does no harm, and neither does a file with credentials of another account.
func (r *Resolver) viaCLICache(key, providerType, accountID string, fetch provider) provider {
	if r.Home == "" || r.NoCache {
		return fetch
	}
	path := botocache.RoleFile(r.Home, key)
	var returned string // the last access key: AWS has refused it when the caller asks again
	return func(ctx context.Context) (aws.Credentials, error) {
		minTTL := cmp.Or(r.MinTTL, defaultMinTTL)
		if creds, ok := botocache.ReadRole(ctx, path); ok && creds.AccessKeyID != returned && creds.Expires.After(r.Now().Add(minTTL)) {
			if creds, err := inAccount("cache", accountID, creds); err == nil {
				returned = creds.AccessKeyID
				return creds, nil
			}
		}
		creds, err := fetch(ctx)
		if err != nil {
			return creds, err
		}
		returned = creds.AccessKeyID
		if creds.CanExpire {
			_ = botocache.WriteRole(path, providerType, creds)
		}
		return creds, nil
	}
}

// assumeRoleKey names the entry of a role: a hash of what botocore would send,
// less a session name that nobody chose.
func assumeRoleKey(o RoleOptions) string {
	args := map[string]any{"RoleArn": o.ARN}
	for name, value := range map[string]string{"ExternalId": o.ExternalID, "RoleSessionName": o.SessionName, "SerialNumber": o.MFASerial} {
		if value != "" {
			args[name] = value
		}
	}
	if o.Duration != 0 {
		args["DurationSeconds"] = int(o.Duration / time.Second)
	}
	return botocache.AssumeRoleKey(args)
}

// lockFile keeps other processes from renewing what is in a file of a cache. The
// user learns what muster waits for.
func (r *Resolver) lockFile(ctx context.Context, path, what string) (unlock func(), err error) {
	return disk.LocksOf(r.Lookup, r.Home).Lock(ctx, path, func() {
		if r.Warn != nil {
			r.Warn("waiting for another process, which has locked " + what)
		}
	})
}
