package cli

import (
	"context"
	"iter"
	"slices"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/inventory"
	"muster/internal/names"
	"muster/internal/sweep"
)

// With --no-sign-request, an operation runs once: in one region, and in no account, so that
// AccountId is "". A context and variables that select accounts do not matter then.

// checkUnsigned returns an error if the command line selects accounts or several regions. A
// single profile gives the region and the endpoints, as in the AWS CLI.
func (c *awsCmd) checkUnsigned(app *App, line *kong.Context) error {
	for _, p := range line.Path {
		if p.Flag == nil || p.Resolved || p.Flag.Group == nil || p.Flag.Group.Key != "select" {
			continue
		}
		if p.Flag.Name != "profile" || len(c.Profiles) != 1 || names.IsGlob(c.Profiles[0]) {
			return usage("--%s selects accounts, and --no-sign-request calls AWS in none; expected --profile with one name at most, for its region", p.Flag.Name)
		}
	}
	if len(c.ExcludeRegion) > 0 || len(c.Region) > 1 || slices.ContainsFunc(c.Region, names.IsGlob) {
		if app.setElsewhere["region"] == "" || app.setElsewhere["exclude-region"] == "" && len(c.ExcludeRegion) > 0 {
			return usage("--no-sign-request calls AWS in one region: expected --region with one name")
		}
		c.Region, c.ExcludeRegion = nil, nil
	}
	return nil
}

// unsignedPlan visits the one place of --no-sign-request.
func (c *awsCmd) unsignedPlan(app *App, operation *inventory.Operation) func(*sweeper) (sweep.Plan[inventory.Record], error) {
	return func(s *sweeper) (plan sweep.Plan[inventory.Record], err error) {
		profile := ""
		if len(c.Profiles) == 1 && !names.IsGlob(c.Profiles[0]) {
			profile = c.Profiles[0]
		}
		id, err := s.resolver.Anonymous(profile)
		if err != nil {
			return plan, err
		}
		if len(c.Region) == 1 {
			id.Target.Region = c.Region[0]
		}
		plan.NoCredentials = true
		plan.Accounts = func(context.Context) iter.Seq2[*account.Account, error] {
			return func(yield func(*account.Account, error) bool) { yield(&account.Account{}, nil) }
		}
		plan.Visit = func(ctx context.Context, p sweep.Place, emit func([]inventory.Record)) error {
			p.Identity = id
			if !runsOnce(c.op) {
				p.Region = id.Target.Region
			}
			return operation.Visit(ctx, s.resolver.API, p, emit)
		}
		return plan, nil
	}
}
