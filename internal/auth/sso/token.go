package sso

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"muster/internal/auth/botocache"
)

// refreshWindow is the lifetime left at which a token is refreshed, so that it does
// not end between two calls.
const refreshWindow = 5 * time.Minute

// accessToken returns a valid token other than the refused one: the cached token,
// else a refreshed one. One goroutine refreshes while the others wait.
func (s *Session) accessToken(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return "", s.failed
	}
	err := s.validate(ctx, refused)
	if need := (*LoginError)(nil); errors.As(err, &need) {
		err = s.offerLogin(ctx, need)
	}
	if err != nil {
		return "", err
	}
	return s.token.AccessToken, nil
}

// validate makes the token one that is valid and not the refused one.
func (s *Session) validate(ctx context.Context, refused string) error {
	if s.token == nil {
		token, err := s.readToken(ctx)
		if err != nil {
			return err
		}
		s.token = token
	}
	if s.usable(s.token, refused, refreshWindow) {
		return nil
	}
	refreshed, err := s.refresh(ctx, refused)
	switch {
	case err == nil:
		s.token = refreshed
	case ctx.Err() == nil && s.usable(s.token, refused, 0):
		return nil // the token is valid a little longer, and the next call tries again
	}
	return err
}

// offerLogin asks the user once whether to sign in. The callers of accessToken wait for
// the answer. An error that only a sign-in ends is kept, so that other accounts do not
// run into it again. Other errors, such as an unreachable network, may pass.
func (s *Session) offerLogin(ctx context.Context, need *LoginError) error {
	if s.client.OfferLogin == nil || s.offered {
		s.failed = need
		return need
	}
	s.offered = true
	err := s.client.OfferLogin(ctx, need, func(ctx context.Context, o LoginOptions) (LoginResult, error) {
		t, err := s.signIn(ctx, o)
		if err != nil {
			return LoginResult{}, err
		}
		if t.Region != s.settings.Region { // all calls would go to the wrong region
			return LoginResult{}, fmt.Errorf("its region is %s, and sso_region is %s", t.Region, s.settings.Region)
		}
		return LoginResult{t.ExpiresAt, t.Region}, s.keep(ctx, t)
	})
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, context.Canceled):
	case errors.As(err, new(*LoginError)):
		s.failed = err
	default:
		err = &LoginError{To: need.To, Why: need.Why + ", and the sign-in failed (" + err.Error() + ")", Command: need.Command}
		s.failed = err
	}
	return err
}

// usable reports whether the token is not the refused one and is valid for longer
// than window.
func (s *Session) usable(t *botocache.Token, refused string, window time.Duration) bool {
	return t.AccessToken != refused && t.ExpiresAt.After(s.client.Now().Add(window))
}

func (s *Session) readToken(ctx context.Context) (*botocache.Token, error) {
	t, err := s.file.Read(ctx)
	switch {
	case err == nil:
		return t, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.loginError("is not signed in")
	case ctx.Err() != nil:
		return nil, err
	}
	return nil, s.loginError("has no usable token (" + err.Error() + ")")
}
