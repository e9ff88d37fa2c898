package sso

import (
	"context"
	"errors"
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
	if s.token == nil {
		token, err := s.readToken(ctx)
		if err != nil {
			return "", s.rememberLoginError(err)
		}
		s.token = token
	}
	if s.usable(s.token, refused, refreshWindow) {
		return s.token.AccessToken, nil
	}
	refreshed, err := s.refresh(ctx, refused)
	switch {
	case err == nil:
		s.token = refreshed
	case ctx.Err() != nil:
		return "", err
	case s.usable(s.token, refused, 0):
		// The token is valid a little longer, and the next call tries again.
	default:
		return "", s.rememberLoginError(err)
	}
	return s.token.AccessToken, nil
}

// rememberLoginError keeps an error that only a new sign-in ends, so that other
// accounts do not run into it again. Other errors, such as an unreachable network,
// may pass.
func (s *Session) rememberLoginError(err error) error {
	if errors.As(err, new(*LoginError)) {
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
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.loginError("is not signed in")
	case ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, s.loginError("has no usable token (" + err.Error() + ")")
	}
	return t, nil
}
