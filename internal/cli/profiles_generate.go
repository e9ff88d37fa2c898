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
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/shell"
	"muster/internal/sweep"
)

// GenerateFlags are the flags of `muster profiles --generate`.
type GenerateFlags struct {
	Generate      bool        `overrides:"output" group:"generate" help:"Print profiles for ~/.aws/config: one for each account and role of --sso-session, --saml-profile or --organization."`
	Write         bool        `group:"generate" help:"Write the profiles to the config file instead, between two marker lines."`
	Name          profileName `placeholder:"TEMPLATE" default:"{account-name}.{role}" group:"generate" complete:"none" help:"Template for the names of the profiles ({account-name}.{role})."`
	ProfileRegion string      `placeholder:"R" group:"generate" complete:"regions" help:"Region of the profiles (that of the session, or of the profile with the sign-in)."`
}

// generatedProfile is a profile to write, with its account and role.
type generatedProfile struct {
	awsconfig.Section
	account *account.Account
	role    string
}

func (p *generatedProfile) origin() string {
	return p.role + " of " + strings.TrimSpace(p.account.ID+" "+p.account.Name)
}

// profileSource is the source of the credentials of generated profiles.
type profileSource struct {
	block   string // name of the block of profiles in the config file
	kind    awsconfig.Kind
	session string // the SSO session; "" for others
	source  string // of the records: the SSO session, the source_profile or the SAML provider
	region  string
	roles   []string
	// settings returns the settings of the profile of this name for an identity.
	settings func(name string, id *auth.Identity) []awsconfig.Setting
	known    roleNames
}

func (c *profilesCmd) generate(ctx context.Context, app *App, g *Global) error {
	printer, err := newRecordPrinter[profileRecord](app, g, &c.Output, profileView)
	if err != nil {
		return err
	}
	p, source, err := c.prepareGenerate(app, g)
	if err != nil {
		return err
	}
	files := p.resolver.Config.Files
	p.accountOptions.Strict = c.Write
	accounts, err := p.accounts()
	if err != nil {
		return err
	}

	ctx, cancel := p.bound(ctx)
	defer cancel()
	found, ledger, err := c.gather(ctx, app, source, accounts.Accounts)
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
			err = c.printProfiles(ctx, printer, source, change.Block, found)
		}
		if err != nil {
			return err
		}
		noteTaken(app, change)
	}
	source.noteUnassigned(app)
	err = p.conclude(ctx, &sweepResult{ledger: ledger, noun: "profiles", refused: accounts.Refused})
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

// prepareGenerate checks the flags and the config file, and connects. It makes no call of
// AWS.
func (c *profilesCmd) prepareGenerate(app *App, g *Global) (*sweeper, *profileSource, error) {
	if err := c.checkGenerate(g); err != nil {
		return nil, nil, err
	}
	p, err := prepare(app, g, &c.Selection, &c.SweepFlags, c.Concurrency)
	if err != nil {
		return nil, nil, err
	}
	if p.accountOptions.Shard.Count > 0 {
		return nil, nil, usage("--shard is for commands that print records; --generate needs every account")
	}
	source, err := c.source(app, p)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Name.check("--name", source.session != ""); err != nil {
		return nil, nil, err
	}
	// Compare fails if the markers in the config file are damaged.
	_, err = awsconfig.Block{Name: source.block}.Compare(p.resolver.Config.Files)
	return p, source, err
}

// asRecords reports whether the profiles are printed as records and not as a config file.
func (c *profilesCmd) asRecords() bool {
	return c.Output.Output != "" || c.JQ != "" || c.Query != "" || len(c.Columns)+len(c.SortBy)+len(c.CountBy) > 0 || c.NoHeaders || c.Slurp
}

// checkGenerate returns an error for flags that --generate does not take.
func (c *profilesCmd) checkGenerate(g *Global) error {
	switch {
	case len(c.What) > 0:
		return usage("--generate takes no profile names: found %q; select accounts and roles with --account and --role", c.What[0])
	case c.Write && c.asRecords():
		return usage("--write prints nothing: leave out --write, or --output and the flags for it")
	case c.RetryGaps != "":
		return usage("--retry-gaps is for commands that print records; --generate needs every account")
	case c.Write && g.simulated:
		return usage("--write does not work with --demo: the simulated config file is deleted at the end")
	}
	return nil
}

