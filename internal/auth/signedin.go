package auth

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"time"

	"muster/internal/awsconfig"
)

// SignedIn describes how far the user is signed in to a session, as the files say: AWS may
// have ended the session earlier.
type SignedIn struct {
	Expires   time.Time // of the token or the credentials; zero if there are none
	Renewable bool      // there is a refresh token
	Problem   error     // the file cannot be used; nil if it is missing
	Account   string    // id of the account of the role; "" if it is not known
}

// Lasts reports whether calls need no sign-in at a time.
func (s SignedIn) Lasts(now time.Time) bool { return s.Expires.After(now) || s.Renewable }

// SignedInSSO reads the token of a session.
func (r *Resolver) SignedInSSO(ctx context.Context, session *awsconfig.Session) SignedIn {
	t, err := r.Cache.Token(cmp.Or(session.Name, session.StartURL)).Read(ctx)
	if err != nil {
		return SignedIn{Problem: unlessMissing(err)}
	}
	return SignedIn{Expires: t.ExpiresAt, Renewable: t.Refreshable(r.Now())}
}

// SignedInLogin reads the login of a profile's login_session.
func (r *Resolver) SignedInLogin(ctx context.Context, p *awsconfig.Profile) SignedIn {
	login, err := r.Cache.Login(p.LoginSession).Read(ctx)
	if err != nil {
		return SignedIn{Problem: unlessMissing(err)}
	}
	return SignedIn{Expires: login.AccessToken.ExpiresAt.Time, Renewable: login.RefreshToken != "" && login.DPoPKey != ""}
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
