// Package sso is the client of IAM Identity Center: it signs in to a session, keeps
// its access token valid, and calls the portal with it.
//
// A session's token is in the AWS CLI's cache, where the AWS CLI refreshes it as
// well. Refreshing spends the refresh token, so it happens under a lock that covers
// all goroutines and processes, and only if the new token can be written.
package sso

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sso"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// Client has the parts that all sessions share. Set its fields before use.
type Client struct {
	API   *awsapi.API
	Cache *botocache.Cache
	Now   func() time.Time
	// OfferLogin asks the user whether to sign in, and if so calls signIn. It returns need
	// if the user does not want to. nil: nobody can be asked.
	OfferLogin OfferLogin
}

// OfferLogin is the type of Client.OfferLogin.
type OfferLogin func(ctx context.Context, need *LoginError, signIn func(context.Context, LoginOptions) (LoginResult, error)) error

// Session is an IAM Identity Center session. It is safe for concurrent use.
type Session struct {
	SessionOptions
	client   *Client
	settings *awsconfig.Session
	file     botocache.TokenFile
	portal   *sso.Client

	mu      sync.Mutex
	token   *botocache.Token
	failed  error // an error that only a new sign-in ends
	offered bool  // the user has been asked whether to sign in
}

// SessionOptions are the properties of a session that its section in the config
// does not have.
type SessionOptions struct {
	Name         string // for messages
	LoginCommand string // the command that signs in, for messages
	Target       awsapi.Target
}

// Session returns a new session. Its token file is named by its section, or by its
// start URL if settings belong to a legacy profile.
func (c *Client) Session(settings *awsconfig.Session, o SessionOptions) *Session {
	key := settings.Name
	if key == "" {
		key = settings.StartURL
	}
	return &Session{
		SessionOptions: o, client: c, settings: settings,
		file: c.Cache.Token(key), portal: c.API.SSO(o.Target, settings.Region),
	}
}

// LoginError means that the user has to sign in.
type LoginError struct {
	To      string // the session, as the subject of the message
	Why     string
	Command string // signs in
}

func (e *LoginError) Error() string {
	return fmt.Sprintf("%s %s; sign in with: %s", e.To, e.Why, e.Command)
}

// Reason reports the place as expired in the ledger.
func (e *LoginError) Reason() awsapi.Kind { return awsapi.Expired }

func (s *Session) loginError(why string) error {
	return &LoginError{To: s.String(), Why: why, Command: s.LoginCommand}
}

// String names the session in messages.
func (s *Session) String() string { return fmt.Sprintf("SSO session %q", s.Name) }

// ForgetFailure drops a remembered error, after which the token is read again: the
// user may have signed in since.
func (s *Session) ForgetFailure() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		s.failed, s.token = nil, nil
	}
}

// Region returns the session's region.
func (s *Session) Region() string { return s.settings.Region }

// RoleFile returns the file of a permission set's credentials in the AWS CLI's cache.
func (s *Session) RoleFile(accountID, permissionSet string) botocache.RoleFile {
	return s.client.Cache.PermissionSet(accountID, permissionSet, s.settings.Name, s.settings.StartURL)
}
