package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/inventory"
	"muster/internal/nearest"
	"muster/internal/render"
)

// Exit codes, as the contract has them.
const (
	exitOK          = 0
	exitNothing     = 1   // nothing could be done, or the output not written
	exitUsage       = 2   // the command line or the config file is wrong
	exitPartial     = 3   // some account or region is missing
	exitInterrupted = 130 // by the user
	exitPipe        = 141 // the reader went away, as the shell has it for SIGPIPE
)

// grammar is the whole command line.
type grammar struct {
	Version versionFlag `help:"Print the version and exit." group:"global"`
	Global  `embed:""`

	Instances instancesCmd `cmd:"" group:"sweeps" help:"List EC2 instances with every address of every interface."`
	Find      findCmd      `cmd:"" group:"sweeps" help:"Find out who owns an IP address, a DNS name, an id or a name."`
	Accounts  accountsCmd  `cmd:"" group:"accounts" help:"List the accounts that can be reached, and the role in each."`
	Regions   regionsCmd   `cmd:"" group:"accounts" help:"List each account's enabled regions."`
	Exec      execCmd      `cmd:"" group:"sweeps" help:"Run a command in every account, or a shell in one."`
	Profiles  profilesCmd  `cmd:"" group:"accounts" help:"List profiles, and what is wrong with them; generate some."`

	Login        loginCmd        `cmd:"" group:"credentials" help:"Sign in to an IAM Identity Center session."`
	Logout       logoutCmd       `cmd:"" group:"credentials" help:"Sign out, and remove cached credentials."`
	Whoami       whoamiCmd       `cmd:"" group:"credentials" help:"Show who you are in each account, how, and until when."`
	Credentials  credentialsCmd  `cmd:"" group:"credentials" help:"Print credentials for each account, for scripts and tools."`
	AssumeRole   assumeRoleCmd   `cmd:"" group:"credentials" help:"Print credentials of a role, with every option of STS."`
	SessionToken sessionTokenCmd `cmd:"" group:"credentials" help:"Print a user's temporary credentials, with an MFA code."`
	Console      consoleCmd      `cmd:"" group:"credentials" help:"Print or open a sign-in URL of the console."`

	Demo       demoCmd       `cmd:"" group:"other" help:"Serve a simulated organization, for any tool and SDK."`
	Completion completionCmd `cmd:"" group:"other" help:"Print the completion script of a shell."`
	Help       helpCmd       `cmd:"" group:"other" help:"Explain a command, or accounts, output, templates, exit-codes."`
	Man        manCmd        `cmd:"" group:"other" help:"Print a manual page."`
}

var groups = []kong.Group{
	{Key: "accounts", Title: "Accounts:"},
	{Key: "credentials", Title: "Credentials:"},
	{Key: "sweeps", Title: "Sweeps:"},
	{Key: "other", Title: "Other:"},
	{Key: "generate", Title: "Generated profiles:"},
	{Key: "select", Title: "Which accounts:"},
	{Key: "regions", Title: "Which regions:"},
	{Key: "filter", Title: "Which instances:"},
	{Key: "sweep", Title: "Sweep:"},
	{Key: "exec", Title: "The command:"},
	{Key: "output", Title: "Output:"},
	{Key: "global", Title: "Global:"},
}

const description = `Reads ~/.aws, finds every account you can reach, visits every enabled region of each at once, and prints what it finds.`

// exit unwinds to Main when kong has printed help or the version.
type exit int

