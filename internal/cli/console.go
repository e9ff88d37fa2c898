package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/browser"
	"muster/internal/catalog"
)

type consoleCmd struct {
	AccountArgument `embed:""`

	Destination string   `placeholder:"URL|SERVICE" complete:"console-services" argument:"a page" help:"Page to open: a service such as ec2 or s3, or a URL of the console."`
	Open        bool     `help:"Open the browser instead of printing the URL; implied by --browser and --browser-profile."`
	Issuer      string   `placeholder:"URL" complete:"none" help:"URL to which the console sends you when the session ends."`
	PolicyARNs  []string `name:"policy-arns" placeholder:"ARN,ARN" complete:"none" help:"With an IAM user's keys: policies that limit the session (GetFederationToken)."`
	Region      string   `placeholder:"R" complete:"regions" help:"Region of the page."`

	List bool `help:"Print a URL for each selected account, in any format of a listing; whoever has a URL can sign in."`

	browserFlags  `embed:""`
	Selection     `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
}

func (*consoleCmd) Examples() []string {
	return []string{
		"muster console production",
		"muster console --profile production --destination ec2 --region eu-west-1",
		"muster console production --browser firefox --browser-profile container:prod",
		"muster console --list --sso-session freddy-sso -o csv --out ~/console.csv",
	}
}

// The durations of a console session that AWS accepts.
const (
	minConsoleSession = 15 * time.Minute
	maxConsoleSession = 12 * time.Hour
)

func (c *consoleCmd) Run(ctx context.Context, app *App, g *Global, line *kong.Context) error {
	if err := c.name(app, c.Account); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	if c.List {
		return c.list(ctx, app, g)
	}
	if flag := listingFlag(line); flag != "" {
		return usage("--%s belongs to a listing: expected --list, too", flag)
	}
	var open *opener
	if c.Open || c.givenOn(app) {
		var err error
		if open, err = c.opener(app); err != nil {
			return err
		}
	}
	r, err := g.connect(app, 4, c.Profiles)
	if err != nil {
		return err
	}
	r.Region, r.MinTTL = c.Region, exportTTL
	a, id, err := c.identity(ctx, app, g, r)
	if err != nil {
		return err
	}
	signin, err := c.signinURL(ctx, app, r, id)
	if err != nil {
		return err
	}
	if open == nil {
		_, err := io.WriteString(app.Stdout, signin+"\n")
		return written(err)
	}
	if err := browser.OpenSecret(ctx, signin, open.open, open.untilLeft); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("cannot open the browser: %w; leave out --open to print the URL", r.API.Secrets().Error(err))
	}
	app.note("opened the console of %s", label(a))
	return nil
}

// check checks the flags before any call of AWS.
func (c *consoleCmd) check() error {
	for _, arn := range c.PolicyARNs {
		if !policyPattern().MatchString(arn) {
			return usage("--policy-arns %q: expected a policy's ARN, such as arn:aws:iam::aws:policy/ReadOnlyAccess", arn)
		}
	}
	if c.Issuer != "" && !isWebURL(c.Issuer) && !isHost(c.Issuer) {
		return usage("--issuer %q: expected a URL or a host, such as https://sso.example.com", c.Issuer)
	}
	_, err := consolePage(c.Destination, catalog.PartitionByID(""), "us-east-1")
	return err
}

// identity returns the selected account, and an identity in it whose credentials the
// console accepts.
func (c *consoleCmd) identity(ctx context.Context, app *App, g *Global, r *auth.Resolver) (*account.Account, *auth.Identity, error) {
	selection, options, err := c.Selection.selection(app, g)
	if err != nil {
		return nil, nil, err
	}
	options.Strict = true
	found, err := findAccounts(app, r, selection, options)
	if err != nil {
		return nil, nil, err
	}
	a, err := oneAccount(ctx, found, options.Choose)
	if err != nil {
		return nil, nil, err
	}
	id, err := a.Open(ctx)
	if err != nil {
		if found.Refused != nil && awsapi.Explain(err).Denied() {
			if reason := found.Refused(ctx); reason != "" {
				return nil, nil, fmt.Errorf("no access to account %s: %s", label(a), reason)
			}
		}
		return nil, nil, err
	}
	app.remember(g, a)
	id, err = c.temporary(ctx, r, id)
	return a, id, err
}

// signinURL returns the URL that signs in to the console. AWS limits the session of chained
// roles and of GetFederationToken itself, and rejects a duration for them.
func (c *consoleCmd) signinURL(ctx context.Context, app *App, r *auth.Resolver, id *auth.Identity) (string, error) {
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	var duration time.Duration
	if creds.CanExpire && !id.Chained() && !id.Federated() {
		duration = min(max(creds.Expires.Sub(app.Now()), minConsoleSession), maxConsoleSession)
	}
	page, err := consolePage(c.Destination, catalog.PartitionOf(id.Target.Region), id.Target.Region)
	if err != nil {
		return "", err
	}
	return r.API.SigninURL(ctx, id.Target, creds, duration, page, c.Issuer)
}

// temporary returns an identity with temporary credentials, which the console needs. It
// exchanges an IAM user's keys only with --policy-arns, which limits the session.
func (c *consoleCmd) temporary(ctx context.Context, r *auth.Resolver, id *auth.Identity) (*auth.Identity, error) {
	longTerm, err := id.LongTerm(ctx)
	switch {
	case err != nil:
		return nil, err
	case !longTerm && len(c.PolicyARNs) > 0:
		return nil, usage("--policy-arns needs an IAM user's keys; %s has temporary credentials", id)
	case !longTerm:
		return id, nil
	case len(c.PolicyARNs) == 0:
		return nil, &auth.NoCredentialsError{Msg: fmt.Sprintf(
			"console sign-in needs a role; %s has an IAM user's keys: choose a role with --role-arn or another profile, or limit the session with --policy-arns, as in --policy-arns arn:aws:iam::aws:policy/ReadOnlyAccess", id)}
	}
	caller, err := r.Caller(ctx, id)
	if err != nil {
		return nil, err
	}
	name := caller.ARN[strings.LastIndexByte(caller.ARN, '/')+1:]
	return r.Federate(id, federatedName(name), c.PolicyARNs, 0), nil
}

// federatedName returns a user's name in the form for GetFederationToken: 2 to 32 characters.
func federatedName(user string) string {
	name := regexp.MustCompile(`[^\w+=,.@-]`).ReplaceAllString(user, "-")
	if len(name) < 2 {
		name = "muster-" + name
	}
	return name[:min(len(name), 32)]
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// isHost reports whether a text is a host, with an optional port and path. AWS's examples
// have such an issuer (Example.org).
func isHost(text string) bool {
	u, err := url.Parse("https://" + text)
	return err == nil && u.User == nil && regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`).MatchString(u.Hostname())
}

func label(a *account.Account) string { return strings.TrimSpace(a.ID + " " + a.Name) }
