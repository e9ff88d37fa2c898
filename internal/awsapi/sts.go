package awsapi

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// STS asks the regional endpoint of a target's region. The global endpoint is never
// used: its tokens are refused in regions that have to be opted in to.
//
// A region that is not enabled in the caller's account does not know the caller
// (InvalidClientTokenId), and STS may be switched off in the role's account
// (RegionDisabledException). Neither can happen in the partition's home region: it is
// then asked instead, for the rest of the run.
type STS struct {
	api    *API
	target Target
}

// STS returns a client without credentials.
func (a *API) STS(t Target) *STS { return &STS{a, t} }

// AssumeRole is the operation of that name, as are the next.
func (s *STS) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return askSTS(ctx, s, (*sts.Client).AssumeRole, in, opts)
}

func (s *STS) AssumeRoleWithSAML(ctx context.Context, in *sts.AssumeRoleWithSAMLInput, opts ...func(*sts.Options)) (*sts.AssumeRoleWithSAMLOutput, error) {
	return askSTS(ctx, s, (*sts.Client).AssumeRoleWithSAML, in, opts)
}

func (s *STS) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, opts ...func(*sts.Options)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return askSTS(ctx, s, (*sts.Client).AssumeRoleWithWebIdentity, in, opts)
}

func (s *STS) GetCallerIdentity(ctx context.Context, in *sts.GetCallerIdentityInput, opts ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return askSTS(ctx, s, (*sts.Client).GetCallerIdentity, in, opts)
}

func (s *STS) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput, opts ...func(*sts.Options)) (*sts.GetSessionTokenOutput, error) {
	return askSTS(ctx, s, (*sts.Client).GetSessionToken, in, opts)
}

func (s *STS) GetFederationToken(ctx context.Context, in *sts.GetFederationTokenInput, opts ...func(*sts.Options)) (*sts.GetFederationTokenOutput, error) {
	return askSTS(ctx, s, (*sts.Client).GetFederationToken, in, opts)
}

// in is the client for a region.
func (s *STS) in(region string) *sts.Client {
	return client(s.api, "sts", s.target, region, sts.NewFromConfig)
}

func askSTS[I, O any](
	ctx context.Context, s *STS, call func(*sts.Client, context.Context, *I, ...func(*sts.Options)) (*O, error), in *I, opts []func(*sts.Options),
) (*O, error) {
	region := Regional(s.target.Region)
	home := PartitionOf(region).Home
	if region == home || s.api.endpoint(s.target, "sts") != nil { // which is the only one there is
		return call(s.in(region), ctx, in, opts...)
	}
	key, err := signer(ctx, opts) // before others are kept waiting: the user may be asked for it
	if err != nil {
		return call(s.in(region), ctx, in, opts...)
	}
	at := s.api.stsRegion(region)
	defer at.enter(ctx)()
	if at.moved.Load() {
		return call(s.in(home), ctx, in, opts...)
	}
	out, err := call(s.in(region), ctx, in, opts...)
	if err == nil {
		return out, nil
	}
	refusal := explain(err).Code
	if _, unknown := at.unknown.Load(key); unknown || !ofRegion(refusal) {
		return out, err
	}
	atHome, homeErr := call(s.in(home), ctx, in, opts...)
	if homeErr != nil {
		switch f := explain(homeErr); {
		case ofRegion(f.Code):
			at.unknown.Store(key, true)
			return out, err
		case !f.Answered, f.Code == invalidAnswer, f.Kind == Throttled, f.Kind == Unreachable:
			return out, err // which says nothing about the caller
		}
	}
	if at.moved.CompareAndSwap(false, true) && s.api.settings.Warn != nil {
		s.api.settings.Warn(fmt.Sprintf("STS in %s answers %s (%s); STS is asked in %s from here on", region, refusal, whyRefused[refusal], home))
	}
	return atHome, homeErr
}

// whyRefused says what makes a region refuse whom the partition's home accepts.
var whyRefused = map[string]string{
	"InvalidClientTokenId":    "the region may not be enabled in the caller's account",
	"RegionDisabledException": "it is switched off in the account",
}

// ofRegion says whether a code may be due to the region that was asked.
func ofRegion(code string) bool { return whyRefused[code] != "" }

// signer is the access key that a call is signed with; "" for one that is not signed.
func signer(ctx context.Context, opts []func(*sts.Options)) (string, error) {
	var o sts.Options
	for _, set := range opts {
		set(&o)
	}
	if o.Credentials == nil {
		return "", nil
	}
	creds, err := o.Credentials.Retrieve(ctx)
	return creds.AccessKeyID, err
}

// stsRegion is what the run knows of STS in a region.
type stsRegion struct {
	moved   atomic.Bool   // the partition's home is asked instead
	unknown sync.Map      // access keys that the home does not know either
	begun   atomic.Bool   // somebody has asked
	tried   chan struct{} // closed once the first has been answered
}

func (a *API) stsRegion(region string) *stsRegion {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stsRegions == nil {
		a.stsRegions = map[string]*stsRegion{}
	}
	at := a.stsRegions[region]
	if at == nil {
		at = &stsRegion{tried: make(chan struct{})}
		a.stsRegions[region] = at
	}
	return at
}

// firstPatience is how long others wait for the first answer: that of a region which
// works is there sooner, and one that is silent must not keep them all.
const firstPatience = time.Second

// enter lets one call go ahead, so that not each of hundreds finds out for itself that
// the region does not work.
func (at *stsRegion) enter(ctx context.Context) (leave func()) {
	if at.begun.CompareAndSwap(false, true) {
		return func() { close(at.tried) }
	}
	select {
	case <-at.tried:
		return func() {}
	default:
	}
	late := time.NewTimer(firstPatience)
	defer late.Stop()
	select {
	case <-at.tried:
	case <-late.C:
	case <-ctx.Done():
	}
	return func() {}
}
