package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/sweep"
)

// GenerateFlags are those of `muster profiles --generate`.
type GenerateFlags struct {
	Generate      bool        `overrides:"output" group:"generate" help:"Print profiles for ~/.aws/config: one for each account and role of --sso-session or --organization."`
	Write         bool        `group:"generate" help:"Write the profiles to the config file instead, between two marker lines."`
	Name          profileName `placeholder:"TEMPLATE" default:"{account-name}.{role}" group:"generate" complete:"none" help:"Template for the names of the profiles ({account-name}.{role})."`
	ProfileRegion string      `placeholder:"R" group:"generate" complete:"regions" help:"Region of the profiles (that of the session, or of the organization's profile)."`
}

// generatedProfile is a profile to be written, and what it was made of.
type generatedProfile struct {
	awsconfig.Section
	account *account.Account
	role    string
}

func (p *generatedProfile) origin() string {
	return p.role + " of " + strings.TrimSpace(p.account.ID+" "+p.account.Name)
}

// profileSource is where generated profiles get their credentials from.
type profileSource struct {
	block   string // that keeps its profiles in the config file
	kind    awsconfig.Kind
	session string // of SSO, "" for an organization
	base    string // the source_profile, "" for an SSO session
	region  string
	roles   []string
	// settings returns the settings of the profile for an identity.
	settings func(*auth.Identity) []awsconfig.Setting
	known    roleNames
}

func (c *profilesCmd) generate(ctx context.Context, app *App, g *Global) error {
	asRecords := c.Output.Output != "" || c.JQ != "" || c.Query != "" || len(c.Columns)+len(c.SortBy)+len(c.CountBy) > 0 || c.NoHeaders || c.Slurp
	var leftOut []string
	options := c.Output.options(app, g)
	options.LeftOut = func(columns []string) { leftOut = columns }
	printer, err := render.Compile[profileRecord](options, profileView)
	if err != nil {
		return err
	}
	if err := c.checkGenerate(g, asRecords); err != nil {
		return err
	}
	p, err := prepare(app, g, &c.Selection, &c.SweepFlags, c.Concurrency)
	if err != nil {
		return err
	}
	if p.accountOptions.Shard.Count > 0 {
		return usage("--shard goes with commands that print records; --generate needs every account")
	}
	source, err := c.source(app, p)
	if err != nil {
		return err
	}
	if err := c.Name.check("--name", source.session != ""); err != nil {
		return err
	}
	files := p.resolver.Config.Files
	if _, err := (awsconfig.Block{Name: source.block}).Compare(files); err != nil { // its markers are broken
		return err
	}
	p.accountOptions.Strict = c.Write
	accounts, err := p.accounts()
	if err != nil {
		return err
	}

	ctx, cancel := p.bound(ctx)
	defer cancel()
	found, ledger, err := c.gather(ctx, source, accounts.Accounts)
	if err != nil {
		return err
	}
	block, err := c.block(source, found)
	if err != nil {
		return err
	}
	if !c.Write {
		change, err := block.Compare(files)
		if err == nil {
			err = printProfiles(ctx, app, printer, asRecords, source, change.Block, found)
		}
		if err != nil {
			return err
		}
		tellTaken(app, change)
	}
	source.noteUnassigned(app)
	err = p.conclude(ctx, &sweepResult{ledger: ledger, noun: "profiles", refused: accounts.Refused, leftOut: leftOut})
	switch {
	case !c.Write:
		return err
	case errors.As(err, new(*partial)):
		app.note("nothing written to %s: the profiles of accounts that did not answer would be removed there", files.Config)
		return err
	case err != nil:
		return err
	case len(found) == 0:
		app.note("nothing written to %s", files.Config)
		return nil
	}
	return writeProfiles(ctx, app, files, block)
}

// checkGenerate finds flags that do not go with --generate.
func (c *profilesCmd) checkGenerate(g *Global, asRecords bool) error {
	switch {
	case len(c.What) > 0:
		return usage("--generate takes no profile names: found %q; select accounts and roles with --account and --role", c.What[0])
	case c.Write && asRecords:
		return usage("--write prints nothing: leave out --write, or --output and the flags for it")
	case c.RetryGaps != "":
		return usage("--retry-gaps goes with commands that print records; --generate needs every account")
	case c.Write && g.simulated:
		return usage("--write does not work with --demo: the simulated config file is deleted at the end")
	}
	return nil
}

