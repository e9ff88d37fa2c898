package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/names"
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
		if !ok || value == "" || app.otherSource(command, flag.Name, value) {
			return nil, nil
		}
		app.variables = append(app.variables, flag.Name)
		return value, nil
	})
}

// otherSource says whether a variable belongs to another source of accounts than the
// one that the command line names: that one replaces it as a whole.
func (a *App) otherSource(command *kong.Context, flag, value string) bool {
	given := map[string]bool{}
	for _, path := range command.Path {
		if path.Flag != nil && !path.Resolved && command.FlagValue(path.Flag) != false {
			given[path.Flag.Name] = true
		}
	}
	if !given["profile"] && !given["all-profiles"] && !given["sso-session"] && !given["organization"] {
		return false
	}
	replaced := func(source string) bool { return !given[source] && a.env[environmentName(source)] != "" }
	switch flag {
	case "profile": // may be the one that lists the organization
		return !given["organization"] || strings.Contains(value, ",") || names.IsGlob(value)
	case "all-profiles", "sso-session", "organization":
		return true
	case "role":
		return !given["organization"] && !given["sso-session"] || replaced("organization") || replaced("sso-session")
	case "external-id", "role-session-name", "duration-seconds":
		return !given["organization"]
	case "ou", "account-tag": // alone they must not be ignored: there would be more accounts
		return replaced("organization")
	}
	return false
}

// origin names the variables that set the flags of a message, "" if none does.
func (a *App) origin(text string) string {
	var from []string
	for _, flag := range a.variables {
		if slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') }), "--"+flag) {
			from = append(from, "--"+flag+" is set by "+environmentName(flag))
		}
	}
	if len(from) == 0 {
		return ""
	}
	return " (" + strings.Join(from, ", ") + ")"
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
