package cli

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/render"
)

// commandHabits are commands that other tools have, and muster's for the same.
var commandHabits = map[string]string{
	"ls": "instances", "list": "instances", "get": "instances", "show": "instances", "ps": "instances", "describe": "instances",
	"ec2": "instances", "describe-instances": "instances", "inventory": "instances",
	"search": "find", "lookup": "find", "where": "find", "ip": "find",
	"sts": "whoami", "get-caller-identity": "whoami", "id": "whoami",
	"organizations": "accounts", "list-accounts": "accounts", "describe-regions": "regions", "list-profiles": "profiles",
	"sso": "login", "signin": "login", "shell": "exec", "run": "exec", "open": "console", "export-credentials": "credentials",
	"version": "--version",
}

// flagHabits are flags that other tools have, and muster's for the same.
var flagHabits = map[string]string{
	"--format": "-o FORMAT", "--out-format": "-o FORMAT", "--output-format": "-o FORMAT", "--raw-output": "--jq, which prints text as it is,",
	"--fields": "--columns", "--sort": "--sort-by", "--noheader": "--no-headers", "--count": "--count-by",
	"--regions": "--region", "--all-regions": "no flag: every enabled region is visited", "--profiles": "--profile", "--accounts": "--account", "--roles": "--role",
	"--instance-ids": "the ids as arguments", "--tags": "--tag", "--states": "--state", "--instance-type": "--type",
	"--template": "-o template=TEXT", "--go-template": "-o template=TEXT", "--parallel": "--concurrency", "--verbose": "--debug",
	"-p": "--profile", "-r": "--region", "-a": "--account", "-t": "--tag", "-f": "--filter", "-j": "-o json", "-c": "--columns", "-s": "--sort-by",
}

// habit says how muster has what a command line asks for as in another tool; "" if
// nothing is known.
func habit(err error, text string, args []string) string {
	parse := (*kong.ParseError)(nil)
	if !errors.As(err, &parse) {
		return ""
	}
	if command, ok := strings.CutPrefix(text, "unknown command "); ok {
		if own := commandHabits[command]; own != "" {
			return "muster has " + own + " for that"
		}
		return ""
	}
	if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		return spacedList(parse.Context.Selected(), args, argument)
	}
	flag, ok := strings.CutPrefix(text, "unknown flag ")
	if !ok {
		return ""
	}
	flag, _, _ = strings.Cut(flag, ",")
	if parse.Context.Selected() == nil {
		if hint := flagTooEarly(parse.Context.Model, flag, args); hint != "" {
			return hint
		}
	}
	if format := strings.TrimLeft(flag, "-"); slices.Contains(render.Formats(), format) {
		return "muster has -o " + format + " for that"
	}
	if own := flagHabits[flag]; own != "" {
		return "muster has " + own + " for that"
	}
	return ""
}

// flagTooEarly says where a flag that stands before the command belongs.
func flagTooEarly(grammar *kong.Application, flag string, args []string) string {
	word := "COMMAND"
	known := false
	for _, command := range grammar.Leaves(true) {
		if slices.Contains(args, command.Name) {
			word = command.Name
		}
		known = known || slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool {
			return flag == "--"+f.Name || f.Short != 0 && flag == "-"+string(f.Short) || slices.Contains(f.Aliases, strings.TrimPrefix(flag, "--"))
		})
	}
	if !known {
		return ""
	}
	return "flags go behind the command: muster " + word + " " + flag + " ..."
}

// spacedList says how several values are given, where a word follows the value of a
// flag that takes a list.
func spacedList(command *kong.Node, args []string, word string) string {
	i := slices.Index(args, word)
	if command == nil || i < 2 {
		return ""
	}
	for _, f := range command.Flags {
		if f.IsSlice() && (args[i-2] == "--"+f.Name || slices.Contains(f.Aliases, strings.TrimPrefix(args[i-2], "--"))) {
			return "commas separate several values: " + args[i-2] + " " + args[i-1] + "," + word
		}
	}
	return ""
}

var regionWord = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`)

// misunderstood finds what a command line that can be parsed does not mean as it was
// written: -o=csv, and --region us-east-1 eu-west-1.
func misunderstood(command *kong.Context, args []string) error {
	for _, path := range command.Path {
		if path.Flag == nil || path.Resolved || path.Flag.Short == 0 {
			continue
		}
		short := "-" + string(path.Flag.Short)
		if value, ok := path.Flag.Target.Interface().(string); ok && strings.HasPrefix(value, "=") && slices.Contains(args, short+value) {
			return usage("%s%s: a flag of one letter has no =; write %s %s", short, value, short, cmp.Or(value[1:], "VALUE"))
		}
	}
	if slices.ContainsFunc(command.Selected().Positional, func(p *kong.Positional) bool { return p.Passthrough }) {
		return nil // the regions may be arguments of another program
	}
	var lists []string // the flags that take several regions
	for _, f := range command.Selected().Flags {
		if f.IsSlice() && f.Tag.Get("complete") == "regions" {
			lists = append(lists, "--"+f.Name)
		}
	}
	for i := 2; i < len(args); i++ {
		if slices.Contains(lists, args[i-2]) && regionWord.MatchString(args[i]) {
			return usage("%s: commas separate several regions: %s %s,%s", args[i-2], args[i-2], args[i-1], args[i])
		}
	}
	return nil
}