// gather makes the profiles of all accounts, in no order.
func (c *profilesCmd) gather(ctx context.Context, source *profileSource, accounts func(context.Context) iter.Seq2[*account.Account, error]) (
	found []*generatedProfile, ledger *sweep.Ledger, err error,
) {
	ledger, err = sweep.Plan[*generatedProfile]{
		Accounts: accounts, NoCredentials: true, Width: c.Concurrency, FailFast: c.FailFast,
		Visit: func(ctx context.Context, place sweep.Place, emit func([]*generatedProfile)) error {
			profiles, err := c.profiles(ctx, source, place.Account)
			emit(profiles)
			return err
		},
	}.Run(ctx, func(profiles []*generatedProfile) error {
		found = append(found, profiles...)
		return nil
	})
	return found, ledger, err
}

func writeProfiles(ctx context.Context, app *App, files awsconfig.Files, block awsconfig.Block) error {
	change, err := block.Write(ctx, files)
	if err != nil {
		return err
	}
	tellTaken(app, change)
	if !change.Written {
		app.note("%s already has the %s; nothing written", files.Config, count(len(change.Block.Profiles), "profile"))
		return nil
	}
	app.note("wrote %s: %s added, %d changed, %d removed", files.Config, count(change.Added, "profile"), change.Changed, change.Removed)
	if change.Backup != "" {
		app.detail("backup: %s", change.Backup)
	}
	return nil
}

// source checks that the selection is one whose accounts profiles can name.
func (c *profilesCmd) source(app *App, p *sweeper) (*profileSource, error) {
	if c.ProfileRegion != "" && !slices.Contains(awsapi.KnownRegions(), c.ProfileRegion) {
		app.note("--profile-region %s: muster does not know this region%s", c.ProfileRegion, names.DidYouMean(c.ProfileRegion, awsapi.KnownRegions()))
	}
	switch {
	case p.selection.Organization && p.selection.SSOSession == "" && len(p.selection.Roles) > 0:
		return c.organizationSource(p)
	case p.selection.SSOSession != "" && !p.selection.Organization:
		return c.ssoSource(p)
	case p.selection.SSOSession == "" && !p.selection.Organization:
		return nil, usage("--generate needs --sso-session NAME, or --organization and --role R")
	}
	_, err := account.Find(p.resolver, p.selection, p.accountOptions) // which says what is wrong
	return nil, err
}

func (c *profilesCmd) ssoSource(p *sweeper) (*profileSource, error) {
	session, err := p.resolver.Config.Session(p.selection.SSOSession)
	if err != nil {
		return nil, err
	}
	s := &profileSource{
		block: "sso-session " + session.Name, kind: awsconfig.KindSSO, session: session.Name,
		region: cmp.Or(c.ProfileRegion, session.Region), roles: p.selection.Roles,
	}
	p.selection.Roles = nil // that a role is not assigned somewhere is no gap here
	s.settings = func(id *auth.Identity) []awsconfig.Setting {
		return []awsconfig.Setting{
			{Key: "sso_session", Value: s.session},
			{Key: "sso_account_id", Value: id.AccountID},
			{Key: "sso_role_name", Value: id.Role},
			{Key: "region", Value: s.region},
		}
	}
	return s, nil
}

func (c *profilesCmd) organizationSource(p *sweeper) (*profileSource, error) {
	base, err := baseProfile(p)
	if err != nil {
		return nil, err
	}
	s := &profileSource{
		block: "organization " + base.Name, kind: awsconfig.KindRole, base: base.Name,
		region: cmp.Or(c.ProfileRegion, base.Region),
	}
	var seconds string
	if c.DurationSeconds != 0 {
		seconds = strconv.Itoa(c.DurationSeconds)
	}
	s.settings = func(id *auth.Identity) []awsconfig.Setting {
		return []awsconfig.Setting{
			{Key: "role_arn", Value: id.RoleARN},
			{Key: "source_profile", Value: s.base},
			{Key: "external_id", Value: c.ExternalID},
			{Key: "role_session_name", Value: c.RoleSessionName},
			{Key: "duration_seconds", Value: seconds},
			{Key: "region", Value: s.region},
		}
	}
	return s, nil
}

