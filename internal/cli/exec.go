package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/child"
	"muster/internal/credserver"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shell"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// execFlags are the shared flags. --concurrency counts commands, and MUSTER_OUTPUT does not
// apply: it would take the terminal away from a shell.
type execFlags struct {
	Selection   `embed:""`
	RegionFlags `embed:""`
	SweepFlags  `embed:"" set:"concurrency=16"`
	Output      `embed:"" set:"output_env=-"`
}

type execCmd struct {
	// These two are for help and completion. takeParameters sets line instead.
	AccountArgument `embed:""`
	Command         []string `arg:"" optional:"" passthrough:"partial" help:"Command and arguments; without one, a shell in one account."`

	line execLine

	PerRegion bool `group:"exec" help:"Run the command in every region of each account."`
	Prefix    bool `group:"exec" help:"Print output line by line, each line with its account in front."`
	Serve     bool `group:"exec" help:"Renew the command's credentials while it runs, through a container endpoint; a shell has this by default."`
	NoServe   bool `group:"exec" help:"Give a shell credentials that are not renewed."`
	Nested    bool `group:"exec" help:"Start a shell even inside the shell of an account."`
	DryRun    bool `group:"exec" help:"List the accounts and the command, but run nothing."`
	Yes       bool `short:"y" group:"exec" help:"Run in several accounts without asking."`

	execFlags `embed:"" set:"calls=commands"`
}

func (*execCmd) Examples() []string {
	return []string{
		"muster exec production",
		"muster exec production -- aws s3 ls",
		"muster exec --all-profiles --yes --prefix -- aws s3 ls",
		"muster exec --profile production --per-region --region 'eu-*' --yes -- env",
	}
}

// Usage is the usage line.
func (*execCmd) Usage() string { return "exec [ACCOUNT] [flags] [-- COMMAND ...]" }

// Help is the text below the usage line.
func (*execCmd) Help() string {
	return `The command follows '--'. Without a command, muster starts your shell in one account; see 'muster help shell'. The command's environment has the account's keys, AWS_REGION, MUSTER_ACCOUNT_ID, MUSTER_ACCOUNT_NAME and MUSTER_ROLE.

If the flags name one account, or select one and stdin is a terminal, the command takes muster's place: stdin, stdout, stderr and the exit code are its own. Otherwise stdin is empty, the output of each command appears under a heading when it ends, and the exit code is 3 if any command failed.`
}

// execution is one run of exec.
type execution struct {
	*execCmd
	*sweeper
	global   *Global
	path     string   // of the program
	shell    bool     // the command is the user's shell
	drop     []string // variables to remove from the environment of a child
	accounts []*account.Account
	sink     sink
	server   *credserver.Server           // of --serve
	leftOut  []string                     // columns for which the terminal was too narrow
	refused  func(context.Context) string // as in account.Found

	mu           sync.Mutex
	knownRegions map[*account.Account]sweep.Regions
}

// Schema describes the records, for completion and --template-help.
func (c *execCmd) Schema() *shape.Schema {
	if c.DryRun {
		return shape.SchemaOf[execPlan]()
	}
	return shape.SchemaOf[execRecord]()
}

func (c *execCmd) Run(ctx context.Context, app *App, g *Global, line *kong.Context) error {
	c.line = c.line.settle(terminal.IsTerminal(app.Stdin))
	c.Command = c.line.command
	if err := c.name(app, c.line.account); err != nil {
		return err
	}
	e := &execution{execCmd: c, global: g, knownRegions: map[*account.Account]sweep.Regions{}}
	if err := e.prepare(app, line); err != nil {
		return err
	}
	var plans *render.Printer[execPlan]
	var err error
	if c.DryRun {
		if plans, err = render.Compile[execPlan](e.options(app), execPlanView); err != nil {
			return err
		}
	}
	if err := e.list(ctx); err != nil {
		return err
	}
	if c.DryRun {
		return e.dryRun(ctx, plans)
	}
	if e.alone() {
		return e.handOver(ctx)
	}
	return e.fanOut(ctx)
}

// prepare checks the flags and connects. It makes no call of AWS.
func (e *execution) prepare(app *App, line *kong.Context) (err error) {
	if e.path, err = e.program(app); err != nil {
		return err
	}
	e.dropContextRegions(app)
	if err := e.checkFlags(); err != nil {
		return err
	}
	if e.sink, err = e.newSink(app); err != nil {
		return err
	}
	if e.sweeper, err = prepare(app, e.global, &e.Selection, &e.execFlags.SweepFlags, defaultConcurrency); err != nil {
		return err
	}
	e.accountOptions.Strict = true
	regions, err := e.finder(e.resolver.API)
	if err != nil {
		return err
	}
	if e.PerRegion {
		e.regions = regions
	}
	if err := e.checkEarlier(!e.PerRegion, e.PerRegion); err != nil {
		return err
	}
	e.drop = selectionVariables(e.global, line)
	return nil
}

// program returns the path of the program to run: of the command, or else of the user's
// shell.
func (e *execution) program(app *App) (path string, err error) {
	if len(e.Command) == 0 {
		if err := e.startsShell(app); err != nil {
			return "", err
		}
	}
	path, err = child.LookPath(app.env["PATH"], e.Command[0])
	if err != nil {
		err = fmt.Errorf("%w%s", err, e.line.hint())
	}
	return path, err
}

