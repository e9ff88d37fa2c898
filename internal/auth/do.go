package auth

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// Do makes a call with the identity's credentials. If AWS does not accept them any
// more, Do renews them and makes the call once more.
func (i *Identity) Do(ctx context.Context, call func() error) error {
	return i.refused(i.do(ctx, call), false)
}

func (i *Identity) do(ctx context.Context, call func() error) error {
	if i.Target.Unsigned {
		return call()
	}
	before, err := i.Credentials.Retrieve(ctx)
	if err != nil { // the call would fail in the same way
		return err
	}
	err = call()
	if err == nil || before.SessionToken == "" || ctx.Err() != nil { // long-term keys cannot be renewed
		return err
	}
	switch failure := awsapi.Explain(err); {
	case strings.HasPrefix(failure.Operation, "AssumeRo") || failure.Operation == "GetRoleCredentials": // AssumeRole..., AssumeRoot
		return err
	case failure.Kind == awsapi.Expired: // early: they were revoked, or a clock is wrong
		i.renew(ctx, before, (*Credentials).Invalidate)
		return call()
	case !failure.UnknownCredentials():
		return err
	case before.Source == botocache.RoleSource:
		// Another tool may have written the file, with a token of the global STS endpoint.
		i.renew(ctx, before, (*Credentials).replace)
		err = call()
		if err == nil || !awsapi.Explain(err).UnknownCredentials() {
			return err
		}
		before, _ = i.Credentials.Retrieve(ctx)
	}
	if isGlobalToken(before.SessionToken) {
		return &globalTokenError{err}
	}
	return i.Credentials.stale(err)
}

// stale returns the error for credentials that AWS does not know. If they are those of the
// cache because AWS has denied others, that is the cause.
func (c *Credentials) stale(err error) error {
	if failure := c.failure.Load(); failure != nil && awsapi.Explain(*failure).Denied() {
		return &staleError{*failure}
	}
	return err
}

// staleError is the denial of credentials in place of cached ones, which AWS refuses, too.
type staleError struct{ error }

func (e *staleError) Unwrap() error { return e.error }

// Hint suggests a remedy.
func (e *staleError) Hint() string {
	return "AWS refuses the cached credentials of the role and denies new ones: the role was probably deleted or changed; name another with --role, or skip accounts with --exclude-account"
}

// renew drops credentials that AWS has refused, unless another call has renewed
// them since.
func (i *Identity) renew(ctx context.Context, refused aws.Credentials, drop func(*Credentials)) {
	i.renewing.Lock()
	defer i.renewing.Unlock()
	if now, err := i.Credentials.Retrieve(ctx); err == nil && now.AccessKeyID == refused.AccessKeyID && now.Source == refused.Source {
		drop(i.Credentials)
	}
}

// isGlobalToken reports whether a session token looks like one of version 1, as the
// global STS endpoint gives. AWS documents that there are two versions but no way to
// distinguish them; in practice, only tokens of version 1 begin with FwoG.
func isGlobalToken(token string) bool { return strings.HasPrefix(token, "FwoG") }

// globalTokenError is a refusal of a token of version 1.
type globalTokenError struct{ error }

func (e *globalTokenError) Unwrap() error { return e.error }

// Hint suggests a remedy.
func (e *globalTokenError) Hint() string {
	return "the session token looks like one of the global STS endpoint (it begins with FwoG); opt-in regions refuse such tokens: " +
		"get credentials from a regional endpoint (older tools need AWS_STS_REGIONAL_ENDPOINTS=regional), or set the account's global endpoint to version 2 tokens"
}
