package cli

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/render"
	"muster/internal/render/shape"
)

type sessionsCmd struct {
	Output `embed:""`
}

func (*sessionsCmd) Examples() []string {
	return []string{
		"muster sessions",
		"muster sessions --jq 'select(.Status != \"signed-in\") | .Name'",
	}
}

// Help is the text below the usage line.
func (*sessionsCmd) Help() string {
	return `Status is signed-in, renewable (the next call gets a new token without a sign-in), expired, signed-out or broken. It is that of the files in ~/.aws: muster makes no AWS call.`
}

// sessionRecord is a session to sign in to.
type sessionRecord struct {
	Name        string // of the sso-session, or of the first profile with the session
	Kind        string // sso, sso-legacy, login or saml
	Status      string // signed-in, renewable, expired, signed-out or broken
	User        string // "" if the files do not name it
	AccountId   string // of a login, or of the role of a SAML sign-in
	StartURL    string // of an SSO session or a SAML provider
	Region      string
	Expires     string // RFC 3339 UTC; "" if there is no token
	Refreshable bool
	Problem     string
}

var sessionView = render.View{
	Columns: []render.Column{
		{Field: "Name", Need: 1},
		{Field: "Kind", Need: 5},
		{Field: "Status", Need: 2, Color: sessionColor},
		{Field: "User", Need: 6, Shorten: true},
		{Field: "StartURL", Need: 7, Shorten: true},
		{Field: "Region", Need: 8},
		{Field: "Expires", Need: 3},
		{Field: "Refreshable", Need: 4},
	},
	Wide: []string{"Name", "Kind", "Status", "User", "AccountId", "StartURL", "Region", "Expires", "Refreshable", "Problem"},
	ID:   "Name",
	Sort: []string{"Name"},
	Tree: [][]string{{"Kind"}},
}

func sessionColor(status string) render.Color {
	return map[string]render.Color{"signed-in": render.Green, "renewable": render.Green, "expired": render.Yellow, "broken": render.Red}[status]
}

// Schema describes the records, for completion and --template-help.
func (*sessionsCmd) Schema() *shape.Schema { return shape.SchemaOf[sessionRecord]() }

func (c *sessionsCmd) Run(ctx context.Context, app *App, g *Global) error {
	printer, err := newRecordPrinter[sessionRecord](app, g, &c.Output, sessionView)
	if err != nil {
		return err
	}
	resolver, err := g.connect(app, 1, nil)
	if err != nil {
		return err
	}
	records := sessionRecords(ctx, resolver)
	if len(records) == 0 {
		app.note("no sso-session, login_session or saml_provider in %s; 'muster login' makes an sso-session", resolver.Config.Files.Config)
	}
	return printer.print(ctx, records)
}

// sessionRecords describes the sessions of the config.
func sessionRecords(ctx context.Context, r *auth.Resolver) (records []sessionRecord) {
	sessions, through := everySession(r.Config)
	for i, s := range sessions {
		record := sessionRecord{Name: s.Name, Kind: "sso", StartURL: s.StartURL, Region: s.Region}
		if s.Name == "" {
			record.Name, record.Kind = through[i].Name, "sso-legacy"
		}
		record.describe(r.SignedInSSO(ctx, s), s.Problem, r.Now())
		records = append(records, record)
	}
	for _, p := range loginProfiles(r.Config) {
		record := sessionRecord{Name: p.Name, Kind: string(p.Kind), Region: r.Target(p).Region}
		if p.Kind == awsconfig.KindSAML {
			in := r.SignedInSAML(ctx, p)
			record.User, record.AccountId = p.SAML.Username, in.Account
			if p.Problem == nil { // else it may have a password
				record.StartURL = p.SAML.URL
			}
			record.describe(in, p.Problem, r.Now())
		} else {
			if user, err := arn.Parse(p.LoginSession); err == nil {
				record.User, record.AccountId = user.Resource, user.AccountID
			}
			record.describe(r.SignedInLogin(ctx, p), p.Problem, r.Now())
		}
		records = append(records, record)
	}
	return records
}

// describe sets the status. problem is a mistake in the config, or nil.
func (r *sessionRecord) describe(s auth.SignedIn, problem error, now time.Time) {
	r.Refreshable = s.Renewable
	problem = cmp.Or(problem, s.Problem)
	switch {
	case problem != nil:
		r.Status, r.Problem = "broken", strings.TrimSpace(problem.Error())
		return
	case s.Expires.IsZero():
		r.Status = "signed-out"
		return
	case s.Expires.After(now):
		r.Status = "signed-in"
	case s.Renewable:
		r.Status = "renewable"
	default:
		r.Status = "expired"
	}
	r.Expires = s.Expires.UTC().Format(time.RFC3339)
}
