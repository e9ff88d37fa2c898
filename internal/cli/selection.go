package cli

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/region"
	"muster/internal/seen"
	"muster/internal/sweep"
)

// Selection is the flags that select accounts. The variable of --role does not count if
// MUSTER_ACCOUNT_ID is set: exec sets both to tell a command its place.
type Selection struct {
	selectionFlags `embed:""`
	Shard          string `placeholder:"I/N" group:"select" complete:"none" help:"Only shard I of N (I starts at 0)."`
}

// selectionFlags has the fields of account.Selection, so that it can be converted.
type selectionFlags struct {
	Profiles        []string `context:"source" name:"profile" type:"globs" placeholder:"NAME" group:"select" complete:"profiles" help:"Accounts of these profiles; globs allowed."`
	AllProfiles     bool     `context:"source" group:"select" help:"Accounts of all profiles, each account once."`
	SSOSession      string   `context:"source" name:"sso-session" placeholder:"NAME" group:"select" complete:"sso-sessions" help:"Every account assigned in this IAM Identity Center session."`
	SAMLProfile     string   `context:"source" name:"saml-profile" placeholder:"NAME" group:"select" complete:"saml-profiles" help:"Every account with a role in the SAML sign-in of this profile."`
	Organization    bool     `context:"source" base:"" aliases:"org" group:"select" help:"Every account of the organization; needs --role. Also --org."`
	RoleARN         string   `context:"source" base:"" name:"role-arn" placeholder:"ARN" group:"select" complete:"role-arns" help:"The account of this role; --profile names the profile that assumes it."`
	Via             []string `context:"selection" type:"arns" sep:"none" placeholder:"ARN" group:"select" complete:"role-arns" help:"Role to assume before --role-arn; may be repeated."`
	TaskPolicy      string   `context:"source" base:"" placeholder:"POLICY" group:"select" complete:"task-policies" help:"Member accounts of the organization, as root user limited to this task policy."`
	Roles           []string `context:"selection" name:"role" placeholder:"R" env-unless:"MUSTER_ACCOUNT_ID" group:"select" complete:"roles" help:"Roles or permission sets, tried in order; the first that works."`
	Accounts        []string `context:"selection" name:"account" type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" argument:"accounts" help:"Only these accounts; globs allowed."`
	Exclude         []string `context:"selection" name:"exclude-account" type:"globs" placeholder:"ID|NAME" group:"select" complete:"accounts" help:"Not these accounts; globs allowed."`
	Named           string   `kong:"-" hidden:""` // by AccountArgument
	OUs             []string `context:"selection" name:"ou" placeholder:"NAME|ID" group:"select" complete:"none" help:"Only accounts in these OUs and the OUs below."`
	Tags            []string `context:"selection" name:"account-tag" placeholder:"K=V" sep:"none" group:"select" complete:"none" help:"Only accounts with this tag."`
	ExternalID      string   `context:"selection" name:"external-id" placeholder:"ID" group:"select" complete:"none" help:"External id for the roles of --organization, or for --role-arn."`
	RoleSessionName string   `context:"selection" placeholder:"NAME" group:"select" complete:"none" help:"Session name for these roles (muster-USER)."`
	DurationSeconds int      `context:"selection" placeholder:"N" group:"select" complete:"none" help:"Session duration for these roles."`
}

// selection returns the selection of the flags, and how to apply it. The demo selects
// its organization unless a flag selects other accounts.
func (s *Selection) selection(app *App, g *Global) (account.Selection, account.Options, error) {
	shard, err := s.shard(app)
	selection := account.Selection(s.selectionFlags)
	if g.simulated && !s.hasSource() && len(s.Roles) == 0 {
		selection.Organization, selection.Roles = true, []string{demoRole}
	}
	return selection, account.Options{Shard: shard, Warn: func(text string) { app.note("%s", text) }, Choose: app.chooser(g)}, err
}

// hasSource reports whether flags name a source of accounts.
func (s *selectionFlags) hasSource() bool { return account.Selection(*s).HasSource() }

// SeenScope is the scope of the names that a sweep of the selected accounts finds.
func (s *Selection) SeenScope() seen.Scope {
	return seen.Scope{
		Profiles: s.Profiles, AllProfiles: s.AllProfiles, SSOSession: s.SSOSession, SAMLProfile: s.SAMLProfile,
		Organization: s.Organization || s.TaskPolicy != "", RoleARN: s.RoleARN,
	}
}

// RegionFlags are the flags that select regions.
type RegionFlags struct {
	Region        []string `context:"" type:"globs" placeholder:"R" group:"regions" complete:"regions" help:"Only these regions; globs allowed."`
	ExcludeRegion []string `context:"" type:"globs" placeholder:"R" group:"regions" complete:"regions" help:"Not these regions; globs allowed."`
}