// dropContextRegions removes the regions that the context selects if they are several, and the
// command does not run in each: the user has not asked for them here.
func (c *execCmd) dropContextRegions(app *App) {
	if app.contextSet[&c.Region] && !c.PerRegion && (len(c.Region) > 1 || names.IsGlob(c.Region[0])) {
		c.Region = nil
	}
	if app.contextSet[&c.ExcludeRegion] && !c.PerRegion {
		c.ExcludeRegion = nil
	}
}

// checkFlags returns an error for flags that cannot be used together.
func (c *execCmd) checkFlags() error {
	switch o := c.Output; {
	case c.Serve && c.NoServe:
		return usage("--serve and --no-serve cannot be used together")
	case c.records() && c.Prefix:
		return usage("--prefix and records (--output, --jq, --query) cannot be used together")
	case !c.records() && !c.DryRun && (len(o.Columns) > 0 || len(o.SortBy) > 0 || o.NoHeaders || o.Slurp):
		return usage("--columns, --sort-by, --no-headers and --slurp need records: --output, --jq or --query")
	case !c.PerRegion && (len(c.Region) > 1 || len(c.ExcludeRegion) > 0 || len(c.Region) == 1 && names.IsGlob(c.Region[0])):
		return usage("several regions need --per-region; without it, one --region is the command's AWS_REGION")
	}
	return nil
}

// selectionVariables are the variables of the flags that select accounts and regions, and of
// --demo. The command must not see them: they would select accounts for a muster that it runs.
func selectionVariables(g *Global, line *kong.Context) (variables []string) {
	for _, flag := range line.Flags() {
		selects := flag.Group != nil && (flag.Group.Key == "select" || flag.Group.Key == "regions")
		if selects || field(flag) == &g.Demo {
			variables = append(variables, variableName(flag.Name))
		}
	}
	return variables
}

// options returns the options of records.
func (e *execution) options(app *App) render.Options {
	options := e.Output.options(app, e.global)
	options.LeftOut = func(columns []string) { e.leftOut = columns }
	return options
}

// records reports whether the output of the commands becomes records.
func (c *execCmd) records() bool {
	return c.Output.Output != "" || c.JQ != "" || c.Query != "" || len(c.CountBy) > 0
}

// list finds all accounts before the command runs anywhere: if the list fails, a command that
// changes accounts must not have run in half of them.
func (e *execution) list(ctx context.Context) error {
	found, err := e.sweeper.accounts()
	if err != nil {
		return err
	}
	e.refused = found.Refused
	ctx, cancel := e.bound(ctx)
	defer cancel()
	for a, err := range found.Accounts(ctx) {
		switch {
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return context.Cause(ctx)
		case errors.As(err, new(*account.EmptyError)):
			return fmt.Errorf("%w%s", err, e.line.hint())
		case err != nil:
			return err
		}
		if e.earlier.NeedsVisit(a) {
			e.accounts = append(e.accounts, a)
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) { // some of these only say that their account is not known yet
		return context.Cause(ctx)
	}
	if e.PerRegion && len(e.regions.UnmatchedExcludes()) > 0 { // accounts may have regions that muster does not know
		if _, err := e.countRegions(ctx); err != nil {
			return err
		}
		if unmatched := e.regions.UnmatchedExcludes(); len(unmatched) > 0 {
			return errors.New(unmatched[0])
		}
	}
	if e.active() == 0 && e.earlier == nil && e.accountOptions.Shard.Count == 0 {
		return errors.New("no active account is selected: nothing was run")
	}
	if e.shell && !e.DryRun && e.active() > 1 {
		return e.chooseAccount(ctx)
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

// alone reports whether the command takes muster's place, with its streams and its exit code.
// It does so in a single account if the flags cannot select more, so that scripts can rely on
// it, or if stdin is a terminal.
func (e *execution) alone() bool {
	if e.active() != 1 || e.PerRegion || e.Prefix || e.records() || e.earlier != nil {
		return false
	}
	s := e.selection
	fans := s.RoleARN == "" && (s.Organization || s.TaskPolicy != "" || s.SSOSession != "" || s.SAMLProfile != "" || s.AllProfiles || len(s.Profiles) > 1 || len(s.Profiles) == 1 && names.IsGlob(s.Profiles[0]))
	named := s.Named != "" || len(s.Accounts) == 1 && !names.IsGlob(s.Accounts[0])
	return !fans || named || terminal.IsTerminal(e.app.Stdin)
}

// each yields the accounts, for a sweep.
func (e *execution) each(context.Context) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for _, a := range e.accounts {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// regionsOf returns an account's regions, and asks AWS for them once.
func (e *execution) regionsOf(ctx context.Context, a *account.Account, id *auth.Identity) (sweep.Regions, error) {
	e.mu.Lock()
	known, ok := e.knownRegions[a]
	e.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := e.regions.Of(ctx, a, id)
	if err == nil {
		e.mu.Lock()
		e.knownRegions[a] = found
		e.mu.Unlock()
	}
	return found, err
}

// region returns the region in the command's environment.
func (e *execution) region(p sweep.Place) string {
	switch {
	case p.Region != "":
		return p.Region
	case len(e.Region) == 1:
		return e.Region[0]
	}
	return p.Identity.Target.Region
}

// commandLine returns the command, quoted for a shell.
func (e *execution) commandLine() string {
	words := make([]string, len(e.Command))
	for i, word := range e.Command {
		words[i] = shell.Word(word)
	}
	return strings.Join(words, " ")
}
