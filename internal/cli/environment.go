package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

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
