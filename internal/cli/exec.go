package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/child"
	"muster/internal/credserver"
	"muster/internal/inventory"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/shell"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// execFlags are the shared flags; --concurrency counts commands.
type execFlags struct {
	Selection   `embed:""`
	RegionFlags `embed:""`
	SweepFlags  `embed:"" set:"concurrency=16"`
	Output      `embed:""`
}

type execCmd struct {
	Command []string `arg:"" optional:"" passthrough:"partial" help:"The command and its arguments; without one, a shell in one account."`

	PerRegion bool `group:"exec" help:"Run it once in every region of each account."`
	Prefix    bool `group:"exec" help:"Mark each line with its account as it comes, instead of a heading at the end."`
	Serve     bool `group:"exec" help:"Give credentials that renew themselves, through the endpoint for containers, for long runs."`
	DryRun    bool `group:"exec" help:"Print what would run where, and run nothing."`
	Yes       bool `short:"y" group:"exec" help:"Do not ask before running it in several accounts."`

	execFlags `embed:"" set:"calls=Commands"`
}

func (*execCmd) Examples() []string {
	return []string{
		"muster exec --profile development -- env",
		"muster exec --all-profiles --yes --prefix -- sh -c 'echo $AWS_REGION'",
		"muster exec --profile production --per-region --region 'eu-*' --yes -- env",
		"muster exec --organization --role EC2ReadAccess --dry-run -- env",
	}
}

// Help tells what the flags alone do not.
func (*execCmd) Help() string {
	return `muster's flags come before the command; '--' ends them. The command has the account's keys, AWS_REGION, MUSTER_ACCOUNT_ID, MUSTER_ACCOUNT_NAME and MUSTER_ROLE in its environment.

In one account that the flags name, or that a terminal is on stdin for, the command takes muster's place: stdin, stdout, stderr and the exit code are its own. Everywhere else stdin is empty, what it prints comes under a heading when it ends, and the exit code is 3 where it failed anywhere.`
}

// execution is one run of exec.
type execution struct {
	*execCmd
	app       *App
	global    *Global
	resolver  *auth.Resolver
	selection account.Selection
	path      string   // of the program
	drop      []string // variables that a child must not see
	accounts  []*account.Account
	finder    *inventory.RegionFinder
	regions   map[*account.Account]sweep.Regions // that have been asked for
	asking    sync.Mutex
	sink      sink
	server    *credserver.Server // of --serve
}

func (c *execCmd) Run(ctx context.Context, app *App, g *Global, line *kong.Context) error {
	e := &execution{
		execCmd: c, app: app, global: g,
		regions: map[*account.Account]sweep.Regions{},
	}
	if err := e.prepare(line); err != nil {
		return err
	}
	var plans *render.Printer[execPlan]
	var err error
	if c.DryRun {
		if plans, err = render.Compile[execPlan](c.Output.options(app, g), execPlanView); err != nil {
			return err
		}
	}
	if err := e.list(ctx); err != nil {
		return err
	}
	if c.DryRun {
		return e.rehearse(ctx, plans)
	}
	if e.alone() {
		return e.handOver(ctx)
	}
	return e.fanOut(ctx)
}

