package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/shell"
)

// newSession are the settings of an sso-session that is not in the config file.
type newSession struct {
	StartURL  string `name:"start-url" placeholder:"URL" complete:"none" help:"Start URL of a session that is not in the config file."`
	SSORegion string `name:"sso-region" placeholder:"R" complete:"regions" help:"Region of that session."`
}

// defaultScope is the scope that the AWS CLI writes into a new session.
const defaultScope = "sso:account:access"

// ask asks for the settings that the flags do not give.
func (n *newSession) ask(ctx context.Context, app *App, config *awsconfig.Config, name string) (session *awsconfig.Session, err error) {
	if !app.term.CanAsk() && (n.StartURL == "" || n.SSORegion == "") {
		return nil, usage("no sso-session in %s, and no terminal for questions: give --start-url and --sso-region", config.Files.Config)
	}
	question := func(flag, text, fallback string, value *string, check func(string) error) {
		for err == nil && *value == "" {
			if *value, err = app.term.Ask(ctx, text+" "); err != nil {
				return
			}
			*value = cmp.Or(strings.TrimSpace(*value), fallback)
			if wrong := check(*value); wrong != nil {
				app.note("%v", wrong)
				*value = ""
			}
		}
		if err == nil {
			if wrong := check(*value); wrong != nil {
				err = usage("%s: %v", flag, wrong)
			}
		}
	}
	if n.StartURL == "" {
		app.note("no sso-session in %s yet", config.Files.Config)
	}
	question("--start-url", "Start URL (such as https://example.awsapps.com/start):", "", &n.StartURL, checkStartURL)
	question("--sso-region", "Its region [us-east-1]:", "us-east-1", &n.SSORegion, checkRegion)
	if err != nil {
		return nil, err
	}
	return &awsconfig.Session{
		Name: cmp.Or(name, sessionNameOf(n.StartURL)), StartURL: n.StartURL, Region: n.SSORegion, Scopes: []string{defaultScope},
		File: config.Files.Config,
	}, nil
}

// keepSession writes the session into the config file, unless the user does not want it.
func keepSession(ctx context.Context, app *App, files awsconfig.Files, s *awsconfig.Session) (kept bool, err error) {
	section := awsconfig.Section{Kind: "sso-session", Name: s.Name, Settings: []awsconfig.Setting{
		{Key: "sso_start_url", Value: s.StartURL}, {Key: "sso_region", Value: s.Region}, {Key: "sso_registration_scopes", Value: defaultScope},
	}}
	if app.term.CanAsk() {
		yes, err := app.term.Offer(ctx, fmt.Sprintf("Write [sso-session %s] into %s?", s.Name, files.Config))
		if err != nil {
			return false, err
		}
		if !yes {
			app.note("not written; this is the section:")
			for _, line := range strings.Split(strings.TrimSpace(section.Text()), "\n") {
				app.detail("%s", line)
			}
			return false, nil
		}
	}
	if _, err := awsconfig.Append(ctx, files, section); err != nil {
		return false, fmt.Errorf("signed in, but the session is not in the config file: %w", err)
	}
	app.note("wrote [sso-session %s] into %s; try: muster accounts --sso-session %s", s.Name, files.Config, shell.Word(s.Name))
	return true, nil
}

func checkStartURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q: expected the start URL of the access portal, such as https://example.awsapps.com/start", text)
	}
	return nil
}

func checkRegion(text string) error {
	known := catalog.Regions()
	if slices.Contains(known, text) {
		return nil
	}
	return fmt.Errorf("unknown region %q%s", text, names.DidYouMean(text, known))
}

// sessionNameOf returns a session name: the first part of the start URL's host.
func sessionNameOf(startURL string) string {
	u, err := url.Parse(startURL)
	if err != nil {
		return "sso"
	}
	first, _, _ := strings.Cut(u.Hostname(), ".")
	return cmp.Or(strings.ToLower(first), "sso")
}
