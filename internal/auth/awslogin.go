package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/awslogin"
	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// loginWindow is the lifetime left at which a login is renewed, as in the AWS CLI.
const loginWindow = 5 * time.Minute

// loginProvider gives the credentials of a profile with a login_session. They are in the
// AWS CLI's file, and are renewed there under a lock, since two processes must not spend
// the same refresh token.
type loginProvider struct {
	r       *Resolver
	profile string
	target  awsapi.Target
	session string // the ARN in login_session
	file    botocache.LoginFile

	mu     sync.Mutex // held while the user is asked to sign in
	failed error      // after the user was asked
}

// newLoginProvider returns the provider of a profile's login_session.
func (r *Resolver) newLoginProvider(p *awsconfig.Profile, target awsapi.Target) *loginProvider {
	return &loginProvider{r: r, profile: p.Name, target: target, session: p.LoginSession, file: r.Cache.Login(p.LoginSession)}
}

// Retrieve returns the credentials of the file, renewed if they have ended. If they cannot
// be renewed, it asks the user once whether to sign in.
func (p *loginProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return aws.Credentials{}, p.failed
	}
	creds, err := p.renewed(ctx)
	need := (*sso.LoginError)(nil)
	if p.r.OfferLogin == nil || !errors.As(err, &need) {
		return creds, err
	}
	if err = p.r.OfferLogin(ctx, need, p.login); err == nil {
		return p.renewed(ctx)
	}
	if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		if !errors.As(err, new(*sso.LoginError)) {
			err = &sso.LoginError{To: need.To, Why: need.Why + ", and the sign-in failed (" + err.Error() + ")", Command: need.Command}
		}
		p.failed = err
	}
	return aws.Credentials{}, err
}

func (p *loginProvider) name() string { return fmt.Sprintf("the login of profile %q", p.profile) }

// login signs in and writes the file.
func (p *loginProvider) login(ctx context.Context, o sso.LoginOptions) (sso.LoginResult, error) {
	switch err := p.file.CheckWritable(); {
	case errors.Is(err, botocache.ErrNoHome):
		return sso.LoginResult{}, err
	case err != nil:
		return sso.LoginResult{}, fmt.Errorf("%s %w", p.name(), err)
	}
	login, session, err := awslogin.SignIn(ctx, p.r.API, p.target, o, p.r.Now)
	switch {
	case err != nil:
		return sso.LoginResult{}, err
	case session != p.session:
		return sso.LoginResult{}, &awslogin.OtherSessionError{Profile: p.profile, Want: p.session, Got: session}
	}
	unlock, err := p.file.Lock(ctx, p.name())
	if err != nil {
		return sso.LoginResult{}, err
	}
	defer unlock()
	return sso.LoginResult{Region: p.target.Region}, p.file.Write(login) // AWS does not say until when it can be renewed
}

// Login signs in to the login_session of a profile.
func (r *Resolver) Login(ctx context.Context, p *awsconfig.Profile, o sso.LoginOptions) (sso.LoginResult, error) {
	return r.newLoginProvider(p, r.Target(p)).login(ctx, o)
}

// LogoutLogin removes the login of a profile, as `aws logout` does, and reports whether
// there was one. AWS accepts its credentials until they end, within 15 minutes.
func (r *Resolver) LogoutLogin(ctx context.Context, p *awsconfig.Profile) (removed bool, err error) {
	file := r.Cache.Login(p.LoginSession)
	if unlock, err := file.Lock(ctx, fmt.Sprintf("the login of profile %q", p.Name)); err == nil {
		defer unlock()
	}
	return file.Remove()
}

// renewed returns the credentials of the file, renewed if they are about to end.
func (p *loginProvider) renewed(ctx context.Context) (aws.Credentials, error) {
	if unlock, err := p.file.Lock(ctx, p.name()); err == nil { // else the file can still be read
		defer unlock()
	}
	login, err := p.file.Read(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return aws.Credentials{}, p.loginError(fmt.Sprintf("profile %q", p.profile), "is not signed in")
	case err != nil && ctx.Err() != nil:
		return aws.Credentials{}, err
	case err != nil:
		return aws.Credentials{}, p.loginError(p.name(), "cannot be used ("+err.Error()+")")
	}
	now, old := p.r.Now(), login.AccessToken
	if old.ExpiresAt.After(now.Add(loginWindow)) {
		return old.Credentials(), nil
	}
	renewed, err := p.renew(ctx, login)
	switch {
	case err == nil:
		return renewed, nil
	case ctx.Err() != nil:
		return aws.Credentials{}, err
	case old.ExpiresAt.After(now):
		return old.Credentials(), nil // valid a little longer, and the next call tries again
	case sso.Temporary(err):
		return aws.Credentials{}, err
	}
	why := "has ended and cannot be renewed (" + awsapi.Explain(err).Message + ")"
	if unwritable := (*botocache.UnwritableError)(nil); errors.As(err, &unwritable) {
		why = "has ended, and a renewed one " + unwritable.Error()
	}
	return aws.Credentials{}, p.loginError(p.name(), why)
}

// renew exchanges the refresh token, but only if the new one can be written: the old one
// is then spent.
func (p *loginProvider) renew(ctx context.Context, login *botocache.Login) (aws.Credentials, error) {
	if err := p.file.CheckWritable(); err != nil {
		return aws.Credentials{}, err
	}
	renewed, err := awslogin.Renew(ctx, p.r.API, p.target, login, p.r.Now())
	if err != nil {
		return aws.Credentials{}, err
	}
	creds := renewed.AccessToken.Credentials()
	return creds, p.file.Renew(ctx, creds, renewed.RefreshToken)
}

func (p *loginProvider) loginError(to, why string) error {
	return &sso.LoginError{To: to, Why: why, Command: "muster login " + shell.Word(p.profile)}
}
