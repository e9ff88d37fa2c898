package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// refreshWindow is how long before its end a token is refreshed, so that it does
// not end between two calls.
const refreshWindow = 5 * time.Minute

// SSO is an IAM Identity Center session: its token, shared by every account of
// the run and, through its file, with the AWS CLI.
type SSO struct {
	Name   string // of the sso-session; of the profile for legacy ones
	Client *sso.Client

	r       *Resolver
	session *awsconfig.Session
	target  awsapi.Target
	login   string // the command that signs in
	path    string // the token's file

	mu     sync.Mutex
	token  *botocache.Token
	failed error // a token that cannot be had is asked for once
}

// LoginError says that the user has to sign in: to what, why, and by which command.
type LoginError struct {
	To, Why, Command string
}

func (e *LoginError) Error() string {
	return fmt.Sprintf("%s %s; sign in with: %s", e.To, e.Why, e.Command)
}

// Reason makes it an expired place in the ledger.
func (e *LoginError) Reason() awsapi.Kind { return awsapi.Expired }

// SSO returns the session of a config's sso-session, or of a legacy profile
// where the session has no name. p may be nil.
func (r *Resolver) SSO(session *awsconfig.Session, p *awsconfig.Profile) *SSO {
	name, key := session.Name, session.Name
	if session.Name == "" {
		name, key = p.Name, p.SSOStartURL
	}
	login := "muster login " + shell.Word(name)
	path := botocache.TokenFile(r.Home, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[path]; s != nil {
		return s
	}
	target := r.Target(p)
	s := &SSO{Name: name, Client: r.API.SSO(target, session.Region), r: r, session: session, target: target, login: login, path: path}
	if r.sessions == nil {
		r.sessions = map[string]*SSO{}
	}
	r.sessions[path] = s
	return s
}

func (s *SSO) hops(permissionSet string) []Hop {
	return []Hop{{hopSSOSession, s.Name}, {hopPermissionSet, permissionSet}}
}

// Target returns where the session's accounts are called by default.
func (s *SSO) Target() awsapi.Target { return s.target }

// Do makes a call with the session's token. A token can be dead before its time:
// where the portal refuses it, it is refreshed and the call made once more.
func (s *SSO) Do(ctx context.Context, call func(token string) error) error {
	token, err := s.accessToken(ctx, "")
	if err != nil {
		return err
	}
	if err = call(token); !refused(err) {
		return err
	}
	if token, err = s.accessToken(ctx, token); err != nil {
		return err
	}
	if err = call(token); refused(err) {
		return s.loginError("is not accepted any more")
	}
	return err
}

// refused says whether the portal did not take the token.
func refused(err error) bool {
	return err != nil && awsapi.Explain(err).Code == "UnauthorizedException"
}

// Role returns the provider of a permission set's credentials in an account.
func (s *SSO) Role(accountID, permissionSet string) aws.CredentialsProvider {
	key := botocache.SSORoleKey(accountID, permissionSet, s.session.Name, s.session.StartURL)
	return s.r.viaCLICache(key, botocache.ProviderSSO, accountID, func(ctx context.Context) (aws.Credentials, error) {
		var out *sso.GetRoleCredentialsOutput
		err := s.Do(ctx, func(token string) (err error) {
			out, err = s.Client.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
				AccessToken: &token, AccountId: &accountID, RoleName: &permissionSet,
			})
			return err
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		c := out.RoleCredentials
		return aws.Credentials{
			AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: aws.ToString(c.SessionToken),
			CanExpire: true, Expires: time.UnixMilli(c.Expiration), AccountID: accountID,
		}, nil
	})
}

// unwritableError is why nothing was exchanged for what could not be kept.
type unwritableError struct {
	path string
	err  error
}

func (e *unwritableError) Error() string {
	return fmt.Sprintf("cannot be written (%v): make %s writable", e.err, filepath.Dir(e.path))
}

func (s *SSO) loginError(why string) error {
	return &LoginError{To: fmt.Sprintf("SSO session %q", s.Name), Why: why, Command: s.login}
}

// accessToken returns a token that is not refused: the cached one while it
// lasts, then a refreshed one. One goroutine refreshes, the others wait for it.
func (s *SSO) accessToken(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return "", s.failed
	}
	if s.token == nil {
		token, err := s.load(ctx)
		if err != nil {
			return "", s.rememberLoginError(err)
		}
		s.token = token
	}
	if s.usable(s.token, refused, refreshWindow) {
		return s.token.AccessToken, nil
	}
	renewed, err := s.refresh(ctx, refused)
	switch {
	case err == nil:
		s.token = renewed
	case ctx.Err() != nil:
		return "", err
	case s.usable(s.token, refused, 0):
		// It lasts a little longer; the next call tries again.
	default:
		return "", s.rememberLoginError(err)
	}
	return s.token.AccessToken, nil
}

