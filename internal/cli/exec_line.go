package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/shell"
)

// execLine is the account and the command of exec's command line:
//
//	exec [flags] [ACCOUNT] [flags] -- COMMAND [ARG...]
//	exec [flags] [ACCOUNT] [flags]
//	exec [flags] COMMAND ARG...
//
// In the last form, which has no --, a second argument or a flag that is not muster's shows
// that the first word is a command. A word that is the last one is an account on a terminal,
// and a command elsewhere: the shell in an account needs a terminal.
type execLine struct {
	account string
	command []string
	dashes  bool // the command follows --
	last    bool // the account is the last word
}

// takeParameters takes the account and the command off the command line. Only flags are
// left for the parser.
func (c *execCmd) takeParameters(_ string, flags []*kong.Flag, args []string) (rest []string, err error) {
	own := newFlagWords(flags)
	first := own.skip(args, 0)
	if first == len(args) {
		return args, nil
	}
	switch word := args[first]; {
	case word == "--":
		c.line = execLine{command: args[first+1:], dashes: true}
		return args[:first], nil
	case word == "":
		return nil, usage("ACCOUNT is empty: leave it out, or give a value")
	case strings.HasPrefix(word, "-"):
		return args, nil // the parser says what is wrong with it
	}
	second := own.skip(args, first+1)
	switch {
	case second == len(args):
		c.line = execLine{account: args[first], last: first+1 == len(args)}
	case args[second] == "--":
		c.line = execLine{account: args[first], command: args[second+1:], dashes: true}
	default:
		c.line = execLine{command: args[first:]}
		return args[:first], nil
	}
	return slices.Concat(args[:first], args[first+1:second]), nil
}

// settle returns the line for a run with or without a terminal.
func (l execLine) settle(onTerminal bool) execLine {
	if l.last && !onTerminal {
		l.account, l.command = "", []string{l.account}
	}
	return l
}

// hint says how to name an account or a command, for a word that is neither a known account
// nor a program; "" if the line says which of them it is.
func (l execLine) hint() string {
	switch {
	case l.dashes || l.account != "" && !l.last || len(l.command) > 0 && strings.ContainsAny(l.command[0], `/\`):
		return ""
	case l.account != "":
		return "; to run it as a command: muster exec -- " + shell.Word(l.account)
	case l.last:
		return "; for a shell in an account, muster exec needs a terminal; a command follows --: muster exec " + shell.Word(l.command[0]) + " -- COMMAND"
	}
	return "; a command follows an account behind --, as in: muster exec " + shell.Word(l.command[0]) + " -- " + shellWords(l.command[1:])
}
