package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/inventory"
	"muster/internal/names"
	"muster/internal/shell"
)

// takeParameters takes the operation and its parameters off a command line, and returns
// the rest for the parser. flags are muster's.
func (c *awsCmd) takeParameters(program string, flags []*kong.Flag, args []string) (rest []string, err error) {
	line := newAWSLine(c, program, flags, args)
	if err := line.findOperation(); err != nil || c.op == nil {
		return line.args, err
	}
	return line.take()
}

// awsLine is the command line behind `muster aws`.
type awsLine struct {
	program string
	flags   flagWords
	command *awsCmd
	args    []string
}

// newAWSLine prepares the words behind the command. flags are muster's.
func newAWSLine(c *awsCmd, program string, flags []*kong.Flag, args []string) *awsLine {
	return &awsLine{program: program, flags: newFlagWords(flags), command: c, args: args}
}

// muster returns how many words of a flag of muster begin at i; 0 if it is none.
func (l *awsLine) muster(i int) int {
	_, n := l.flagAt(i)
	return n
}

func (l *awsLine) flagAt(i int) (*kong.Flag, int) { return l.flags.at(l.args, i) }

// findOperation looks up the service and the operation that the first two words name.
func (l *awsLine) findOperation() error {
	words, err := l.firstWords()
	if err != nil || len(words) == 0 {
		return err
	}
	service := catalog.Open(words[0])
	if service == nil {
		if err := l.clientCommand(words); err != nil {
			return err
		}
		return usage("no service %q of AWS%s", words[0], hintOf(words[0], serviceNames(), "; '"+l.program+" aws' lists them"))
	}
	if len(words) < 2 {
		return nil
	}
	if l.command.op = service.Operation(words[1]); l.command.op != nil {
		if l.command.op.NeedsBearerToken() {
			return usage("%s %s needs a bearer token, and muster has only the credentials of accounts: use 'aws %[1]s %[2]s'", words[0], words[1])
		}
		return nil
	}
	if api, stream := service.Other(words[1]); api != "" {
		reason := "changes things, and muster aws only reads"
		if stream {
			reason = "is a stream of events, which muster aws cannot print"
		}
		return usage("%s %s %s; to run it: %s", words[0], words[1], reason, l.execLine(service.Name, catalog.CLIName(api)))
	}
	if err := l.clientCommand(words); err != nil {
		return err
	}
	return usage("%s has no operation %q%s", words[0], words[1], hintOf(words[1], operationNames(service), "; '"+l.program+" aws "+words[0]+"' lists them"))
}

// firstWords returns the first words that are not flags, two at the most. It replaces the
// word help, which the AWS CLI has instead of --help.
func (l *awsLine) firstWords() (words []string, err error) {
	for i := 0; i < len(l.args) && len(words) < 2; {
		n, err := l.ignored(i)
		if err != nil {
			return nil, err
		}
		switch n = max(n, l.muster(i)); {
		case n > 0:
			i += n
		case l.args[i] == "help":
			l.args = slices.Replace(slices.Clone(l.args), i, i+1, "--help")
		case strings.HasPrefix(l.args[i], "-"):
			return nil, nil // the parser says what is wrong with it
		default:
			words = append(words, l.args[i])
			i++
		}
	}
	return words, nil
}

// execLine returns the command line that runs another command of the AWS CLI: the flags
// that select accounts before --, and the command with its parameters after it.
func (l *awsLine) execLine(command ...string) string {
	var selection, others []string // flags of exec
	parameters := append([]string{"aws"}, command...)
	behind, named := false, 0
	for i := 0; i < len(l.args); {
		var f *kong.Flag
		n := 0
		if !behind {
			f, n = l.flagAt(i)
		}
		word := l.args[i]
		switch {
		case f != nil && f.Group != nil && f.Group.Key == "select":
			selection = append(selection, l.args[i:i+n]...)
		case f != nil && f.Group != nil && slices.Contains([]string{"regions", "sweep", "global"}, f.Group.Key):
			others = append(others, l.args[i:i+n]...)
		case f != nil: // for records
		case !behind && word == "--":
			behind = true
		case named < 2 && !strings.HasPrefix(word, "-"):
			named++ // the service and the operation
		default:
			parameters = append(parameters, word)
		}
		i += max(n, 1)
	}
	if len(selection) == 0 {
		selection = []string{"--profile", "NAME"}
	}
	return shellWords(slices.Concat([]string{l.program, "exec"}, selection, others)) + " -- " + shellWords(parameters)
}

