package auth

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// SessionToken returns an IAM user's identity with temporary credentials. If serial is
// not "", they carry a code of that MFA device.
func (r *Resolver) SessionToken(base *Identity, serial string, d time.Duration) *Identity {
	return &Identity{
		Profile: base.Profile, Role: base.Role, RoleARN: base.RoleARN, AccountID: base.AccountID, Target: base.Target,
		Credentials: r.newCredentials(&sessionTokenProvider{r: r, base: base, serial: serial, duration: d}),
		Hops:        base.appendHop(Hop{hopSessionToken, serial}), base: base,
	}
}

// sessionTokenProvider exchanges an IAM user's keys for temporary credentials.
type sessionTokenProvider struct {
	r        *Resolver
	base     *Identity
	serial   string // of the MFA device, "" for none
	duration time.Duration
}

// Retrieve calls GetSessionToken, unless the base has temporary credentials already.
func (p *sessionTokenProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	longTerm, err := p.base.LongTerm(ctx)
	switch {
	case err != nil:
		return aws.Credentials{}, err
	case !longTerm:
		return aws.Credentials{}, &NoCredentialsError{"GetSessionToken needs an IAM user's keys; " + p.base.String() + " has temporary credentials"}
	}
	in := &sts.GetSessionTokenInput{DurationSeconds: seconds(p.duration)}
	if p.serial != "" {
		code, err := p.r.mfaCode(ctx, p.serial, "")
		if err != nil {
			return aws.Credentials{}, err
		}
		in.SerialNumber, in.TokenCode = &p.serial, &code
	}
	out, err := p.r.API.STS(p.base.Target).GetSessionToken(ctx, in, func(o *sts.Options) { o.Credentials = p.base.Credentials })
	if err != nil {
		return aws.Credentials{}, p.base.refused(err, true)
	}
	p.r.answered(out)
	return stsCredentials(out.Credentials), nil
}