// baseProfile is the profile that lists the organization, the source of the
// generated ones.
func baseProfile(p *sweeper) (*awsconfig.Profile, error) {
	config := p.resolver.Config
	if len(p.selection.Profiles) > 0 {
		matched, err := config.Match(p.selection.Profiles[0])
		if err != nil {
			return nil, err
		}
		return matched[0], nil
	}
	id, err := p.resolver.Current()
	if err != nil {
		return nil, err
	}
	if id.Profile == "" {
		return nil, usage("generated profiles need a source_profile, but these credentials come from the environment or this machine; name a profile with --profile")
	}
	return config.Profile(id.Profile)
}

// profiles makes those of one account.
func (c *profilesCmd) profiles(ctx context.Context, s *profileSource, a *account.Account) ([]*generatedProfile, error) {
	ids, err := a.Identities(ctx)
	if err != nil {
		return nil, err
	}
	var profiles []*generatedProfile
	for _, id := range ids {
		s.known.add(id.Role)
		if len(s.roles) > 0 && !slices.Contains(s.roles, id.Role) {
			continue
		}
		profiles = append(profiles, &generatedProfile{
			Section: awsconfig.Section{Kind: "profile", Name: c.Name.of(a, id.Role, s.session), Settings: s.settings(id)},
			account: a, role: id.Role,
		})
	}
	return profiles, nil
}

// block makes one of the profiles. Two of a name are an error, and not told apart
// by a number or an id: a name that is in use must not change, or come to mean
// another account, because of an account that is made later.
func (c *profilesCmd) block(s *profileSource, found []*generatedProfile) (awsconfig.Block, error) {
	slices.SortFunc(found, func(a, b *generatedProfile) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.account.ID, b.account.ID), cmp.Compare(a.role, b.role))
	})
	block := awsconfig.Block{Name: s.block}
	for i, p := range found {
		if i > 0 && found[i-1].Text() == p.Text() { // the same, named twice
			continue
		}
		if i > 0 && found[i-1].Name == p.Name {
			missing := "{account-id}"
			if found[i-1].account.ID == p.account.ID {
				missing = "{role}"
			}
			return block, fmt.Errorf("two profiles would be named %q: %s, and %s; add %s to --name (now %q), or exclude one",
				p.Name, found[i-1].origin(), p.origin(), missing, string(c.Name))
		}
		block.Profiles = append(block.Profiles, p.Section)
	}
	return block, nil
}

// printProfiles prints those of a block, as text of a config file, or as records
// like those of the profiles that there are.
func printProfiles(ctx context.Context, app *App, printer *render.Printer[profileRecord], asRecords bool, s *profileSource, block awsconfig.Block, found []*generatedProfile) error {
	if !asRecords && len(block.Profiles) > 0 {
		_, err := io.WriteString(app.Stdout, block.Text())
		return written(err)
	}
	if !asRecords {
		return nil
	}
	stream := printer.Start(app.term.Records())
	stream.Until(ctx)
	of := map[string]*generatedProfile{}
	for _, p := range found {
		of[p.Name] = p
	}
	for _, section := range block.Profiles {
		p := of[section.Name]
		if err := stream.Write(profileRecord{
			Profile: p.Name, Kind: string(s.kind), AccountId: p.account.ID, Role: p.role, Region: s.region, Source: cmp.Or(s.base, s.session),
		}); err != nil {
			return written(err)
		}
	}
	return written(stream.Close())
}

func tellTaken(app *App, change *awsconfig.Change) {
	for _, p := range change.Taken {
		app.note("left out: profile %q already exists in %s:%d", p.Name, p.File, p.Line)
	}
}

// roleNames are the permission sets that were found.
type roleNames struct {
	mu    sync.Mutex
	names map[string]bool
}

func (r *roleNames) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names = map[string]bool{}
	}
	r.names[name] = true
}

// noteUnassigned names what was asked for by --role and is nowhere.
func (s *profileSource) noteUnassigned(app *App) {
	for _, role := range s.roles {
		if s.known.names[role] {
			continue
		}
		app.note("--role %s: not assigned in any account%s", role, names.DidYouMean(role, slices.Sorted(maps.Keys(s.known.names))))
	}
}