// gather returns the profiles of all accounts, unsorted.
func (c *profilesCmd) gather(ctx context.Context, app *App, source *profileSource, accounts func(context.Context) iter.Seq2[*account.Account, error]) (
	found []*generatedProfile, ledger *sweep.Ledger, err error,
) {
	ledger, err = sweep.Plan[*generatedProfile]{
		Accounts: accounts, NoCredentials: true, Width: c.Concurrency, FailFast: c.FailFast, Timings: app.timings,
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
	noteTaken(app, change)
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

// source returns the source of the selection. It is an error if profiles cannot get
// credentials for the selected accounts.
func (c *profilesCmd) source(app *App, p *sweeper) (*profileSource, error) {
	if c.ProfileRegion != "" && !slices.Contains(catalog.Regions(), c.ProfileRegion) {
		app.note("--profile-region %s: muster does not know this region%s", c.ProfileRegion, names.DidYouMean(c.ProfileRegion, catalog.Regions()))
	}
	if err := p.selection.Check(); err != nil {
		return nil, err
	}
	switch {
	case p.selection.Organization && p.selection.TaskPolicy == "":
		return c.organizationSource(p)
	case p.selection.SSOSession != "":
		return c.ssoSource(p)
	case p.selection.SAMLProfile != "":
		return c.samlSource(p)
	}
	return nil, usage("--generate needs --sso-session NAME, --saml-profile NAME, or --organization and --role R")
}

func (c *profilesCmd) ssoSource(p *sweeper) (*profileSource, error) {
	session, err := p.resolver.Config.Session(p.selection.SSOSession)
	if err != nil {
		return nil, err
	}
	s := &profileSource{
		block: "sso-session " + session.Name, kind: awsconfig.KindSSO, session: session.Name, source: session.Name,
		region: cmp.Or(c.ProfileRegion, session.Region), roles: p.selection.Roles,
	}
	p.selection.Roles = nil // so that an account without one of the roles is no gap
	s.settings = func(_ string, id *auth.Identity) []awsconfig.Setting {
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
		block: "organization " + base.Name, kind: awsconfig.KindRole, source: base.Name,
		region: cmp.Or(c.ProfileRegion, base.Region),
	}
	s.settings = func(_ string, id *auth.Identity) []awsconfig.Setting {
		return []awsconfig.Setting{
			{Key: "role_arn", Value: id.RoleARN},
			{Key: "source_profile", Value: base.Name},
			{Key: "external_id", Value: c.ExternalID},
			{Key: "role_session_name", Value: c.RoleSessionName},
			{Key: "duration_seconds", Value: wholeSeconds(c.DurationSeconds)},
			{Key: "region", Value: s.region},
		}
	}
	return s, nil
}

// samlSource returns the source of profiles that share the sign-in of --saml-profile. The
// credential_process is for the AWS CLI and the SDKs.
func (c *profilesCmd) samlSource(p *sweeper) (*profileSource, error) {
	base, err := account.SAMLProfile(p.resolver.Config, p.selection.SAMLProfile)
	if err != nil {
		return nil, err
	}
	p.accountOptions.EveryRole = true
	s := &profileSource{
		block: "saml-profile " + base.Name, kind: awsconfig.KindSAML, source: base.SAML.Provider, region: cmp.Or(c.ProfileRegion, base.Region),
	}
	s.settings = func(name string, id *auth.Identity) []awsconfig.Setting {
		signIn := base.SAML
		signIn.Role = id.RoleARN
		return append(signIn.Settings(),
			awsconfig.Setting{Key: "duration_seconds", Value: wholeSeconds(int(base.Duration / time.Second))},
			awsconfig.Setting{Key: "credential_process", Value: "muster credentials --profile " + shell.Word(name) + " -o process"},
			awsconfig.Setting{Key: "region", Value: s.region},
		)
	}
	return s, nil
}

// wholeSeconds returns a number for a setting; "" for 0.
func wholeSeconds(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// baseProfile returns the profile that lists the organization. It becomes the source_profile
// of the generated profiles.
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

// profiles returns the profiles of one account.
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
		name := c.Name.of(a, id.Role, s.session)
		profiles = append(profiles, &generatedProfile{
			Section: awsconfig.Section{Kind: "profile", Name: name, Settings: s.settings(name, id)},
			account: a, role: id.Role,
		})
	}
	return profiles, nil
}

// block sorts the profiles into a block. Two profiles with one name are an error: if a number
// made the names different, a new account could change the names that are in use.
func (c *profilesCmd) block(s *profileSource, found []*generatedProfile) (awsconfig.Block, error) {
	slices.SortFunc(found, func(a, b *generatedProfile) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.account.ID, b.account.ID), cmp.Compare(a.role, b.role))
	})
	block := awsconfig.Block{Name: s.block}
	for i, p := range found {
		if i > 0 && found[i-1].Text() == p.Text() { // the same profile twice
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

// printProfiles prints the profiles of a block: as text of a config file, or as records.
func (c *profilesCmd) printProfiles(ctx context.Context, printer *recordPrinter[profileRecord], s *profileSource, block awsconfig.Block, found []*generatedProfile) error {
	if !c.asRecords() {
		if len(block.Profiles) == 0 {
			return nil
		}
		_, err := io.WriteString(printer.app.Stdout, block.Text())
		return written(err)
	}
	byName := map[string]*generatedProfile{}
	for _, p := range found {
		byName[p.Name] = p
	}
	records := make([]profileRecord, len(block.Profiles))
	for i, section := range block.Profiles {
		p := byName[section.Name]
		records[i] = profileRecord{
			Profile: p.Name, Kind: string(s.kind), AccountId: p.account.ID, Role: p.role, Region: s.region, Source: s.source,
		}
	}
	return printer.print(ctx, records)
}

func noteTaken(app *App, change *awsconfig.Change) {
	for _, p := range change.Taken {
		app.note("left out: profile %q already exists in %s:%d", p.Name, p.File, p.Line)
	}
}

// roleNames collects the names of permission sets.
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

// noteUnassigned names the roles of --role that are assigned in no account.
func (s *profileSource) noteUnassigned(app *App) {
	for _, role := range s.roles {
		if s.known.names[role] {
			continue
		}
		app.note("--role %s: not assigned in any account%s", role, names.DidYouMean(role, slices.Sorted(maps.Keys(s.known.names))))
	}
}
