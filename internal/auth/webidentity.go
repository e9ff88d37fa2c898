package auth

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// WebIdentity returns the identity of a role that is assumed with a token of an OpenID
// Connect provider. It ignores the options for MFA, tags and the external id. p names
// the endpoints and may be nil.
func (r *Resolver) WebIdentity(p *awsconfig.Profile, tokenFile string, o RoleOptions) *Identity {
	return r.webIdentity(r.Target(p), tokenFile, o)
}

func (r *Resolver) webIdentity(target awsapi.Target, tokenFile string, o RoleOptions) *Identity {
	return &Identity{
		Role: roleName(o.RoleARN), RoleARN: o.RoleARN, AccountID: arnPart(o.RoleARN, arnAccount), Target: target,
		Credentials: r.newCredentials(&webIdentityProvider{r: r, target: target, tokenFile: tokenFile, options: o}),
		Hops:        []Hop{{hopWebIdentity, tokenFile}, {hopRole, o.RoleARN}},
	}
}

// fromWebIdentityEnvironment returns the identity of AWS_ROLE_ARN and
// AWS_WEB_IDENTITY_TOKEN_FILE, or nil if they are not set.
func (r *Resolver) fromWebIdentityEnvironment() (*Identity, error) {
	arn, file := r.env("AWS_ROLE_ARN"), r.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	switch {
	case arn == "" || file == "":
		return nil, nil
	case arnPart(arn, arnAccount) == "":
		return nil, &NoCredentialsError{fmt.Sprintf("AWS_ROLE_ARN is %q: expected a role's ARN", arn)}
	}
	o := RoleOptions{RoleSettings: awsconfig.RoleSettings{RoleARN: arn, RoleSessionName: r.env("AWS_ROLE_SESSION_NAME")}}
	return r.webIdentity(r.ambientTarget(), file, o), nil
}

// webIdentityProvider assumes a role with a token from a file. Other programs renew
// the token, so that the file is read for each call.
type webIdentityProvider struct {
	r         *Resolver
	target    awsapi.Target
	tokenFile string
	options   RoleOptions
}

// Retrieve calls AssumeRoleWithWebIdentity.
func (p *webIdentityProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	token, err := os.ReadFile(p.tokenFile)
	if err != nil {
		return aws.Credentials{}, &tokenError{err}
	}
	o := p.options
	out, err := p.r.API.STS(p.target).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &o.RoleARN, RoleSessionName: p.r.sessionName(o.RoleSessionName), WebIdentityToken: aws.String(strings.TrimSpace(string(token))),
		DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		MinimumSessionTokenSize: positive(o.MinTokenSize),
	}, func(o *sts.Options) {
		// STS gives this error also while the provider's keys are not reachable.
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "InvalidIdentityToken")
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	p.r.answered(out)
	return roleSession("AssumeRoleWithWebIdentity", o.RoleARN, out.AssumedRoleUser, out.Credentials)
}

// tokenError means that a web identity token cannot be read.
type tokenError struct{ err error }

func (e *tokenError) Error() string {
	return fmt.Sprintf("the web identity token cannot be read: %v", e.err)
}

func (e *tokenError) Unwrap() error { return e.err }

// Reason reports the place as broken in the ledger: the role itself may exist.
func (e *tokenError) Reason() awsapi.Kind { return awsapi.Broken }
