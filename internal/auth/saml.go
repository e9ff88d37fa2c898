package auth

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// SAML returns the identity of a role that an assertion gives access to. Of the
// options it uses the duration, the policies and the size of the token. p names the endpoints and may be nil.
func (r *Resolver) SAML(p *awsconfig.Profile, assertion *Assertion, role SAMLRole, o RoleOptions) *Identity {
	target := r.Target(p)
	return &Identity{
		Role: roleName(role.ARN), RoleARN: role.ARN, AccountID: role.AccountID(), Target: target,
		Credentials: r.newCredentials(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return r.assumeWithSAML(ctx, target, assertion, role, o)
		})),
		Hops: []Hop{{hopSAML, role.Provider}, {hopRole, role.ARN}},
	}
}

// assumeWithSAML assumes a role with an assertion.
func (r *Resolver) assumeWithSAML(ctx context.Context, target awsapi.Target, assertion *Assertion, role SAMLRole, o RoleOptions) (aws.Credentials, error) {
	out, err := r.API.STS(target).AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
		RoleArn: &role.ARN, PrincipalArn: &role.Provider, SAMLAssertion: &assertion.encoded,
		DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		MinimumSessionTokenSize: positive(o.MinTokenSize),
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	r.answered(out)
	return roleSession("AssumeRoleWithSAML", role.ARN, out.AssumedRoleUser, out.Credentials)
}

// assumeAtMost assumes a role for up to the wanted duration. Only STS knows the role's maximum:
// if the duration exceeds it, the session lasts one hour, as every role allows.
func (r *Resolver) assumeAtMost(ctx context.Context, target awsapi.Target, assertion *Assertion, role SAMLRole, wanted time.Duration) (aws.Credentials, error) {
	creds, err := r.assumeWithSAML(ctx, target, assertion, role, RoleOptions{RoleSettings: awsconfig.RoleSettings{Duration: wanted}})
	if err == nil || wanted <= time.Hour || !exceedsMaximum(err) {
		return creds, err
	}
	return r.assumeWithSAML(ctx, target, assertion, role, RoleOptions{})
}

// exceedsMaximum reports whether STS has refused the duration of a session.
func exceedsMaximum(err error) bool {
	failure := awsapi.Explain(err)
	return failure.Code == "ValidationError" && strings.Contains(failure.Message, "DurationSeconds")
}
