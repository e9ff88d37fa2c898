package auth

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Federate returns a federated user of an IAM user. Its rights are those that both the
// IAM user and the policies allow.
func (r *Resolver) Federate(base *Identity, name string, policyARNs []string, d time.Duration) *Identity {
	return &Identity{
		Profile: base.Profile, AccountID: base.AccountID, Target: base.Target,
		Credentials: r.newCredentials(&federationProvider{r: r, base: base, name: name, policyARNs: policyARNs, duration: d}),
		Hops:        base.appendHop(Hop{hopFederation, name}), base: base,
	}
}

// federationProvider exchanges an IAM user's keys for credentials of a federated user.
type federationProvider struct {
	r          *Resolver
	base       *Identity
	name       string
	policyARNs []string
	duration   time.Duration
}

// Retrieve calls GetFederationToken.
func (p *federationProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	in := &sts.GetFederationTokenInput{Name: &p.name, DurationSeconds: seconds(p.duration), PolicyArns: policies(p.policyARNs)}
	out, err := p.r.API.STS(p.base.Target).GetFederationToken(ctx, in, func(o *sts.Options) { o.Credentials = p.base.Credentials })
	if err != nil {
		return aws.Credentials{}, p.base.refused(err, true)
	}
	return stsCredentials(out.Credentials), nil
}
