package cli

import (
	"os"
	"time"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/names"
	"muster/internal/region"
	"muster/internal/seen"
	"muster/internal/sweep"
)

// Selection are the flags of which accounts are meant. MUSTER_ACCOUNT_ID makes the variable
// of --role void: exec sets both, to tell a command its place.
type Selection struct {
	Profile         []string `type:"globs" placeholder:"NAME" group:"select" complete:"profiles" help:"The account of each profile; globs allowed."`
	AllProfiles     bool     `group:"select" help:"The account of every profile, each account once."`
	SSOSession      string   `name:"sso-session" placeholder:"NAME" group:"select" complete:"sso-sessions" help:"Every account assigned in an IAM Identity Center session."`
	Organization    bool     `aliases:"org" group:"select" help:"Every account of the organization; needs --role. Also --org."`
	Role            []string `placeholder:"R" env-unless:"MUSTER_ACCOUNT_ID" group:"select" complete:"roles" help:"Role or permission set; the first of several that can be had."`
	Account         []string `type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" help:"Only these accounts; globs allowed."`
	ExcludeAccount  []string `type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" help:"Not these accounts."`
	OU              []string `name:"ou" placeholder:"NAME|ID" group:"select" complete:"none" help:"Only accounts in this OU or below it."`
	AccountTag      []string `placeholder:"K=V" sep:"none" group:"select" complete:"none" help:"Only accounts with this tag."`
	ExternalID      string   `name:"external-id" placeholder:"ID" group:"select" complete:"none" help:"For the roles of --organization."`
	RoleSessionName string   `placeholder:"NAME" group:"select" complete:"none" help:"For the roles of --organization."`
	DurationSeconds int      `placeholder:"N" group:"select" complete:"none" help:"For the roles of --organization."`
	Shard           string   `placeholder:"I/N" group:"select" complete:"none" help:"Of these accounts the part I of N, I from 0: each account is in exactly one."`
}

func (s *Selection) selection(app *App, g *Global) (account.Selection, error) {
	shard, err := s.shard(app)
	sel := account.Selection{
		Shard:    shard,
		Profiles: s.Profile, AllProfiles: s.AllProfiles, SSOSession: s.SSOSession, Organization: s.Organization, Roles: s.Role,
		Accounts: s.Account, Exclude: s.ExcludeAccount, Warn: func(text string) { app.note("%s", text) }, OUs: s.OU, Tags: s.AccountTag,
		ExternalID: s.ExternalID, SessionName: s.RoleSessionName, Duration: time.Duration(s.DurationSeconds) * time.Second,
	}
	if g.simulated && !s.Organization && !s.AllProfiles && s.SSOSession == "" && len(s.Profile)+len(s.Role) == 0 {
		sel.Organization, sel.Roles = true, []string{demoRole}
	}
	return sel, err
}

// SeenScope is the scope of the names that a sweep of the selected accounts finds.
func (s *Selection) SeenScope() seen.Scope {
	return seen.Scope{Profiles: s.Profile, AllProfiles: s.AllProfiles, SSOSession: s.SSOSession, Organization: s.Organization}
}

// RegionFlags are the flags of which regions are meant.
type RegionFlags struct {
	Region        []string `type:"globs" placeholder:"R" group:"regions" complete:"regions" help:"Only these regions; globs allowed."`
	ExcludeRegion []string `type:"globs" placeholder:"R" group:"regions" complete:"regions" help:"Not these regions."`
}

// finder compiles the selection. A name that muster does not know is an error, so that a
// typing mistake shows before any call; a glob can select a region newer than muster.
func (f *RegionFlags) finder(api *awsapi.API) (*region.Selection, error) {
	regions, unknown, err := region.Select(api, f.Region, f.ExcludeRegion)
	if err != nil {
		return nil, usage("%v", err)
	}
	if len(unknown) > 0 {
		return nil, usage("unknown region %q%s (if it is newer than this muster, use the glob '%s*')",
			unknown[0], names.DidYouMean(unknown[0], awsapi.KnownRegions()), unknown[0])
	}
	return regions, nil
}

// SweepFlags are the flags of how the sweep is done and told of.
type SweepFlags struct {
	Concurrency int           `placeholder:"N" default:"${concurrency}" group:"sweep" complete:"none" help:"${calls=Calls} at one time (${concurrency})."`
	Timeout     time.Duration `placeholder:"5m" group:"sweep" complete:"none" help:"Give up after this long; what has arrived is printed."`
	FailFast    bool          `group:"sweep" help:"Stop at the first gap."`
	AllowDenied bool          `group:"sweep" help:"Exit 0 although AWS denied some places."`
	Report      string        `placeholder:"FILE" group:"sweep" complete:"file" help:"Write what became of every account and region, as JSON."`
	RetryGaps   string        `placeholder:"REPORT" group:"sweep" complete:"file" help:"Ask again only where an earlier --report has gaps."`
	Quiet       bool          `short:"q" group:"sweep" help:"No progress and no counts on stderr; what is missing is listed still."`
}

// check checks everything that needs no call of AWS: an hour's sweep should not end in
// a misspelt folder. It returns the report of --retry-gaps, nil without the flag.
func (f *SweepFlags) check() (earlier *sweep.Earlier, err error) {
	switch {
	case f.Concurrency < 1 || f.Concurrency > mostConcurrency:
		return nil, usage("--concurrency %d: expected 1 to %d", f.Concurrency, mostConcurrency)
	case f.Timeout < 0:
		return nil, usage("--timeout %s: expected a positive duration, like 90s or 5m", f.Timeout)
	}
	if f.RetryGaps != "" {
		data, err := os.ReadFile(f.RetryGaps)
		if err == nil {
			earlier, err = sweep.ParseReport(data)
		}
		if err != nil {
			return nil, usage("--retry-gaps %s: %v", f.RetryGaps, err)
		}
	}
	switch f.Report {
	case "":
		return earlier, nil
	case "-":
		return nil, usage("--report -: would mix with the records; name a file, or /dev/stderr")
	}
	return earlier, checkWritable("--report", f.Report)
}