// rememberLoginError keeps an error that only a new sign-in can end, so that it is not
// repeated by each account. Other errors, such as those of the network, may pass.
func (s *SSO) rememberLoginError(err error) error {
	if errors.As(err, new(*LoginError)) {
		s.failed = err
	}
	return err
}

// ForgetFailures drops remembered errors of SSO sessions and MFA devices. Call it
// before another round of calls: the user may have signed in since, or the network
// may be back.
func (r *Resolver) ForgetFailures() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		s.mu.Lock()
		if s.failed != nil {
			s.failed, s.token = nil, nil
		}
		s.mu.Unlock()
	}
	for _, d := range r.mfa {
		if !d.mu.TryLock() {
			continue // the user is still being asked
		}
		if d.failed != nil && passing(d.failed) {
			d.failed = nil
		}
		d.mu.Unlock()
	}
}

func (s *SSO) usable(t *botocache.Token, refused string, window time.Duration) bool {
	return t.AccessToken != refused && t.ExpiresAt.After(s.r.Now().Add(window))
}

func (s *SSO) load(ctx context.Context) (*botocache.Token, error) {
	if s.r.Home == "" {
		return nil, s.loginError("is not signed in")
	}
	t, err := botocache.ReadToken(ctx, s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.loginError("is not signed in")
	case ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, s.loginError("has no usable token (" + err.Error() + ")")
	}
	return t, nil
}

// refresh exchanges the refresh token for a new access token and writes both
// back. Two processes that refresh at once would spoil each other's refresh
// token, so the file is locked, and read again once the lock is held.
func (s *SSO) refresh(ctx context.Context, refused string) (*botocache.Token, error) {
	// What cannot be written must not be exchanged: the old one works no more.
	unwritable := botocache.Writable(s.path)
	if unwritable == nil {
		unlock, err := s.lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	old, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if s.usable(old, refused, refreshWindow) {
		return old, nil
	}
	ended := "has ended"
	if old.ExpiresAt.After(s.r.Now()) {
		ended = "is not accepted any more"
	}
	if unwritable != nil {
		return nil, s.loginError(ended + ", and a new token " + (&unwritableError{s.path, unwritable}).Error())
	}
	if !old.Refreshable(s.r.Now()) {
		return nil, s.loginError(ended)
	}
	out, err := s.r.API.OIDC(s.target, s.session.Region).CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: &old.ClientID, ClientSecret: &old.ClientSecret, RefreshToken: &old.RefreshToken,
		GrantType: aws.String("refresh_token"),
	})
	if err != nil {
		if passing(err) {
			return nil, err
		}
		return nil, s.loginError(ended + " and cannot be refreshed")
	}
	expires := s.r.Now().Add(time.Duration(out.ExpiresIn) * time.Second)
	renewed := old.Renewed(*out.AccessToken, expires, aws.ToString(out.RefreshToken))
	renewed.StartURL, renewed.Region = s.session.StartURL, s.session.Region
	if err := renewed.Write(s.path); err != nil {
		return nil, fmt.Errorf("writing the refreshed token of SSO session %q: %w", s.Name, err)
	}
	return renewed, nil
}

// lock keeps other processes from the token's file.
func (s *SSO) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = s.r.lockFile(ctx, s.path, fmt.Sprintf("the token of SSO session %q", s.Name))
	if err != nil {
		return nil, fmt.Errorf("locking the token of SSO session %q: %w", s.Name, err)
	}
	return unlock, nil
}

// Identity returns who a permission set makes the session's user in an account.
func (s *SSO) Identity(accountID, permissionSet string) *Identity {
	target := s.target
	target.Region = awsapi.PartitionOf(s.session.Region).Home
	return &Identity{
		Role: permissionSet, AccountID: accountID, Target: target, Hops: s.hops(permissionSet),
		Credentials: s.r.newCredentials(s.Role(accountID, permissionSet)),
	}
}
