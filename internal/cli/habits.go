package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

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
	"--profiles": "--profile", "--accounts": "--account", "--account-id": "--account", "--account-ids": "--account",
	"--roles": "--role", "--role-name": "--role", "-A": everyAccount, "--all-accounts": everyAccount,
	"--instance-ids": "arguments: muster instances ID ...", "--instance-id": "arguments: muster instances ID ...", "--tags": "--tag", "--states": "--state", "--instance-type": "--type",
	"--template": "-o template=TEXT", "--go-template": "-o template=TEXT", "--parallel": "--concurrency", "--verbose": "--debug",
	"--no-color": "--color off", "--limit": "-o ndjson | head, which ends the run early", "--max-items": "-o ndjson | head, which ends the run early",
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

// helpAtEnd puts --help in the place of a last word help, as in aws ec2 help. The words
// before it must be a command: an instance may have the name help.
func helpAtEnd(args []string) []string {
	last := len(args) - 1
	if last < 1 || args[last] != "help" || args[0] == "help" || args[0] == "man" {
		return args
	}
	isCommand := last == 1 || last == 2 && (args[0] == "list" && isKind(args[1]) || slices.Contains(subcommandWords("subcommands", args[0]), args[1]))
	if !isCommand {
		return args
	}
	return append(slices.Clone(args[:last]), "--help")
}

// checkDashes finds a long flag with one dash, as in Go and Terraform: -output json would
// be the format "utput". The words behind -- are another program's.
func checkDashes(line *kong.Context, args []string) error {
	command := line.Selected()
	if command == nil {
		command = line.Model.Node
	}
	known := newFlagWords(slices.Concat(command.AllFlags(false)...))
	for _, word := range args {
		if word == "--" {
			break
		}
		if name, _, _ := strings.Cut(word, "="); len(name) > 2 && name[0] == '-' && name[1] != '-' && known["-"+name] != nil {
			return usage("%s: a flag of several letters takes two dashes: -%s", name, name)
		}
	}
	return nil
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