// Main runs one command line and returns its exit code. It is the only place
// that makes exit codes, and the only one that prints errors.
func Main(ctx context.Context, args []string, app *App) (code int) {
	app.prepare()
	if len(args) == 1 && args[0] == "--version" { // asked for at every prompt by some; the grammar takes longer than the answer
		return app.fail(ctx, printVersion(app.Stdout, app.name))
	}
	if app.completes(args) { // likewise
		return exitOK
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var g grammar
	parser, err := newParser(&g, app)
	if err != nil {
		app.note("%v", err)
		return exitUsage
	}
	if len(args) > 0 && args[0] == "--" { // as an alias of the AWS CLI, to end the latter's options
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		if help := (*helpError)(nil); errors.As(err, &help) {
			return app.fail(ctx, help.error)
		}
		app.misread(err, args)
		return exitUsage
	}
	if flag := emptyList(command); flag != "" {
		return app.fail(ctx, usage("--%s is empty: leave it out, or say which", flag))
	}
	if g.Demo.serves(command) {
		g.Global.Demo = false
	}
	cleanUp, err := g.Global.simulate(app)
	if err != nil {
		return app.fail(ctx, err)
	}
	defer cleanUp()
	command.BindTo(ctx, (*context.Context)(nil))
	return app.fail(ctx, command.Run(app, &g.Global))
}

// emptyList finds a flag of the command line whose list has nothing in it. What
// was to be narrowed down by a variable that is not set must not become all.
func emptyList(command *kong.Context) string {
	for _, path := range command.Path {
		if path.Flag != nil && !path.Resolved && path.Flag.Target.Kind() == reflect.Slice && path.Flag.Target.Len() == 0 {
			return path.Flag.Name
		}
	}
	return ""
}

// misread tells of a command line that cannot be parsed, and where a flag came
// from that is not on it.
func (a *App) misread(err error, args []string) {
	text, help := err.Error(), "muster --help"
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context.Selected() != nil {
		help = "muster " + parse.Context.Selected().Name + " --help"
	}
	text += didYouMean(err)
	if flag, _, ok := strings.Cut(text, ":"); ok && strings.HasPrefix(flag, "--") {
		variable := environmentName(flag[2:])
		given := slices.ContainsFunc(args, func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") })
		if a.env[variable] != "" && !given {
			text += " in " + variable
		}
	}
	a.note("%s; see '%s'", text, help)
}

// didYouMean adds the nearest name to kong's error, where kong has not.
func didYouMean(err error) string {
	text := err.Error()
	if strings.Contains(text, "did you mean") {
		return ""
	}
	var word string
	var known []string
	if _, choice, ok := strings.Cut(text, " must be one of "); ok {
		list, got, _ := strings.Cut(choice, " but got ")
		word = strings.Trim(got, `"`)
		for name := range strings.SplitSeq(list, ",") {
			known = append(known, strings.Trim(name, `"`))
		}
	}
	parse := (*kong.ParseError)(nil)
	if errors.As(err, &parse) {
		node := parse.Context.Selected()
		if flag, ok := strings.CutPrefix(text, "unknown flag "); ok {
			word = flag
			for _, f := range parse.Context.Flags() {
				known = append(known, "--"+f.Name)
			}
		} else if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok && node == nil {
			word = argument
			for _, command := range parse.Context.Model.Leaves(true) {
				known = append(known, command.Name)
			}
		}
	}
	if near := nearest.Name(word, known); word != "" && near != "" {
		return ", did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

func newParser(g *grammar, app *App) (*kong.Kong, error) {
	parser, err := kong.New(g,
		kong.Name(app.name),
		kong.Description(description),
		kong.ExplicitGroups(groups),
		kong.Help(app.printHelp),
		kong.Writers(app.Stdout, app.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Resolvers(fromEnvironment(app)),
		kong.Vars(helpVars()),
		kong.Bind(app),
		kong.NamedMapper("sortkeys", kong.MapperFunc(decodeSortKeys)),
	)
	if err == nil {
		parser.Model.HelpFlag.Help = helpHelp
	}
	return parser, err
}

// decodeSortKeys takes -F for a value, which the parser does of no flag else.
func decodeSortKeys(line *kong.DecodeContext, target reflect.Value) error {
	text, ok := line.Scan.Peek().Value.(string)
	if !ok || strings.HasPrefix(text, "--") {
		return errors.New("expected fields, as in --sort-by LaunchTime,-Name")
	}
	line.Scan.Pop()
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(strings.Split(text, ","))))
	return nil
}

// helpHelp is the help of --help.
const helpHelp = "Show this help."

// helpVars are what ${...} means in the help of the grammar.
func helpVars() map[string]string {
	return map[string]string{
		"formats":     strings.Replace(strings.Join(render.Formats(), ", "), "template=,", "template=TEXT,", 1) + "PATH",
		"concurrency": strconv.Itoa(defaultConcurrency),
	}
}

// fromEnvironment gives every flag a variable: --sso-session is
// MUSTER_SSO_SESSION. The command line wins.
func fromEnvironment(app *App) kong.Resolver {
	// --jq prints by itself, and so does --generate, whatever the habit.
	own := func(arg string) bool { return arg == "--jq" || strings.HasPrefix(arg, "--jq=") || arg == "--generate" }
	return kong.ResolverFunc(func(command *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		switch {
		case slices.Contains([]string{"help", "version", "template-help"}, flag.Name):
			return nil, nil
		case flag.Name == "watch": // without which scripts end
			return nil, nil
		case flag.Name == "output" && (slices.ContainsFunc(command.Args, own) || ownOutput(command)):
			return nil, nil
		case flag.Name == "role" && app.env["MUSTER_ACCOUNT_ID"] != "":
			return nil, nil // exec tells its child by MUSTER_ROLE who it is
		}
		value, ok := app.Lookup(environmentName(flag.Name))
		if !ok || value == "" {
			return nil, nil
		}
		return value, nil
	})
}

// ownOutput says whether a command's formats are not those of records: a habit
// for those must not change what scripts get from it, or take a shell's terminal
// away.
func ownOutput(command *kong.Context) bool {
	node := command.Selected()
	return node != nil && slices.Contains([]string{"exec", "credentials", "assume-role", "session-token"}, node.Name)
}

func environmentName(flag string) string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// partial is the end of a sweep whose gaps have been reported already.
type partial struct{ code int }

func (p *partial) Error() string { return fmt.Sprintf("exit code %d", p.code) }

// fail turns an error into a message, where it has none yet, and an exit code.
func (a *App) fail(ctx context.Context, err error) int {
	var ended *partial
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ended):
		return ended.code
	case errors.Is(err, syscall.EPIPE) && !errors.As(err, new(*net.OpError)): // which would be AWS that went away
		return exitPipe
	}
	a.report(err)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case isUsage(err):
		return exitUsage
	}
	return exitNothing
}

// usageError is a command line that makes no sense.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// isUsage says whether the command line or the config is to blame.
func isUsage(err error) bool {
	for _, mistake := range []any{
		new(*usageError), new(*render.Error), new(*account.UsageError), new(*inventory.QueryError),
		new(*awsconfig.SyntaxError), new(*awsconfig.ProblemError),
	} {
		if errors.As(err, mistake) {
			return true
		}
	}
	return false
}

// report prints an error: AWS's without what the SDK puts around it, and the
// lines of an expression and the carets below it as they are.
func (a *App) report(err error) {
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	} else if none := (*auth.NoCredentialsError)(nil); errors.As(err, &none) {
		text = none.Error()
	} else if failure := awsapi.Explain(err); failure.Operation != "" {
		text = strings.Join(slices.DeleteFunc([]string{failure.Operation, failure.Code, failure.Message},
			func(part string) bool { return part == "" }), ": ")
	}
	lines := strings.Split(text, "\n")
	a.note("%s", lines[0])
	for _, line := range lines[1:] {
		a.aside(func() { fmt.Fprintln(a.Stderr, "  "+render.Safe(line)) })
	}
	if hint := account.Hint(err); hint != "" {
		a.detail("%s", hint)
	}
}
