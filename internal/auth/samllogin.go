package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awsconfig"
)

// SAMLLogin are the options of LoginSAML.
type SAMLLogin struct {
	Role     string        // ARN or name; "" for that of the profile or the user's choice
	Duration time.Duration // of the roles' sessions; 0 for that of the profile
	IP       string        // of the user; "" for that of the profile
}

// LoginSAML signs in at the SAML provider of a profile, and keeps the credentials of its role.
// It keeps nothing if AWS gives none.
func (r *Resolver) LoginSAML(ctx context.Context, p *awsconfig.Profile, o SAMLLogin) (role SAMLRole, until time.Time, err error) {
	if err := r.SignInSAML(ctx, p, o); err != nil {
		return SAMLRole{}, time.Time{}, err
	}
	s := r.samlSession(p)
	provider := &samlProvider{session: s, profile: p, asked: o.Role, chooses: true}
	if role, err = provider.choose(ctx, s.assertion); err != nil {
		return SAMLRole{}, time.Time{}, err
	}
	creds, err := provider.assume(ctx, s.assertion, role)
	return role, creds.Expires, err
}

// SignInSAML signs in at the SAML provider of a profile. Roles that are opened in this run get
// new credentials, even where the kept ones are valid.
func (r *Resolver) SignInSAML(ctx context.Context, p *awsconfig.Profile, o SAMLLogin) error {
	s := r.samlSession(p)
	switch err := s.file.CheckWritable(); {
	case errors.Is(err, botocache.ErrNoHome):
		return err
	case err != nil:
		return fmt.Errorf("the sign-in of profile %q %w", p.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login, s.opened = &o, map[botocache.SAMLRoleFile]bool{}
	return s.obtain(ctx, p, o.IP)
}

// SharingSAML returns the identities of the profiles that share the sign-in of p and whose role
// is known, so that muster does not ask for it.
func (r *Resolver) SharingSAML(ctx context.Context, p *awsconfig.Profile) (ids []*Identity) {
	s := r.samlSession(p)
	signIn := s.kept(ctx)
	if signIn == nil {
		return nil
	}
	for _, other := range r.Config.Profiles {
		if other.Kind != awsconfig.KindSAML || other.Problem != nil || other.SAML.SignIn() != p.SAML.SignIn() {
			continue
		}
		if _, settled := (&samlProvider{session: s, profile: other}).settled(rolesOf(signIn)); !settled {
			continue
		}
		if id, err := r.Profile(other); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// LogoutSAML removes what is kept of the sign-in of a profile, and reports the number of
// files. AWS accepts the credentials until they end.
func (r *Resolver) LogoutSAML(ctx context.Context, p *awsconfig.Profile) (removed int, err error) {
	s := r.samlSession(p)
	if unlock, err := s.file.Lock(ctx, fmt.Sprintf("the sign-in of profile %q", p.Name)); err == nil {
		defer unlock()
	}
	signIn := s.file.Read(ctx)
	if signIn == nil {
		return 0, nil
	}
	for _, role := range rolesOf(signIn) {
		gone, removeErr := s.roleFile(role).Remove()
		if gone {
			removed++
		}
		err = errors.Join(err, removeErr)
	}
	if err == nil { // else the list is needed to try again
		_, err = s.file.Remove()
	}
	return removed, err
}

// SignedInSAML reads what is kept of the sign-in of a profile: its end is that of the
// credentials of the profile's role, or else of the role that lasts longest.
func (r *Resolver) SignedInSAML(ctx context.Context, p *awsconfig.Profile) (in SignedIn) {
	s := r.samlSession(p)
	signIn := s.file.Read(ctx)
	if signIn == nil {
		return SignedIn{}
	}
	roles := rolesOf(signIn)
	if role, settled := (&samlProvider{session: s, profile: p}).settled(roles); settled {
		roles, in.Account = []SAMLRole{role}, role.AccountID()
	}
	for _, one := range roles {
		if creds, ok := s.roleFile(one).Read(ctx); ok && creds.Expires.After(in.Expires) {
			in.Expires = creds.Expires
		}
	}
	return in
}
