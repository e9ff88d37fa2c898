package cli

import (
	"cmp"
	"context"
	"fmt"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// loginProfile returns the profile with the login_session or the saml_provider that a name
// leads to: the profile itself, or the base of its roles. Without a name it is that of
// AWS_PROFILE, or the only one if there are no SSO sessions. It is nil if the name leads
// elsewhere.
func loginProfile(app *App, config *awsconfig.Config, name string) *awsconfig.Profile {
	if _, err := config.Session(name); name != "" && err == nil {
		return nil
	}
	if name = cmp.Or(name, app.env["AWS_PROFILE"], app.env["AWS_DEFAULT_PROFILE"]); name == "" {
		sessions, _ := everySession(config)
		if all := loginProfiles(config); len(sessions) == 0 && len(all) == 1 {
			return all[0]
		}
		return nil
	}
	p, err := config.Profile(name)
	if err != nil {
		return nil
	}
	chain, err := config.Chain(p)
	if err != nil {
		return nil
	}
	if base := chain[len(chain)-1]; base.Kind == awsconfig.KindLogin || base.Kind == awsconfig.KindSAML {
		return base
	}
	return nil
}

// loginProfiles returns a profile for each login_session and each sign-in at a SAML provider.
func loginProfiles(config *awsconfig.Config) (all []*awsconfig.Profile) {
	type signIn struct {
		session string
		saml    awsconfig.SAML
	}
	known := map[signIn]bool{}
	for _, p := range config.Profiles {
		in := signIn{session: p.LoginSession}
		if p.Kind == awsconfig.KindSAML {
			in = signIn{saml: p.SAML.SignIn()}
		}
		if (p.Kind == awsconfig.KindLogin || p.Kind == awsconfig.KindSAML) && !known[in] {
			known[in] = true
			all = append(all, p)
		}
	}
	return all
}

// signInAs signs in to the login_session or at the saml_provider of a profile.
func (c *loginCmd) signInAs(ctx context.Context, app *App, g *Global, r *auth.Resolver, p *awsconfig.Profile) ([]contextOffer, error) {
	switch {
	case p.Problem != nil:
		return nil, p.Problem
	case c.NewSession != (newSession{}):
		return nil, usage("--start-url and --sso-region are for an SSO session; profile %q (%s:%d) has its own sign-in", p.Name, p.File, p.Line)
	case p.Kind == awsconfig.KindSAML:
		if err := c.SAML.signIn(ctx, app, g, r, p); err != nil {
			return nil, err
		}
	case c.SAML.given():
		return nil, usage("--role-arn, --role, --duration-seconds and --ip are for a profile with saml_provider; profile %q (%s:%d) has a login_session", p.Name, p.File, p.Line)
	default:
		in, err := r.Login(ctx, p, c.options(app))
		if err != nil {
			return nil, err
		}
		app.noteSignedIn(loginName(p), in)
	}
	if p.Name == "default" { // commands use it without a context
		return nil, nil
	}
	return []contextOffer{{"profile", p.Name}}, nil
}

// loginName names the login_session or the SAML provider of a profile.
func loginName(p *awsconfig.Profile) string {
	if p.Kind == awsconfig.KindSAML {
		return signInOf(p)
	}
	return fmt.Sprintf("%s (profile %q)", p.LoginSession, p.Name)
}

// signInToAll signs in to all sessions one after another. It goes on after an error, and
// returns the offers of those that it has signed in to.
func (c *loginCmd) signInToAll(ctx context.Context, app *App, g *Global, r *auth.Resolver) (offers []contextOffer, err error) {
	sessions, through := everySession(r.Config)
	logins := loginProfiles(r.Config)
	if len(sessions)+len(logins) == 0 {
		return nil, usage("no sso-session, login_session or saml_provider in %s", r.Config.Files.Config)
	}
	failed := 0
	each := func(name string, before auth.SignedIn, signIn func() ([]contextOffer, error)) error {
		if !c.Force && before.Lasts(app.Now()) {
			app.note("still signed in to %s", name)
			return nil
		}
		offer, err := signIn()
		if err != nil && ctx.Err() == nil {
			failed++
			app.report(err)
			return nil
		}
		offers = append(offers, offer...)
		return err
	}
	for i, session := range sessions {
		s := r.SSO(session, through[i])
		err := each(s.String(), r.SignedInSSO(ctx, session), func() ([]contextOffer, error) {
			if session.Problem != nil {
				return nil, session.Problem
			}
			in, err := s.Login(ctx, c.options(app))
			if err != nil {
				return nil, err
			}
			app.noteSignedIn(s.String(), in)
			return offerOf(session), nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, p := range logins {
		before := r.SignedInLogin
		if p.Kind == awsconfig.KindSAML {
			before = r.SignedInSAML
		}
		err := each(loginName(p), before(ctx, p), func() ([]contextOffer, error) { return c.signInAs(ctx, app, g, r, p) })
		if err != nil {
			return nil, err
		}
	}
	switch failed {
	case 0:
		return offers, nil
	case len(sessions) + len(logins):
		return nil, &partial{exitNothing}
	}
	return offers, &partial{exitPartial}
}