// prepare checks what can be checked before anything is asked of AWS.
func (e *execution) prepare(line *kong.Context) (err error) {
	if len(e.Command) > 0 && e.Command[0] == "--" {
		e.Command = e.Command[1:]
	}
	if len(e.Command) == 0 {
		if !terminal.IsTerminal(e.app.Stdin) && !e.DryRun || e.PerRegion || e.Prefix || e.records() && !e.DryRun {
			return usage("expected a command: muster exec [flags] -- COMMAND [ARG...]; without one, a shell needs a terminal and one account")
		}
		e.Command = []string{e.shell()}
	}
	if e.path, err = child.LookPath(e.app.env["PATH"], e.Command[0]); err != nil {
		if word := e.Command[0]; !slices.Contains(line.Args, "--") && !strings.ContainsAny(word, `/\`) { // an account, perhaps
			err = fmt.Errorf("%w; exec takes accounts with --account, as in: muster exec --account %s -- COMMAND", err, shell.Word(word))
		}
		return err
	}
	switch o := e.Output; {
	case e.records() && e.Prefix:
		return usage("--prefix and records (--output, --jq, --query) exclude each other")
	case !e.records() && !e.DryRun && (len(o.Columns) > 0 || len(o.SortBy) > 0 || o.NoHeaders || o.Slurp):
		return usage("--columns, --sort-by, --no-headers and --slurp go with records: --output, --jq or --query")
	case !e.PerRegion && (len(e.Region) > 1 || len(e.ExcludeRegion) > 0 || len(e.Region) == 1 && names.IsGlob(e.Region[0])):
		return usage("several regions need --per-region; without it, one --region is the command's AWS_REGION")
	}
	if e.sink, err = e.newSink(); err != nil {
		return err
	}
	if err := errors.Join(e.SweepFlags.check(), e.SweepFlags.fits(e.PerRegion)); err != nil {
		return err
	}
	if e.selection, err = e.Selection.selection(e.app, e.global); err != nil {
		return err
	}
	e.selection.Strict = true
	if e.resolver, err = e.global.connect(e.app, defaultConcurrency, e.Profile); err != nil {
		return err
	}
	if e.finder, err = e.RegionFlags.finder(e.resolver.API); err != nil {
		return err
	}
	if e.PerRegion {
		e.SweepFlags.regions = e.finder
	}
	e.drop = []string{environmentName("demo")}
	for _, flag := range line.Selected().Flags {
		if flag.Group != nil && (flag.Group.Key == "select" || flag.Group.Key == "regions") {
			e.drop = append(e.drop, environmentName(flag.Name))
		}
	}
	return nil
}

// records says whether records are asked for instead of the output as it is.
func (e *execution) records() bool {
	return e.Output.Output != "" || e.JQ != "" || e.Query != "" || len(e.CountBy) > 0
}

// shell is the user's own.
func (e *execution) shell() string {
	variable, otherwise := "SHELL", "/bin/sh"
	if runtime.GOOS == "windows" {
		variable, otherwise = "COMSPEC", "cmd.exe"
	}
	if shell := e.app.env[variable]; shell != "" {
		return shell
	}
	return otherwise
}

// list finds all accounts: a command that changes things should not be half way
// through an organization whose list then breaks off.
func (e *execution) list(ctx context.Context) error {
	accounts, err := (&prepared{e.resolver, e.selection, &e.SweepFlags}).accounts(e.app)
	if err != nil {
		return err
	}
	e.app.watch(e.global, e.selection)
	ctx, cancel := e.bound(ctx)
	defer cancel()
	for a, err := range accounts(ctx) {
		switch {
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return context.Cause(ctx)
		case err != nil:
			return err
		}
		if e.earlier.NeedsVisit(a) {
			e.accounts = append(e.accounts, a)
		}
	}
	if e.PerRegion && len(e.finder.Unmatched(true)) > 0 { // by what is known; accounts may know more
		if _, err := e.countRegions(ctx); err != nil {
			return err
		}
		if unmatched := e.finder.Unmatched(true); len(unmatched) > 0 {
			return errors.New(unmatched[0])
		}
	}
	if e.active() == 0 && e.earlier == nil && e.selection.Shard.Count == 0 {
		return errors.New("no active account is selected: nothing was run")
	}
	return nil
}

func (e *execution) active() (n int) {
	for _, a := range e.accounts {
		if a.Active() {
			n++
		}
	}
	return n
}

// alone says whether the command takes muster's place: in the only account, where
// the flags could mean no more, so that a script can count on it, or where a user
// sits at the terminal.
func (e *execution) alone() bool {
	if e.active() != 1 || e.PerRegion || e.Prefix || e.records() || e.earlier != nil {
		return false
	}
	s := e.selection
	fans := s.Organization || s.SSOSession != "" || s.AllProfiles || len(s.Profiles) > 1 || len(s.Profiles) == 1 && names.IsGlob(s.Profiles[0])
	named := len(s.Accounts) == 1 && !names.IsGlob(s.Accounts[0])
	return !fans || named || terminal.IsTerminal(e.app.Stdin)
}

// each is the accounts as a sweep takes them.
func (e *execution) each(context.Context) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for _, a := range e.accounts {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// regionsOf asks for an account's regions once.
func (e *execution) regionsOf(ctx context.Context, a *account.Account, id *auth.Identity) (sweep.Regions, error) {
	e.asking.Lock()
	known, ok := e.regions[a]
	e.asking.Unlock()
	if ok {
		return known, nil
	}
	found, err := e.finder.Of(ctx, a, id)
	if err == nil {
		e.asking.Lock()
		e.regions[a] = found
		e.asking.Unlock()
	}
	return found, err
}

// region is where the command is told to work.
func (e *execution) region(p sweep.Place) string {
	switch {
	case p.Region != "":
		return p.Region
	case len(e.Region) == 1:
		return e.Region[0]
	}
	return p.Identity.Target.Region
}

// commandLine is the command as it could be typed.
func (e *execution) commandLine() string {
	words := make([]string, len(e.Command))
	for i, word := range e.Command {
		words[i] = shell.Word(word)
	}
	return strings.Join(words, " ")
}

// execPlan is a line of --dry-run.
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

// rehearse prints what would run where. Credentials are asked for only where
// regions are, which need them.
func (e *execution) rehearse(ctx context.Context, printer *render.Printer[execPlan]) error {
	plan := sweep.Plan[execPlan]{Accounts: e.each, NoCredentials: !e.PerRegion}
	if e.PerRegion {
		plan.Regions, plan.RegionSelected = e.regionsOf, e.finder.Selected
	}
	plan.Visit = func(ctx context.Context, p sweep.Place, emit func([]execPlan)) error {
		if p.Identity == nil {
			var err error
			if p.Identity, err = e.foretell(ctx, p.Account); err != nil {
				return err
			}
		}
		emit([]execPlan{{
			AccountId: p.Account.ID, AccountName: p.Account.Name, Region: e.region(p), Role: p.Identity.Role, Command: e.commandLine(),
		}})
		return nil
	}
	return run(ctx, e.app, &e.SweepFlags, "places", printer.Start(e.app.term.Records()), plan)
}

// foretell says who the command would be in an account, if nothing is refused.
func (e *execution) foretell(ctx context.Context, a *account.Account) (*auth.Identity, error) {
	ids, err := a.Identities(ctx)
	if err != nil {
		return nil, err
	}
	for _, role := range e.selection.Roles {
		for _, id := range ids {
			if id.Role == auth.RoleName(role) {
				return id, nil
			}
		}
	}
	if a.Source == account.SourceSSO && len(ids) != 1 {
		return a.Open(ctx) // which says why none of them can be chosen
	}
	return ids[0], nil
}
