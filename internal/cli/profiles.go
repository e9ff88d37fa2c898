package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/awsconfig"
	"muster/internal/render"
	"muster/internal/render/shape"
)

type profilesCmd struct {
	What []string `arg:"" optional:"" complete:"profiles" help:"Names or globs of profiles."`

	GenerateFlags `embed:""`
	Selection     `embed:""`
	SweepFlags    `embed:""`
	Output        `embed:""`
}

func (*profilesCmd) Examples() []string {
	return []string{
		"muster profiles 'prod*'",
		"muster profiles --generate --sso-session freddy-sso",
		"muster profiles --generate --sso-session freddy-sso --write",
		"muster profiles --generate --organization --role EC2ReadAccess",
	}
}

// Help is the text below the usage line.
func (*profilesCmd) Help() string {
	return `--name takes {account-name}, {account-id}, {role}, {email} and {session}. With --generate, --role selects the roles to generate profiles for.

Characters that a shell or the file cannot take become hyphens, and two profiles with one name are an error. A profile of the same name outside the block, in config or credentials, is left alone. The region is the session's, or that of the profile with the SAML sign-in, or of the one that lists the organization.`
}

// profileRecord is a profile of the config.
type profileRecord struct {
	Profile   string
	Kind      string // static, role, web-identity, sso, sso-legacy, process, login, saml or none
	AccountId string // "" if the config does not contain it
	Role      string // role or permission set
	Region    string
	Source    string // source_profile, credential_source or SSO session
	File      string
	Line      int
	Problem   string // the mistake in it, or ""
}

var profileView = render.View{
	Columns: []render.Column{
		{Field: "Profile", Need: 1},
		{Field: "Kind", Need: 3},
		{Field: "AccountId", Need: 4},
		{Field: "Role", Need: 5},
		{Field: "Region", Need: 7},
		{Field: "Source", Need: 6},
		{Field: "Problem", Need: 2, Shorten: true, Min: 24},
	},
	ID:   "Profile",
	Tree: [][]string{{"Source"}},
}

// Schema describes the records, for completion and --template-help.
func (*profilesCmd) Schema() *shape.Schema { return shape.SchemaOf[profileRecord]() }

func (c *profilesCmd) Run(ctx context.Context, app *App, g *Global, command *kong.Context) error {
	if c.Generate {
		return c.generate(ctx, app, g)
	}
	// Variables of these flags may be set for other commands.
	for _, path := range command.Path {
		if f := path.Flag; f != nil && !path.Resolved && f.Group != nil && slices.Contains([]string{"generate", "select", "sweep"}, f.Group.Key) {
			return usage("--%s needs --generate; 'muster profiles NAME' lists some of the profiles", f.Name)
		}
	}
	printer, err := newRecordPrinter[profileRecord](app, g, &c.Output, profileView)
	if err != nil {
		return err
	}
	files, err := awsconfig.Locate(app.Lookup)
	if err != nil {
		return err
	}
	config, err := awsconfig.Load(files)
	if err != nil {
		return err
	}
	profiles := config.Profiles
	if len(c.What) > 0 {
		profiles = nil
		for _, pattern := range c.What {
			matched, err := config.Match(pattern)
			if err != nil {
				return err
			}
			profiles = append(profiles, matched...)
		}
	}
	records := make([]profileRecord, len(profiles))
	for i, p := range profiles {
		records[i] = describeProfile(p)
	}
	if len(records) == 0 {
		app.note("no profiles in %s", files.Config)
	}
	return printer.print(ctx, records)
}

func describeProfile(p *awsconfig.Profile) profileRecord {
	r := profileRecord{
		Profile: p.Name, Kind: string(p.Kind), AccountId: p.AccountID(), Role: p.Role(), Region: p.Region, File: p.File, Line: p.Line,
	}
	switch {
	case p.SourceProfile != "":
		r.Source = p.SourceProfile
	case p.CredentialSource != "":
		r.Source = p.CredentialSource
	case p.Kind == awsconfig.KindSAML:
		r.Source = p.SAML.Provider
	case p.SSOSessionName != "":
		r.Source = p.SSOSessionName
	case p.SSOStartURL != "":
		r.Source = p.SSOStartURL
	}
	if problem := cmp.Or(p.Problem, p.RegionProblem); problem != nil {
		r.Problem = strings.TrimSpace(problem.Error())
	}
	return r
}
