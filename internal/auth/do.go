package auth

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// Do makes a call with the identity's credentials. Where AWS does not take them any
// more, they are renewed and the call is made once more.
func (i *Identity) Do(ctx context.Context, call func() error) error {
	before, err := i.Credentials.Retrieve(ctx)
	if err != nil { // the call would only ask for them once more
		return err
	}
	err = call()
	if err == nil || before.SessionToken == "" || ctx.Err() != nil { // keys without one do not end
		return err
	}
	switch failure := awsapi.Explain(err); {
	case strings.HasPrefix(failure.Operation, "AssumeRole") || failure.Operation == "GetRoleCredentials":
		return err
	case failure.Kind == awsapi.Expired: // before their time: revoked, or a clock is off
		i.renew(ctx, before, (*Credentials).Invalidate)
		return call()
	case !failure.UnknownCredentials():
		return err
	case before.Source == botocache.RoleSource:
		// Another tool may have written it, with a token of the global STS endpoint.
		i.renew(ctx, before, (*Credentials).replace)
		err = call()
		if err == nil || !awsapi.Explain(err).UnknownCredentials() {
			return err
		}
		if before, _ = i.Credentials.Retrieve(ctx); !isGlobalToken(before.SessionToken) {
			return err
		}
		return &globalTokenError{err}
	case isGlobalToken(before.SessionToken):
		return &globalTokenError{err}
	}
	return err
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

// isGlobalToken says whether a session token looks like one of version 1, which the
// global STS endpoint gives. AWS documents that there are two versions and that the
// second one is longer, but no way to tell them apart; this is how those of the first
// are seen to begin, and those of the second are not.
func isGlobalToken(token string) bool { return strings.HasPrefix(token, "FwoG") }

// globalTokenError is a refusal that the kind of token explains.
type globalTokenError struct{ error }

func (e *globalTokenError) Unwrap() error { return e.error }

// Hint says what to do about it.
func (e *globalTokenError) Hint() string {
	return "the session token looks like one of the global STS endpoint (it begins with FwoG), which regions that have to be opted in to refuse: " +
		"get credentials from a regional endpoint (AWS_STS_REGIONAL_ENDPOINTS=regional, which older tools need), or set the account's global endpoint to version 2 tokens"
}
