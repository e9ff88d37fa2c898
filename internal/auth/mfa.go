package auth

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// mfaMinTTL is the lifetime that a kept session with MFA must have left. Roles are assumed
// with it at once, so that it need not last as long as their credentials.
const mfaMinTTL = 5 * time.Minute

// mfaProvider exchanges an IAM user's keys and one code of an MFA device for a session
// with MFA. The session is kept in the AWS CLI's cache folder, so that later runs need
// no code until it ends. If the exchange fails, the provider does not ask for another
// code until forgetFailure: each account would ask again.
type mfaProvider struct {
	session sessionTokenProvider
	creds   *Credentials // the cache around this provider

	mu     sync.Mutex // held while the user is asked
	file   botocache.RoleFile
	cached aws.CredentialsProvider // nil until the access key is known
	failed error
}

// Retrieve returns the kept session, or asks for a code and calls GetSessionToken.
func (p *mfaProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return aws.Credentials{}, p.failed
	}
	if p.cached == nil {
		keys, err := p.session.base.Credentials.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		r := p.session.r
		p.file = r.Cache.MFASession(keys.AccessKeyID, p.session.serial)
		p.cached = r.viaCLICache(p.file, "", mfaMinTTL, &p.session)
	}
	defer p.lock(ctx)()
	creds, err := p.cached.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		p.failed = err
	}
	return creds, err
}

// lock waits until no other process asks for a code of the device, so that several
// processes that start at the same time ask once. A process that has no way to get a code
// does not wait for a user at another terminal. Neither does one that a credential_process or
// mfa_process has started: the process that waits for it may hold the lock.
func (p *mfaProvider) lock(ctx context.Context) (unlock func()) {
	r, none := p.session.r, func() {}
	if r.NoRoleCache || !r.canGetCode(p.session.serial) || r.env(loopVariable) != "" || p.file.CheckWritable() != nil {
		return none
	}
	unlock, err := p.file.Lock(ctx, "the session of MFA device "+p.session.serial)
	if err != nil {
		return none
	}
	return unlock
}

// forgetFailure drops an error that may have passed. It does not wait for a user who
// is being asked.
func (p *mfaProvider) forgetFailure() {
	if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	if p.failed != nil && sso.Temporary(p.failed) {
		p.failed = nil
	}
}

// mfaSession returns the session of a device. A device belongs to one user, so that
// its session serves every profile with its serial number.
func (r *Resolver) mfaSession(base *Identity, serial string) *Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	device := r.mfaDevices[serial]
	if device == nil {
		device = &mfaProvider{session: sessionTokenProvider{r: r, base: base, serial: serial}}
		device.creds = r.newCredentials(device)
		r.mfaDevices[serial] = device
	}
	return device.creds
}

// withMFA makes a call with the session of a device. If AWS does not accept a session
// that an earlier run has kept, withMFA gets a new one and makes the call once more.
func (r *Resolver) withMFA(ctx context.Context, base *Identity, serial string, call func(aws.Credentials) error) error {
	session := r.mfaSession(base, serial)
	creds, err := session.Retrieve(ctx)
	if err != nil {
		return err
	}
	err = call(creds)
	if err == nil || creds.Source != botocache.RoleSource || ctx.Err() != nil {
		return err
	}
	if failure := awsapi.Explain(err); failure.Kind != awsapi.Expired && !failure.UnknownCredentials() {
		return err
	}
	session.invalidate(ctx, creds)
	if creds, err = session.Retrieve(ctx); err != nil {
		return err
	}
	return call(creds)
}
