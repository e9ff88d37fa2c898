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

// Help tells what the flags alone do not.
func (*profilesCmd) Help() string {
	return `--name takes {account-name}, {account-id}, {role}, {email} and {session}. With --generate, --role means only these roles.`
}

// profileRecord is a profile as the config has it.
type profileRecord struct {
	Profile   string
	Kind      string // static, role, web-identity, sso, sso-legacy, process, login or none
	AccountId string // where the config tells
	Role      string // role or permission set
	Region    string
	Source    string // source_profile, credential_source or SSO session
	File      string
	Line      int
	Problem   string // what is wrong with it
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
	// A variable may be set for other commands; on the command line it is meant here.
	for _, path := range command.Path {
		if f := path.Flag; f != nil && !path.Resolved && f.Group != nil && slices.Contains([]string{"generate", "select", "sweep"}, f.Group.Key) {
			return usage("--%s goes with --generate; 'muster profiles NAME' lists some of the profiles", f.Name)
		}
	}
	var leftOut []string
	options := c.Output.options(app, g)
	options.LeftOut = func(columns []string) { leftOut = columns }
	printer, err := render.Compile[profileRecord](options, profileView)
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
	stream := printer.Start(app.term.Records())
	stream.Until(ctx)
	for _, p := range profiles {
		if err := stream.Write(describeProfile(p)); err != nil {
			return written(err)
		}
	}
	if len(profiles) == 0 {
		app.note("no profiles in %s", files.Config)
	}
	if err := stream.Close(); err != nil {
		return written(err)
	}
	app.noteLeftOut(leftOut)
	return nil
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
