package cli

import (
	"slices"
	"strings"

	"muster/internal/render"
	"muster/internal/shell"
)

// commandHabits maps commands of other tools to muster's.
var commandHabits = map[string]string{
	"ls": "instances", "get": "instances", "show": "instances", "ps": "instances", "describe": "instances",
	"ec2": "instances", "describe-instances": "instances", "inventory": "instances",
	"search": "find", "lookup": "find", "where": "find", "ip": "find",
	"sts": "whoami", "get-caller-identity": "whoami", "id": "whoami",
	"organizations": "accounts", "list-accounts": "accounts", "describe-regions": "regions", "list-profiles": "profiles",
	"sso": "login", "signin": "login", "shell": "exec", "run": "exec", "open": "console", "export-credentials": "credentials",
	"version": "--version",
}

const everyAccount = "--organization --role ROLE, --sso-session NAME or --all-profiles"

// flagHabits maps flags of other tools to muster's.
var flagHabits = map[string]string{
	"--format": "-o FORMAT", "--out-format": "-o FORMAT", "--output-format": "-o FORMAT", "--raw-output": "--jq, which prints raw strings",
	"--fields": "--columns", "--sort": "--sort-by", "--noheader": "--no-headers", "--count": "--count-by", "--since": "--changed-since",
	"--regions": "--region", "--all-regions": "no flag: muster visits every enabled region",
	"--profiles": "--profile", "--accounts": "--account", "--roles": "--role", "-A": everyAccount, "--all-accounts": everyAccount,
	"--instance-ids": "arguments: muster instances ID ...", "--tags": "--tag", "--states": "--state", "--instance-type": "--type",
	"--template": "-o template=TEXT", "--go-template": "-o template=TEXT", "--parallel": "--concurrency", "--verbose": "--debug",
	"-p": "--profile", "-r": "--region", "-a": "--account", "-t": "--tag", "-f": "--filter", "-j": "-o json", "-c": "--columns", "-s": "--sort-by",
}

// commandHabit returns a hint for a command of another tool.
func commandHabit(command string) string {
	if own := commandHabits[command]; own != "" {
		return "use " + own
	}
	return ""
}

// flagHabit returns a hint for a flag of another tool. --json and -json mean -o json.
func flagHabit(flag string) string {
	own := flagHabits[flag]
	if format := strings.TrimLeft(flag, "-"); slices.Contains(render.Formats(), format) {
		own = "-o " + format
	}
	if own == "" {
		return ""
	}
	return "use " + own
}

// flagForArgument names the flags for an argument that the command does not take. Such
// a flag has the tag argument with the plural of what it takes.
func (m *mistake) flagForArgument() string {
	var ways []string
	for _, f := range m.command.Flags {
		if noun := f.Tag.Get("argument"); noun != "" {
			ways = append(ways, noun+" with --"+f.Name+" "+shell.Word(m.word))
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return m.command.Path() + " takes " + strings.Join(ways, ", and ")
}