// shellWords quotes words as a shell reads them.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shell.Word(word)
	}
	return strings.Join(quoted, " ")
}

func hintOf(word string, known []string, otherwise string) string {
	if near := names.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return otherwise
}

// take separates the operation's parameters from muster's flags.
func (l *awsLine) take() (rest []string, err error) {
	behind := false // --: everything is the operation's
	named := 0      // the service and the operation
	for i := 0; i < len(l.args); {
		word, n := l.args[i], 0
		if !behind {
			if n, err = l.ignored(i); err != nil {
				return nil, err
			}
		}
		switch {
		case n > 0:
			i += n
		case !behind && word == "--":
			behind = true
			i++
		case !behind && l.muster(i) > 0:
			n = l.muster(i)
			rest = append(rest, l.args[i:i+n]...)
			i += n
		case !strings.HasPrefix(word, "-") && named < 2:
			rest = append(rest, word)
			named++
			i++
		case word == "help" && !behind:
			rest = append(rest, "--help")
			i++
		case !strings.HasPrefix(word, "-"):
			return nil, l.extraArgument(word)
		default:
			if i, err = l.parameter(i, behind); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// parameter takes the parameter at i with its values, and returns where the next word
// begins.
func (l *awsLine) parameter(i int, behind bool) (next int, err error) {
	typed, value, hasValue := strings.Cut(l.args[i], "=")
	p, negated, err := l.named(typed)
	if err != nil {
		return 0, err
	}
	given := inventory.Given{Parameter: p, Negated: negated}
	least, most := p.Takes()
	if hasValue {
		given.Texts = []string{value}
		if most == 0 {
			return 0, usage("%s takes no value; --no-%s is the opposite", typed, p.Name)
		}
	}
	for i++; i < len(l.args) && len(given.Texts) < most && !hasValue; i++ {
		if strings.HasPrefix(l.args[i], "--") || !behind && l.muster(i) > 0 {
			break
		}
		given.Texts = append(given.Texts, l.args[i])
	}
	if len(given.Texts) < least {
		return 0, usage("%s needs a value: %s", typed, inventory.Type(p.Member.Shape))
	}
	l.command.parameters = append(l.command.parameters, given)
	return i, nil
}

// named finds the parameter that a word names, in full or with the first letters of one
// name alone.
func (l *awsLine) named(word string) (p inventory.Parameter, negated bool, err error) {
	op := l.command.op
	name, long := strings.CutPrefix(word, "--")
	if !long {
		name = strings.TrimPrefix(word, "-")
	}
	matches := inventory.FindParameters(op, name)
	switch {
	case len(matches) == 1 && long:
		return matches[0].Parameter, matches[0].Negated, nil
	case len(matches) == 1:
		return p, false, usage("%s: names of parameters begin with two dashes: --%s", word, matches[0].Name)
	case len(matches) > 1 && long:
		return p, false, usage("%s can be --%s or --%s: write more of the name", word, matches[0].Name, matches[1].Name)
	}
	return p, false, usage("%s has no parameter %s%s", op.CLIName, word, hintOf(word, parameterNames(op), "; '"+l.helpLine()+"' lists them"))
}

func serviceNames() (all []string) {
	for _, e := range catalog.Services() {
		all = append(all, e.Name)
	}
	return all
}

func operationNames(s *catalog.Service) (all []string) {
	for o := range s.Operations() {
		if !o.Hidden {
			all = append(all, o.CLIName)
		}
	}
	slices.Sort(all)
	return all
}

func parameterNames(op *catalog.Operation) (all []string) {
	for _, p := range inventory.Parameters(op) {
		all = append(all, "--"+p.Name)
	}
	return all
}
