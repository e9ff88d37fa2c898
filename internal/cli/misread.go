package cli

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/names"
	"muster/internal/shell"
)

// misread tells of a command line that cannot be parsed, and where a flag came
// from that is not on it.
func (a *App) misread(err error, args []string) {
	text, help := ownWords(err), "muster --help"
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context.Selected() != nil {
		help = "muster " + parse.Context.Selected().Name + " --help"
	}
	if hint := cmp.Or(habit(err, text, args), accountHabit(err, text)); hint != "" {
		text, _, _ = strings.Cut(text, ", did you mean")
		text += "; " + hint
	} else {
		text += didYouMean(err, text)
	}
	if flag, _, ok := strings.Cut(text, ":"); ok && strings.HasPrefix(flag, "--") {
		variable := variableName(flag[2:])
		given := slices.ContainsFunc(args, func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") })
		if a.env[variable] != "" && !given {
			text += " in " + variable
		}
	}
	a.note("%s; see '%s'", text, help)
}

// ownWords is kong's error without the words of its workings, and without guesses
// at a flag of one letter, which is near to every other.
func ownWords(err error) string {
	text := err.Error()
	if flag, ok := strings.CutSuffix(text, `: expected string value but got "EOL" (<EOL>)`); ok {
		return flag + ": expected a value"
	}
	if flag, _, ok := strings.Cut(text, `: missing value, expecting "<arg>`); ok {
		return flag + ": expected a value"
	}
	if flag, ok := strings.CutPrefix(text, "unknown flag "); ok && !strings.HasPrefix(flag, "--") {
		flag, _, _ = strings.Cut(flag, ",")
		if strings.EqualFold(flag, "-v") {
			return "unknown flag " + flag + ", did you mean \"--version\"?"
		}
		return "unknown flag " + flag
	}
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context.Selected() == nil {
		if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok {
			return "unknown command " + argument
		}
	}
	return text
}

// everyAccount are the flags for what other tools call all accounts.
const everyAccount = "every account: --organization --role ROLE, --sso-session NAME or --all-profiles"

// accountHabit says how accounts are named here, where they are named as in other
// tools.
func accountHabit(err error, text string) string {
	if flag, ok := strings.CutPrefix(text, "unknown flag "); ok {
		flag, _, _ = strings.Cut(flag, ",")
		if flag == "-A" || flag == "--all-accounts" {
			return everyAccount
		}
	}
	parse := (*kong.ParseError)(nil)
	argument, ok := strings.CutPrefix(text, "unexpected argument ")
	if !ok || !errors.As(err, &parse) || parse.Context.Selected() == nil {
		return ""
	}
	flags := map[string]bool{}
	for _, flag := range parse.Context.Selected().Flags {
		flags[flag.Name] = true
	}
	hint := ""
	if flags["account"] {
		hint = parse.Context.Selected().Name + " takes accounts with --account " + shell.Word(argument)
	}
	if flags["destination"] {
		hint += ", and a page with --destination"
	}
	return hint
}

// didYouMean adds the nearest name to an error that has none.
func didYouMean(err error, text string) string {
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
		if flag, ok := strings.CutPrefix(text, "unknown flag --"); ok {
			word = "--" + flag
			for _, f := range parse.Context.Flags() {
				known = append(known, "--"+f.Name)
			}
		} else if argument, ok := strings.CutPrefix(text, "unknown command "); ok {
			word = argument
			for _, command := range parse.Context.Model.Leaves(true) {
				known = append(known, command.Name)
			}
		}
	}
	if near := names.Nearest(word, known); word != "" && near != "" {
		return ", did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}
