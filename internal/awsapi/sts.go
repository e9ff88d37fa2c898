package awsapi

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/catalog"
)

// STS calls the regional endpoint of a target's region. It never uses the global endpoint:
// the tokens from there do not work in opt-in regions.
//
// A region that is not enabled in the caller's account does not know the caller
// (InvalidClientTokenId), and STS may be switched off in the role's account
// (RegionDisabledException). Neither happens in the partition's home region, so STS uses
// that region for the rest of the run.
type STS struct {
	api    *API
	target Target
}

// STS returns a client without credentials.
func (a *API) STS(t Target) *STS { return &STS{a, t} }

// AssumeRole calls the operation of that name, as do the next methods.
func (s *STS) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return callSTS(ctx, s, (*sts.Client).AssumeRole, in, opts)
}

func (s *STS) AssumeRoot(ctx context.Context, in *sts.AssumeRootInput, opts ...func(*sts.Options)) (*sts.AssumeRootOutput, error) {
	return callSTS(ctx, s, (*sts.Client).AssumeRoot, in, opts)
}

func (s *STS) AssumeRoleWithSAML(ctx context.Context, in *sts.AssumeRoleWithSAMLInput, opts ...func(*sts.Options)) (*sts.AssumeRoleWithSAMLOutput, error) {
	return callSTS(ctx, s, (*sts.Client).AssumeRoleWithSAML, in, opts)
}

func (s *STS) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, opts ...func(*sts.Options)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return callSTS(ctx, s, (*sts.Client).AssumeRoleWithWebIdentity, in, opts)
}

func (s *STS) GetCallerIdentity(ctx context.Context, in *sts.GetCallerIdentityInput, opts ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return callSTS(ctx, s, (*sts.Client).GetCallerIdentity, in, opts)
}

func (s *STS) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput, opts ...func(*sts.Options)) (*sts.GetSessionTokenOutput, error) {
	return callSTS(ctx, s, (*sts.Client).GetSessionToken, in, opts)
}

func (s *STS) GetFederationToken(ctx context.Context, in *sts.GetFederationTokenInput, opts ...func(*sts.Options)) (*sts.GetFederationTokenOutput, error) {
	return callSTS(ctx, s, (*sts.Client).GetFederationToken, in, opts)
}

// client returns the SDK's client for a region.
func (s *STS) client(region string) *sts.Client {
	return client(s.api, "sts", s.target, region, sts.NewFromConfig)
}

func callSTS[I, O any](
	ctx context.Context, s *STS, call func(*sts.Client, context.Context, *I, ...func(*sts.Options)) (*O, error), in *I, opts []func(*sts.Options),
) (*O, error) {
	region := catalog.Regional(s.target.Region)
	home := catalog.PartitionOf(region).Home
	if region == home || s.api.endpoint(s.target, "sts") != nil { // there is no other region to try
		return call(s.client(region), ctx, in, opts...)
	}
	// Get the credentials before other calls have to wait: the user may have to type a code.
	key, err := accessKey(ctx, opts)
	if err != nil {
		return call(s.client(region), ctx, in, opts...)
	}
	state := s.api.stsRegion(region)
	defer state.enter(ctx)()
	if state.useHome.Load() {
		return call(s.client(home), ctx, in, opts...)
	}
	out, err := call(s.client(region), ctx, in, opts...)
	if err == nil {
		return out, nil
	}
	code := explain(err).Code
	if _, unknown := state.unknownKeys.Load(key); unknown || regionErrors[code] == "" {
		return out, err
	}
	homeOut, homeErr := call(s.client(home), ctx, in, opts...)
	if homeErr != nil {
		switch f := explain(homeErr); {
		case regionErrors[f.Code] != "":
			state.unknownKeys.Store(key, true)
			return out, err
		case !f.Answered, f.Code == invalidAnswer, f.Kind == Throttled, f.Kind == Unreachable:
			return out, err // the home region did not check the caller
		}
	}
	if state.useHome.CompareAndSwap(false, true) && s.api.settings.Warn != nil {
		s.api.settings.Warn(fmt.Sprintf("STS in %s answers %s (%s); muster uses STS in %s from here on", region, code, regionErrors[code], home))
	}
	return homeOut, homeErr
}

// regionErrors are the codes that a region may answer although the partition's home region
// accepts the caller, with their reasons.
var regionErrors = map[string]string{
	"InvalidClientTokenId":    "the region may not be enabled in the caller's account",
	"RegionDisabledException": "it is switched off in the account",
}

// accessKey returns the access key that signs a call, or "" if none does.
func accessKey(ctx context.Context, opts []func(*sts.Options)) (string, error) {
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

// stsRegion caches whether STS works in a region.
type stsRegion struct {
	useHome     atomic.Bool   // use the partition's home region instead
	unknownKeys sync.Map      // access keys that the home region does not know either
	begun       atomic.Bool   // the first call has begun
	first       chan struct{} // closed when the first call has ended
}

func (a *API) stsRegion(region string) *stsRegion {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stsRegions == nil {
		a.stsRegions = map[string]*stsRegion{}
	}
	state := a.stsRegions[region]
	if state == nil {
		state = &stsRegion{first: make(chan struct{})}
		a.stsRegions[region] = state
	}
	return state
}

// firstCallTimeout is how long other calls wait for the first one. A working region answers
// sooner, and a silent one must not delay all calls.
const firstCallTimeout = time.Second

// enter lets the first call through alone, so that hundreds of calls do not each find out
// that the region does not work. The caller calls leave when its own call has ended.
func (r *stsRegion) enter(ctx context.Context) (leave func()) {
	if r.begun.CompareAndSwap(false, true) {
		return func() { close(r.first) }
	}
	select {
	case <-r.first:
		return func() {}
	default:
	}
	timeout := time.NewTimer(firstCallTimeout)
	defer timeout.Stop()
	select {
	case <-r.first:
	case <-timeout.C:
	case <-ctx.Done():
	}
	return func() {}
}
