package cli

import (
	"cmp"
	"context"
	"fmt"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// loginProfile returns the profile with the login_session that a name leads to: the
// profile itself, or the base of its roles. Without a name it is that of AWS_PROFILE, or the
// only one if there are no SSO sessions. It is nil if the name leads elsewhere.
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
	if err != nil || chain[len(chain)-1].Kind != awsconfig.KindLogin {
		return nil
	}
	return chain[len(chain)-1]
}

// loginProfiles returns a profile for each login_session of the config.
func loginProfiles(config *awsconfig.Config) (all []*awsconfig.Profile) {
	known := map[string]bool{}
	for _, p := range config.Profiles {
		if p.Kind == awsconfig.KindLogin && p.Problem == nil && !known[p.LoginSession] {
			known[p.LoginSession] = true
			all = append(all, p)
		}
	}
	return all
}

// signInAs signs in to the login_session of a profile.
func (c *loginCmd) signInAs(ctx context.Context, app *App, r *auth.Resolver, p *awsconfig.Profile) error {
	if c.NewSession != (newSession{}) {
		return usage("--start-url and --sso-region are for an SSO session; profile %q (%s:%d) has a login_session", p.Name, p.File, p.Line)
	}
	in, err := r.Login(ctx, p, c.options(app))
	if err != nil {
		return err
	}
	app.noteSignedIn(fmt.Sprintf("%s (profile %q)", p.LoginSession, p.Name), in)
	return nil
}