// finder compiles the selection. A name that muster does not know is an error, so that a
// typing mistake shows before any call; a glob can select a region newer than muster.
func (f *RegionFlags) finder(api *awsapi.API) (*region.Selection, error) {
	regions, unknown, err := region.Select(api, f.Region, f.ExcludeRegion)
	if err != nil {
		return nil, usage("%v", err)
	}
	if len(unknown) > 0 {
		flag := "--region"
		if !slices.Contains(f.Region, unknown[0]) {
			flag = "--exclude-region"
		}
		if unknown[0] == "all" && flag == "--region" {
			return nil, usage("--region all: leave it out, or use '*'; without --region, muster visits every enabled region")
		}
		return nil, usage("%s: unknown region %q%s (if it is newer than this muster, use the glob '%s*')",
			flag, unknown[0], names.DidYouMean(unknown[0], catalog.Regions()), unknown[0])
	}
	return regions, nil
}

// SweepFlags are the flags for the width, the limits and the reports of a sweep.
type SweepFlags struct {
	Concurrency int           `placeholder:"N" default:"${concurrency}" group:"sweep" complete:"none" help:"Run at most this many ${calls=calls} at once (${concurrency})."`
	Timeout     time.Duration `placeholder:"5m" group:"sweep" complete:"none" help:"Stop after this long, and print the records that arrived."`
	FailFast    bool          `group:"sweep" help:"Stop at the first gap."`
	AllowDenied bool          `group:"sweep" help:"Exit with 0 even if AWS denied access in some places."`
	Report      string        `placeholder:"FILE" group:"sweep" complete:"file" help:"Write the result for every account and region, as JSON."`
	RetryGaps   string        `placeholder:"REPORT" group:"sweep" complete:"file" help:"Visit only the places where an earlier --report has gaps."`
	Timings     timingsFlag   `env:"-" placeholder:"FILE" group:"sweep" complete:"file" help:"Print the time of steps, calls and waits, and the slowest places; --timings=FILE writes JSON."`
	Quiet       bool          `short:"q" group:"sweep" help:"No progress and no summary on stderr; gaps are still listed."`
}

// check checks the flags before any call of AWS, so that a long sweep does not fail in the
// end because of a mistyped folder. It returns the report of --retry-gaps; nil without the
// flag.
func (f *SweepFlags) check() (earlier *sweep.Earlier, err error) {
	switch {
	case f.Concurrency < 1 || f.Concurrency > maxConcurrency:
		return nil, usage("--concurrency %d: expected 1 to %d", f.Concurrency, maxConcurrency)
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
	if f.Timings != "" && f.Timings != "-" {
		if err := checkWritable("--timings", string(f.Timings)); err != nil {
			return nil, err
		}
	}
	switch f.Report {
	case "":
		return earlier, nil
	case "-":
		return nil, usage("--report -: the report would mix with the records; use a file or /dev/stderr")
	}
	return earlier, checkWritable("--report", f.Report)
}

// shard returns the part of the accounts that this run visits. --shard or its variable sets
// it, or else the index of a pod in a Kubernetes job or of a child in an AWS Batch array job.
func (s *Selection) shard(app *App) (account.Shard, error) {
	if s.Shard != "" {
		index, of, ok := strings.Cut(s.Shard, "/")
		if !ok {
			return account.Shard{}, usage("--shard %s: expected I/N, such as 0/8 for the first of eight", s.Shard)
		}
		return parseShard("--shard "+s.Shard, index, of)
	}
	shards := app.env["MUSTER_SHARDS"]
	for _, job := range []struct{ index, size string }{
		{"JOB_COMPLETION_INDEX", ""}, // in Kubernetes, no variable has the number of pods
		{"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"},
	} {
		index, ok := app.env[job.index]
		if !ok {
			continue
		}
		of, from := shards, "MUSTER_SHARDS"
		if of == "" {
			of, from = app.env[job.size], job.size
		}
		if of == "" {
			continue
		}
		shard, err := parseShard(job.index+"="+index+" "+from+"="+of, index, of)
		if err == nil {
			app.note("shard %d/%d, from %s and %s", shard.Index, shard.Count, job.index, from)
		}
		return shard, err
	}
	if shards != "" {
		return account.Shard{}, usage("MUSTER_SHARDS is %s, but the number of this shard is missing: set --shard, JOB_COMPLETION_INDEX or AWS_BATCH_JOB_ARRAY_INDEX", shards)
	}
	return account.Shard{}, nil
}

func parseShard(what, index, of string) (account.Shard, error) {
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	switch {
	case errI != nil || errN != nil || n < 1:
		return account.Shard{}, usage("%s: expected I/N, such as 0/8 for the first of eight", what)
	case i < 0 || i >= n:
		return account.Shard{}, usage("%s: shards of %d have the numbers 0 to %d", what, n, n-1)
	}
	return account.Shard{Index: i, Count: n}, nil
}
