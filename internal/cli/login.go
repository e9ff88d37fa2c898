package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/auth"
	"muster/internal/auth/sso"
	"muster/internal/awsconfig"
	"muster/internal/names"
	"muster/internal/shell"
)

type loginCmd struct {
	Name          string        `arg:"" optional:"" name:"session|profile" complete:"sso-sessions,sso-profiles,saml-profiles" help:"SSO session, or a profile with one, with a login_session or with a saml_provider; optional if there is only one."`
	SSOSession    string        `name:"sso-session" placeholder:"NAME" complete:"sso-sessions" help:"SSO session, instead of the argument."`
	Profile       string        `placeholder:"NAME" complete:"profiles" help:"Profile that uses the SSO session, or has a login_session or a saml_provider."`
	UseDeviceCode bool          `aliases:"remote" help:"Sign in with a code, in a browser on any machine; the default over SSH."`
	NoBrowser     bool          `help:"Print the URL instead of opening it."`
	Port          int           `placeholder:"N" complete:"none" help:"Port for the browser's redirect (any free port)."`
	Timeout       time.Duration `placeholder:"10m" default:"10m" complete:"none" help:"Give up after this long (10m)."`
	All           bool          `help:"Sign in to every sso-session, login_session and saml_provider that has ended, one after another."`
	Force         bool          `help:"With --all, also sign in to sessions that have not ended."`
	NewSession    newSession    `embed:""`
	SAML          samlFlags     `embed:""`
}

func (*loginCmd) Examples() []string {
	return []string{
		"muster login",
		"muster login freddy-sso",
		"muster login freddy-sso --use-device-code",
		"muster login --all",
	}
}

// overridden reports whether the variable of a flag is ignored: with --sso-session or
// --profile on the command line, the variables of both are.
func (c *loginCmd) overridden(flag any, _ string, line *flagLine) bool {
	return (flag == &c.SSOSession || flag == &c.Profile) && (line.given[&c.SSOSession] || line.given[&c.Profile])
}

// loginCalls is the number of calls at a time: --role gets credentials in many accounts.
const loginCalls = 16

