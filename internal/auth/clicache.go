package auth

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/awsconfig"
)

// defaultMinTTL is the lifetime that credentials of the AWS CLI's cache must have
// left.
const defaultMinTTL = 5 * time.Minute

// viaCLICache returns a provider that shares credentials with the AWS CLI through a
// file of its cache. minTTL is the lifetime that credentials of the file must have left; 0
// for that of the Resolver.
func (r *Resolver) viaCLICache(file botocache.RoleFile, accountID string, minTTL time.Duration, p aws.CredentialsProvider) aws.CredentialsProvider {
	if r.NoRoleCache {
		return p
	}
	return &cliCacheProvider{r: r, file: file, accountID: accountID, minTTL: minTTL, next: p}
}

// cliCacheProvider takes credentials from the file while they are valid. Otherwise it
// takes them from the next provider and writes them into the file. It ignores a file
// that cannot be read or written, or has credentials of another account.
type cliCacheProvider struct {
	r         *Resolver
	file      botocache.RoleFile
	accountID string
	minTTL    time.Duration
	next      aws.CredentialsProvider
	// returned is the access key of the last credentials. If they are asked for again,
	// AWS has refused them, and the file does not help.
	returned atomic.Pointer[string]
}

// Retrieve returns the file's or the next provider's credentials.
func (p *cliCacheProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := p.retrieve(ctx)
	if err == nil {
		p.returned.Store(&creds.AccessKeyID)
	}
	return creds, err
}

func (p *cliCacheProvider) retrieve(ctx context.Context) (aws.Credentials, error) {
	if creds, ok := p.file.Read(ctx); ok && creds.AccessKeyID != aws.ToString(p.returned.Load()) && p.validLongEnough(creds) {
		if creds, err := checkAccount("cache", p.accountID, creds); err == nil {
			return creds, nil
		}
	}
	creds, err := p.next.Retrieve(ctx)
	if err == nil && creds.CanExpire {
		_ = p.file.Write(creds)
	}
	return creds, err
}

func (p *cliCacheProvider) validLongEnough(creds aws.Credentials) bool {
	return creds.Expires.After(p.r.Now().Add(cmp.Or(p.minTTL, p.r.MinTTL, defaultMinTTL)))
}

// assumeRoleArguments returns the arguments by which botocore names the file of a
// role's credentials. A default session name is not among them.
func assumeRoleArguments(s awsconfig.RoleSettings) map[string]any {
	args := map[string]any{"RoleArn": s.RoleARN}
	for name, value := range map[string]string{"ExternalId": s.ExternalID, "RoleSessionName": s.RoleSessionName, "SerialNumber": s.MFASerial} {
		if value != "" {
			args[name] = value
		}
	}
	if s.Duration != 0 {
		args["DurationSeconds"] = int(s.Duration / time.Second)
	}
	return args
}
