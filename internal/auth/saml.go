package auth

import (
	"context"

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
		Role: roleName(role.ARN), RoleARN: role.ARN, AccountID: arnPart(role.ARN, arnAccount), Target: target,
		Credentials: r.newCredentials(&samlProvider{r: r, target: target, assertion: assertion, role: role, options: o}),
		Hops:        []Hop{{hopSAML, role.Provider}, {hopRole, role.ARN}},
	}
}

// samlProvider assumes a role with a SAML assertion.
type samlProvider struct {
	r         *Resolver
	target    awsapi.Target
	assertion *Assertion
	role      SAMLRole
	options   RoleOptions
}

// Retrieve calls AssumeRoleWithSAML.
func (p *samlProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	out, err := p.r.API.STS(p.target).AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
		RoleArn: &p.role.ARN, PrincipalArn: &p.role.Provider, SAMLAssertion: &p.assertion.encoded,
		DurationSeconds: seconds(p.options.Duration), Policy: optional(p.options.Policy), PolicyArns: policies(p.options.PolicyARNs),
		MinimumSessionTokenSize: positive(p.options.MinTokenSize),
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	p.r.answered(out)
	return roleSession("AssumeRoleWithSAML", p.role.ARN, out.AssumedRoleUser, out.Credentials)
}