func (c *loginCmd) Run(ctx context.Context, app *App, g *Global, command *kong.Context) error {
	if err := c.check(command); err != nil {
		return err
	}
	resolver, err := g.connect(app, loginCalls, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no sign-in within %s (--timeout)", c.Timeout))
	defer cancel()
	var offers []contextOffer
	if c.All {
		offers, err = c.signInToAll(ctx, app, g, resolver)
	} else {
		offers, err = c.signInToOne(ctx, app, g, resolver)
	}
	if len(offers) == 0 || ctx.Err() != nil {
		return err
	}
	return cmp.Or(app.offerContext(ctx, g, offers), err)
}

// check checks the flags.
func (c *loginCmd) check(command *kong.Context) error {
	if c.Name != "" && (c.SSOSession != "" || c.Profile != "") {
		for _, path := range command.Path {
			if f := path.Flag; f != nil && !path.Resolved && (field(f) == &c.SSOSession || field(f) == &c.Profile) {
				return usage("%s and --%s: name the session once", c.Name, f.Name)
			}
		}
		c.SSOSession, c.Profile = "", "" // variables that are set for other commands
	}
	switch {
	case c.All && (c.Name != "" || c.SSOSession != "" || c.Profile != "" || c.NewSession != (newSession{})):
		return usage("--all signs in to all sessions of the config: leave out names and --start-url")
	case c.All && c.SAML.RoleARN != "":
		return usage("--all and --role-arn cannot be used together: --role-arn is the role of one profile")
	case c.Force && !c.All:
		return usage("--force needs --all; a sign-in by name always takes place")
	case c.Timeout <= 0:
		return usage("--timeout %s: expected a positive duration, like 5m", c.Timeout)
	case c.Port < 0 || c.Port > 65535:
		return usage("--port %d: expected 1 to 65535", c.Port)
	case c.Port != 0 && c.UseDeviceCode:
		return usage("--port and --use-device-code cannot be used together: a code needs no redirect")
	}
	return c.SAML.check()
}

// signInToOne signs in to the session that the flags or the argument name.
func (c *loginCmd) signInToOne(ctx context.Context, app *App, g *Global, r *auth.Resolver) ([]contextOffer, error) {
	if c.SSOSession == "" {
		if p := loginProfile(app, r.Config, cmp.Or(c.Name, c.Profile)); p != nil {
			return c.signInAs(ctx, app, g, r, p)
		}
	}
	if c.SAML.given() {
		return nil, usage("--role-arn, --role, --duration-seconds and --ip are for a profile with saml_provider")
	}
	session, profile, err := c.session(app, r.Config)
	if err != nil {
		return nil, err
	}
	if session != nil && c.NewSession != (newSession{}) {
		return nil, usage("--start-url and --sso-region are for a session that is not in the config file; %q is (%s:%d)", session.Name, session.File, session.Line)
	}
	isNew := session == nil
	if isNew {
		if session, err = c.NewSession.ask(ctx, app, r.Config, cmp.Or(c.Name, c.SSOSession)); err != nil {
			return nil, err
		}
	}
	signedIn := r.SSO(session, profile)
	in, err := signedIn.Login(ctx, c.options(app))
	if err != nil {
		return nil, err
	}
	app.noteSignedIn(signedIn.String(), in)
	if isNew {
		if kept, err := keepSession(ctx, app, r.Config.Files, session); !kept {
			return nil, err
		}
	} else if in.Region != session.Region { // the next call would go to the wrong region
		if err := awsconfig.SetRegion(ctx, r.Config.Files, session, in.Region); err != nil {
			return nil, fmt.Errorf("signed in, but sso_region cannot be set to %s in the config file: %w", in.Region, err)
		}
		app.note("set sso_region to %s in %s:%d, as the start URL says", in.Region, session.File, session.Line)
	}
	return offerOf(session), nil
}

// options are the options of a sign-in.
func (c *loginCmd) options(app *App) sso.LoginOptions {
	open := app.browser(c.NoBrowser)
	return sso.LoginOptions{
		DeviceCode: c.UseDeviceCode || c.Port == 0 && app.needsCode(c.NoBrowser), Port: c.Port,
		Open: open, Show: app.showSignIn(open != nil), Ask: app.asker(),
	}
}

// session finds the session that the flags or the argument name.
func (c *loginCmd) session(app *App, config *awsconfig.Config) (*awsconfig.Session, *awsconfig.Profile, error) {
	switch {
	case c.SSOSession != "":
		session, err := config.Session(c.SSOSession)
		switch {
		case err == nil:
			return session, nil, session.Problem
		case len(config.Sessions) == 0:
			return nil, nil, nil
		}
		return nil, nil, unknownSession(config, c.SSOSession)
	case c.Profile != "":
		p, err := config.Profile(c.Profile)
		if err != nil {
			return nil, nil, err
		}
		session, through, err := sessionBehind(config, p)
		return session, through, cmp.Or(err, noSession(session, p))
	}
	return ssoSession(app, config, c.Name)
}

// ssoSession finds a session by the name of an sso-session, or of a profile that gets its
// credentials from one. Without a name, it is the session of AWS_PROFILE or the only session.
// It returns nil if no session is configured.
func ssoSession(app *App, config *awsconfig.Config, name string) (*awsconfig.Session, *awsconfig.Profile, error) {
	named := name != ""
	if !named {
		name = cmp.Or(app.env["AWS_PROFILE"], app.env["AWS_DEFAULT_PROFILE"])
	}
	if name != "" {
		if session, err := config.Session(name); err == nil && named {
			return session, nil, session.Problem
		}
		p, err := config.Profile(name)
		switch {
		case err == nil:
			session, through, err := sessionBehind(config, p)
			if session != nil || err != nil || named {
				return session, through, cmp.Or(err, noSession(session, p))
			}
		case named && len(config.Sessions) == 0:
			return nil, nil, nil
		case named:
			return nil, nil, unknownSession(config, name)
		}
	}
	sessions, through := everySession(config)
	switch len(sessions) {
	case 0:
		return nil, nil, nil
	case 1:
		return sessions[0], through[0], sessions[0].Problem
	}
	var names []string
	for i, s := range sessions {
		names = append(names, s.Name)
		if s.Name == "" {
			names[i] = through[i].Name
		}
	}
	return nil, nil, usage("several SSO sessions: %s; name one, as in: muster login %s", strings.Join(names, ", "), shell.Word(names[0]))
}

func noSession(session *awsconfig.Session, p *awsconfig.Profile) error {
	if session != nil {
		return nil
	}
	return usage("profile %q (%s:%d) uses no SSO session, and has no login_session and no saml_provider", p.Name, p.File, p.Line)
}

func unknownSession(config *awsconfig.Config, name string) error {
	var known []string
	for _, s := range config.Sessions {
		known = append(known, s.Name)
	}
	for _, p := range config.Profiles {
		known = append(known, p.Name)
	}
	return &auth.NoCredentialsError{Msg: fmt.Sprintf("no sso-session or profile %q in %s%s", name, config.Files.Config, names.DidYouMean(name, known))}
}

// sessionBehind returns the session at the end of a profile's chain of source profiles, and
// the profile with its settings.
func sessionBehind(config *awsconfig.Config, p *awsconfig.Profile) (*awsconfig.Session, *awsconfig.Profile, error) {
	if p.SSOSession != nil {
		return p.SSOSession, p, p.SSOSession.Problem
	}
	chain, err := config.Chain(p)
	if err != nil {
		return nil, nil, err
	}
	if base := chain[len(chain)-1]; base.SSOSession != nil {
		return base.SSOSession, base, base.SSOSession.Problem
	}
	return nil, nil, nil
}

// everySession returns the sso-sessions and, once each, the start URLs of legacy profiles.
func everySession(config *awsconfig.Config) (sessions []*awsconfig.Session, through []*awsconfig.Profile) {
	for _, s := range config.Sessions {
		sessions, through = append(sessions, s), append(through, nil)
	}
	known := map[string]bool{}
	for _, p := range config.Profiles {
		if p.Kind == awsconfig.KindSSOLegacy && !known[p.SSOStartURL] {
			known[p.SSOStartURL] = true
			sessions, through = append(sessions, p.SSOSession), append(through, p)
		}
	}
	return sessions, through
}
