package cli

import (
	"context"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/render"
	"muster/internal/sweep"
)

// execPlan is the record of --dry-run.
type execPlan struct {
	AccountId   string
	AccountName string
	Region      string
	Role        string
	Command     string
}

var execPlanView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "AccountId", Need: 2},
		{Field: "Region", Need: 3},
		{Field: "Role", Need: 5, Shorten: true},
		{Field: "Command", Need: 1, Shorten: true},
	},
	ID:   "AccountId",
	Sort: []string{"AccountId", "Region"},
}

// dryRun prints the places where the command would run. Credentials are asked for only with --per-region,
// because the list of an account's regions needs them.
func (e *execution) dryRun(ctx context.Context, printer *render.Printer[execPlan]) error {
	plan := sweep.Plan[execPlan]{Accounts: e.each, NoCredentials: !e.PerRegion}
	if e.PerRegion {
		plan.Regions, plan.RegionSelected = e.regionsOf, e.regions.Contains
	}
	plan.Visit = func(ctx context.Context, p sweep.Place, emit func([]execPlan)) error {
		if p.Identity == nil {
			var err error
			if p.Identity, err = e.predictIdentity(ctx, p.Account); err != nil {
				return err
			}
		}
		emit([]execPlan{{
			AccountId: p.Account.ID, AccountName: p.Account.Name, Region: e.region(p), Role: p.Identity.Role, Command: e.commandLine(),
		}})
		return nil
	}
	ctx, cancel := e.bound(ctx)
	defer cancel()
	result, err := sweepOnce(ctx, e.sweeper, &listing[execPlan]{
		noun: "places", plan: func(*sweeper) (sweep.Plan[execPlan], error) { return plan, nil },
	}, startOutput(e.app, e.global, printer))
	if err != nil {
		return err
	}
	result.leftOut = e.leftOut
	return e.conclude(ctx, result)
}

// predictIdentity returns the identity that the command would have in an account, if AWS
// refuses nothing.
func (e *execution) predictIdentity(ctx context.Context, a *account.Account) (*auth.Identity, error) {
	ids, err := a.Identities(ctx)
	if err != nil {
		return nil, err
	}
	if a.Source == account.SourceSSO && len(e.selection.Roles) == 0 && len(ids) != 1 {
		return a.Open(ctx) // it returns the error that no permission set is chosen
	}
	return ids[0], nil
}
