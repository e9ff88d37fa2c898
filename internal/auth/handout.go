package auth

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/awsconfig"
)

// The credentials of this file are those that a person asks for by hand. They are
// not kept in the role cache: who asks wants new ones.

// SessionToken returns what GetSessionToken gives to a user, with a code of the
// MFA device where serial is not "". An empty code is asked for.
func (r *Resolver) SessionToken(base *Identity, serial, code string, d time.Duration) *Identity {
	return r.derived(base, base.Role, base.AccountID, Hop{hopSessionToken, serial}, func(ctx context.Context) (aws.Credentials, error) {
		if longTerm, err := base.LongTerm(ctx); err != nil {
			return aws.Credentials{}, err
		} else if !longTerm {
			return aws.Credentials{}, &NoCredentialsError{"GetSessionToken needs an IAM user's keys; " + base.String() + " has temporary credentials"}
		}
		return r.getSessionToken(ctx, base, serial, code, d)
	})
}

func (r *Resolver) getSessionToken(ctx context.Context, base *Identity, serial, code string, d time.Duration) (aws.Credentials, error) {
	in := &sts.GetSessionTokenInput{DurationSeconds: seconds(d)}
	if serial != "" {
		code, err := r.mfaCode(ctx, serial, code)
		if err != nil {
			return aws.Credentials{}, err
		}
		in.SerialNumber, in.TokenCode = &serial, &code
	}
	out, err := r.API.STS(base.Target).GetSessionToken(ctx, in, func(o *sts.Options) { o.Credentials = base.Credentials })
	if err != nil {
		return aws.Credentials{}, err
	}
	return fromSTS(out.Credentials), nil
}

// Federate returns what GetFederationToken gives to a user: a session with no
// more rights than both the user and the policies have.
func (r *Resolver) Federate(base *Identity, name string, policyARNs []string, d time.Duration) *Identity {
	return r.derived(base, "", base.AccountID, Hop{hopFederation, name}, func(ctx context.Context) (aws.Credentials, error) {
		in := &sts.GetFederationTokenInput{Name: &name, DurationSeconds: seconds(d), PolicyArns: policies(policyARNs)}
		out, err := r.API.STS(base.Target).GetFederationToken(ctx, in, func(o *sts.Options) { o.Credentials = base.Credentials })
		if err != nil {
			return aws.Credentials{}, err
		}
		return fromSTS(out.Credentials), nil
	})
}

// WebIdentity returns the identity of a role that a token of an OpenID Connect
// provider, kept in a file, gives access to. Of the options, those of MFA, tags
// and external ids are not used.
func (r *Resolver) WebIdentity(p *awsconfig.Profile, tokenFile string, o RoleOptions, read func(string) ([]byte, error)) *Identity {
	id := &Identity{Role: RoleName(o.ARN), AccountID: arnPart(o.ARN, 4), Target: r.Target(p), Hops: []Hop{{hopWebIdentity, tokenFile}, {hopRole, o.ARN}}}
	id.Credentials = r.newCredentials(provider(func(ctx context.Context) (aws.Credentials, error) {
		token, err := read(tokenFile)
		if err != nil {
			return aws.Credentials{}, err
		}
		out, err := r.API.STS(id.Target).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &o.ARN, RoleSessionName: aws.String(sessionNameOr(o.SessionName)), WebIdentityToken: aws.String(strings.TrimSpace(string(token))),
			DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		return roleSession("AssumeRoleWithWebIdentity", o.ARN, out.AssumedRoleUser, out.Credentials)
	}))
	return id
}

func policies(arns []string) []types.PolicyDescriptorType {
	var list []types.PolicyDescriptorType
	for _, arn := range arns {
		list = append(list, types.PolicyDescriptorType{Arn: &arn})
	}
	return list
}

// derived is an identity made of another's by one call.
func (r *Resolver) derived(base *Identity, role, accountID string, h Hop, fetch provider) *Identity {
	return &Identity{
		Profile: base.Profile, Role: role, AccountID: accountID, Target: base.Target,
		Credentials: r.newCredentials(fetch), Hops: base.and(h),
	}
}
