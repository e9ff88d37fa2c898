package cli

import (
	"context"

	"muster/internal/auth"
	"muster/internal/auth/sso"
	"muster/internal/awsconfig"
)

type logoutCmd struct {
	Name string `arg:"" optional:"" name:"session|profile" complete:"sso-sessions,sso-profiles,saml-profiles" help:"SSO session, or a profile with one, with a login_session or with a saml_provider; without it, all SSO sessions."`
	All  bool   `help:"Sign out of all SSO sessions, and of every login_session and saml_provider."`
}

func (*logoutCmd) Examples() []string {
	return []string{
		"muster logout freddy-sso",
		"muster logout",
		"muster logout --all",
	}
}

func (c *logoutCmd) Run(ctx context.Context, app *App, g *Global) error {
	if c.All && c.Name != "" {
		return usage("%s and --all: sign out of one session, or of all", c.Name)
	}
	resolver, err := g.connect(app, 1, nil)
	if err != nil {
		return err
	}
	if p := loginProfile(app, resolver.Config, c.Name); p != nil && c.Name != "" {
		return logoutProfile(ctx, app, resolver, p)
	}
	if c.All {
		for _, p := range loginProfiles(resolver.Config) {
			if err := logoutProfile(ctx, app, resolver, p); err != nil {
				return err
			}
		}
	}
	var result sso.LogoutResult
	if c.Name == "" {
		result, err = resolver.LogoutAll(ctx)
	} else {
		session, profile, lookup := ssoSession(app, resolver.Config, c.Name)
		if lookup != nil {
			return lookup
		}
		if session == nil {
			return unknownSession(resolver.Config, c.Name)
		}
		result, err = resolver.Logout(ctx, resolver.SSO(session, profile))
	}
	switch {
	case err != nil:
		return err
	case result.Tokens == 0:
		app.note("not signed in to any SSO session; removed %s of cached credentials", count(result.Roles, "file"))
	default:
		app.note("signed out of %s; removed %s of cached credentials", count(result.Tokens, "SSO session"), count(result.Roles, "file"))
	}
	if result.Unrevoked != nil {
		app.note("the token is deleted here, but AWS could not revoke it:")
		app.report(result.Unrevoked)
		return &partial{exitPartial}
	}
	return nil
}

// logoutProfile signs out of the login_session of a profile, or removes what is kept of its
// sign-in at a SAML provider.
func logoutProfile(ctx context.Context, app *App, r *auth.Resolver, p *awsconfig.Profile) error {
	if p.Kind == awsconfig.KindSAML {
		return logoutSAML(ctx, app, r, p)
	}
	removed, err := r.LogoutLogin(ctx, p)
	switch {
	case err != nil:
		return err
	case removed:
		app.note("signed out of %s; its credentials end within 15 minutes", loginName(p))
	default:
		app.note("not signed in to %s", loginName(p))
	}
	return nil
}
