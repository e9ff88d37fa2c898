package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// RoleOptions are the parameters of AssumeRole and its variants. Only RoleARN is
// required.
type RoleOptions struct {
	awsconfig.RoleSettings
	MFACode string // "" asks the user, if there is an MFASerial

	Policy         string // JSON; limits the session
	PolicyARNs     []string
	Tags           []types.Tag
	TransitiveTags []string // keys of Tags that further roles inherit
	SourceIdentity string
	Contexts       []types.ProvidedContext
	MinTokenSize   int // the session token has at least this many bytes; 0: no least size

	// Uncached bypasses the AWS CLI's role cache. It is required with any field from
	// Policy to MinTokenSize: the cache's keys do not contain them.
	Uncached bool
}

// Assume returns the identity of a role that is assumed with base's credentials.
func (r *Resolver) Assume(base *Identity, o RoleOptions) *Identity {
	var p aws.CredentialsProvider = &assumeRoleProvider{r: r, base: base, options: o}
	if !o.Uncached {
		p = r.viaCLICache(r.Cache.AssumedRole(assumeRoleArguments(o.RoleSettings)), arnPart(o.RoleARN, arnAccount), 0, p)
	}
	return &Identity{
		Profile: base.Profile, Role: roleName(o.RoleARN), RoleARN: o.RoleARN, AccountID: arnPart(o.RoleARN, arnAccount),
		Target: base.Target, Credentials: r.newCredentials(p),
		Hops: base.appendHop(Hop{hopRole, o.RoleARN}), base: base,
	}
}

// assumeRoleProvider assumes a role with the credentials of another identity.
type assumeRoleProvider struct {
	r       *Resolver
	base    *Identity
	options RoleOptions
}

// Retrieve calls AssumeRole in the base's region.
func (p *assumeRoleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o := p.options
	in := &sts.AssumeRoleInput{
		RoleArn: &o.RoleARN, RoleSessionName: p.r.sessionName(o.RoleSessionName),
		DurationSeconds: seconds(o.Duration), ExternalId: optional(o.ExternalID),
		Policy: optional(o.Policy), SourceIdentity: optional(o.SourceIdentity), Tags: o.Tags, TransitiveTagKeys: o.TransitiveTags,
		PolicyArns: policies(o.PolicyARNs), ProvidedContexts: o.Contexts, MinimumSessionTokenSize: positive(o.MinTokenSize),
	}
	var out *sts.AssumeRoleOutput
	call := func(source aws.Credentials) (err error) {
		out, err = p.r.API.STS(p.base.Target).AssumeRole(ctx, in, func(o *sts.Options) {
			o.Credentials = credentials.StaticCredentialsProvider{Value: source}
		})
		return err
	}
	if err := p.withSource(ctx, in, call); err != nil {
		return aws.Credentials{}, p.base.refused(err, true)
	}
	p.r.answered(out)
	return roleSession("AssumeRole", o.RoleARN, out.AssumedRoleUser, out.Credentials)
}

// withSource makes the call with the base's credentials, or with a session with MFA. It
// retrieves the credentials before the call that needs them. Otherwise the calls of a
// chain of roles would be nested, and take the square of its length.
func (p *assumeRoleProvider) withSource(ctx context.Context, in *sts.AssumeRoleInput, call func(aws.Credentials) error) error {
	if serial := p.options.MFASerial; serial != "" {
		longTerm, err := p.base.LongTerm(ctx)
		if err != nil {
			return err
		}
		if longTerm && p.options.MFACode == "" {
			// A code works once, so one session with MFA serves every role.
			return p.r.withMFA(ctx, p.base, serial, call)
		}
		code, err := p.r.mfaCode(ctx, serial, p.options.MFACode)
		if err != nil {
			return err
		}
		in.SerialNumber, in.TokenCode = &serial, &code
	}
	source, err := p.base.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	return call(source)
}

// roleSession returns the credentials of a role's session. It returns an error if the
// session is not in the role's account: such an answer is not from AWS.
func roleSession(operation, roleARN string, user *types.AssumedRoleUser, c *types.Credentials) (aws.Credentials, error) {
	creds := stsCredentials(c)
	if user != nil {
		creds.AccountID = arnPart(aws.ToString(user.Arn), arnAccount)
	}
	return checkAccount(operation, arnPart(roleARN, arnAccount), creds)
}

// checkAccount returns an error if the credentials belong to another account. Else it
// sets their account.
func checkAccount(operation, accountID string, creds aws.Credentials) (aws.Credentials, error) {
	if creds.AccountID != "" && creds.AccountID != accountID {
		return aws.Credentials{}, &awsapi.BrokenAnswer{
			Operation: operation, Msg: fmt.Sprintf("gave credentials of account %s for one in account %s", creds.AccountID, accountID),
		}
	}
	creds.AccountID = accountID
	return creds, nil
}

// stsCredentials converts credentials of STS. Package awsapi has checked that they are
// complete.
func stsCredentials(c *types.Credentials) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration,
	}
}

// seconds returns nil for 0, the operation's default.
func seconds(d time.Duration) *int32 { return positive(int(d / time.Second)) }

// positive returns nil for 0.
func positive(n int) *int32 {
	if n == 0 {
		return nil
	}
	return aws.Int32(int32(n))
}

// optional returns nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func policies(arns []string) []types.PolicyDescriptorType {
	var list []types.PolicyDescriptorType
	for _, arn := range arns {
		list = append(list, types.PolicyDescriptorType{Arn: &arn})
	}
	return list
}
