package cli

import (
	"context"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
)

// grammar is the whole command line.
type grammar struct {
	ShowHelp helpFlag    `name:"help" short:"h" env:"-" group:"global" overview:"" help:"Show the help of muster or of a command."`
	Version  versionFlag `env:"-" group:"global" overview:"" help:"Print the version and exit."`
	Global   `embed:""`

	Instances  instancesCmd  `cmd:"" group:"sweeps" help:"List EC2 instances with all their IP addresses."`
	Find       findCmd       `cmd:"" group:"sweeps" help:"Find the owner of an IP address, DNS name, id or name."`
	Addresses  addressesCmd  `cmd:"" group:"sweeps" help:"List every IP address of every interface and Elastic IP."`
	List       listCmd       `cmd:"" group:"sweeps" help:"List resources of any kind; alone, list the kinds."`
	AWS        awsCmd        `cmd:"" name:"aws" group:"sweeps" help:"Run a read operation of any AWS service everywhere."`
	Accounts   accountsCmd   `cmd:"" group:"accounts" help:"List the accounts you can reach, and your role in each."`
	Regions    regionsCmd    `cmd:"" group:"accounts" help:"List the enabled regions of each account."`
	Snapshot   snapshotCmd   `cmd:"" group:"sweeps" help:"Keep the records of a listing, to compare later."`
	Diff       diffCmd       `cmd:"" demo:"-" context:"-" group:"sweeps" help:"Show what changed between snapshots, or since one."`
	Exec       execCmd       `cmd:"" group:"sweeps" help:"Run a command in every account, or a shell in one."`
	AccessKeys accessKeysCmd `cmd:"" name:"access-keys" group:"changes" help:"Change the state of access keys."`
	Role       roleCmd       `cmd:"" group:"changes" help:"Deploy the role with which muster reads every account."`
	Profiles   profilesCmd   `cmd:"" group:"accounts" help:"List profiles and their problems, or generate profiles."`
	Contexts   contextCmd    `cmd:"" name:"context" demo:"-" context:"-" group:"accounts" help:"Save flags for accounts, regions and output under a name."`

	Login        loginCmd        `cmd:"" group:"credentials" help:"Sign in to IAM Identity Center, a login_session or a SAML provider."`
	Logout       logoutCmd       `cmd:"" group:"credentials" help:"Sign out, and remove cached credentials."`
	Sessions     sessionsCmd     `cmd:"" group:"credentials" help:"List the sessions to sign in to, and their expiry."`
	Whoami       whoamiCmd       `cmd:"" group:"credentials" help:"Show your identity in each account, and its expiry."`
	Credentials  credentialsCmd  `cmd:"" group:"credentials" help:"Print the credentials of each account."`
	AssumeRole   assumeRoleCmd   `cmd:"" group:"credentials" help:"Print credentials of a role, with every option of STS."`
	AssumeRoot   assumeRootCmd   `cmd:"" group:"credentials" help:"Print root credentials of member accounts, for one task."`
	SessionToken sessionTokenCmd `cmd:"" group:"credentials" help:"Print a user's temporary credentials, with an MFA code."`
	Console      consoleCmd      `cmd:"" group:"credentials" help:"Print or open a sign-in URL of the console."`

	Demo       demoCmd       `cmd:"" demo:"-" group:"other" help:"Serve a simulated organization to any AWS tool or SDK."`
	Completion completionCmd `cmd:"" group:"other" help:"Print the completion script of a shell."`
	Help       helpCmd       `cmd:"" group:"other" help:"Show the help of a command or a topic."`
	Man        manCmd        `cmd:"" group:"other" help:"Print a man page."`
}

func (*grammar) Examples() []string {
	return []string{
		"muster instances --demo",
		"muster instances --organization --role EC2ReadAccess",
		"muster find 52.59.78.34 --all-profiles",
		"muster volumes --all-profiles --state available",
	}
}

// groups are the headings of commands and flags in help.
var groups = []kong.Group{
	{Key: "accounts", Title: "Accounts"},
	{Key: "credentials", Title: "Credentials"},
	{Key: "sweeps", Title: "Sweeps"},
	{Key: "changes", Title: "Changes"},
	{Key: "other", Title: "Other"},
	{Key: "role", Title: "The role"},
	{Key: "generate", Title: "Generated profiles"},
	{Key: "select", Title: "Which accounts"},
	{Key: "regions", Title: "Which regions"},
	{Key: "filter", Title: "Which instances"},
	{Key: "resources", Title: "Which resources"},
	{Key: "operation", Title: "The operation"},
	{Key: "keys", Title: "Which keys"},
	{Key: "change", Title: "The changes"},
	{Key: "sweep", Title: "Sweep"},
	{Key: "compare", Title: "Snapshots"},
	{Key: "exec", Title: "The command"},
	{Key: "output", Title: "Output"},
	{Key: "global", Title: "Global"},
}

const description = `Reads ~/.aws, finds every account you can reach, visits every enabled region of each at once, and prints what it finds.`

// exit unwinds to Main when kong has printed help or the version.
type exit int

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, app *App) (code int) {
	app.prepare(ctx)
	defer app.term.Close()
	if len(args) == 1 && args[0] == "--version" { // asked for at every prompt by some; the grammar takes longer than the answer
		return app.fail(ctx, printVersion(app.Stdout, app.name))
	}
	if app.name == pluginCompleter {
		args = append([]string{complete.KubectlWord}, args...)
	}
	if app.completer().Respond(app.Stdout, args) { // likewise
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
	if len(args) > 0 && args[0] == "--" { // as an alias of the AWS CLI, to end the latter's options
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := app.parse(args)
	if err != nil {
		return app.fail(ctx, err)
	}
	app.commandLine = shownCommand(app, args)
	return app.fail(ctx, app.run(ctx, command))
}

// parse reads a command line.
func (a *App) parse(args []string) (*kong.Context, error) {
	args = helpAtEnd(args)
	parser, line, err := parserFor(a, args)
	if err != nil {
		return nil, usage("%v", err)
	}
	if err := checkDashes(line, args); err != nil {
		return nil, err
	}
	if args, err = takeParameters(line); err != nil {
		return nil, err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return nil, parseError(err, args)
	}
	return command, checkMeaning(command, args)
}

// globalOf returns the global flags of a command line.
func globalOf(command *kong.Context) *Global {
	return command.Model.Target.FieldByName("Global").Addr().Interface().(*Global)
}

// run runs the command of a command line.
func (a *App) run(ctx context.Context, command *kong.Context) error {
	a.command = command
	global := globalOf(command)
	if hasTag(command.Selected(), "demo", "-") {
		global.Demo = false
	}
	a.noteContext(global)
	cleanUp, err := global.simulate(a)
	if err != nil {
		return err
	}
	defer cleanUp()
	defer a.close()
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run(a, global)
}
