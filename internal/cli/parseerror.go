package cli

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/names"
)

// mistake is a command line that kong cannot parse.
type mistake struct {
	kind    mistakeKind
	word    string   // the word that is wrong
	choices []string // the values that a flag takes, for badChoice
	text    string   // kong's message without its suggestions

	args    []string
	grammar *kong.Application
	command *kong.Node // nil if the mistake comes before the command
}

type mistakeKind int

const (
	otherMistake mistakeKind = iota
	unknownCommand
	unknownSubcommand
	unknownFlag
	unexpectedArgument
	badChoice
)

// parseError returns the usage error for an error of kong's parser: kong's message, a
// hint, and the command that shows the help. An error of writing help or the version
// stays as it is.
func parseError(err error, args []string) error {
	if help := (*helpError)(nil); errors.As(err, &help) {
		return help.error
	}
	if wrong := (*contextError)(nil); errors.As(err, &wrong) {
		return wrong.error
	}
	m := mistake{args: args}
	program := ownName
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) {
		m.grammar, m.command = parse.Context.Model, parse.Context.Selected()
	}
	m.classify(err.Error())
	text := m.text
	if hint := m.hint(); hint != "" {
		text += "; " + hint
	}
	if m.command != nil {
		program += " " + m.command.Path()
	}
	return usage("%s; see '%s --help'", text, program)
}

// classify finds out from kong's message what is wrong.
func (m *mistake) classify(text string) {
	text, _, _ = strings.Cut(text, ", did you mean ")
	m.text = text
	if wrong := wrongValue().FindStringSubmatch(text); wrong != nil {
		m.text = wrong[1] + ": expected a value"
		if wrong[2] != "string" {
			m.text = wrong[1] + ": expected a number"
		}
		if wrong[4] != "<EOL>" && wrong[4] != "long flag" {
			m.text += fmt.Sprintf(", not %q", wrong[3])
		}
	} else if strings.HasPrefix(text, `expected "<`) {
		m.text = manual.Arguments(text)
	} else if flag, _, ok := strings.Cut(text, `: missing value, expecting "<arg>`); ok {
		m.text = flag + ": expected a value"
	} else if word := m.shortWithEquals(); text == "unknown flag -=" && word != "" {
		m.text = equalsMistake(word[:2], word[3:])
	} else if flag, ok := strings.CutPrefix(text, "unknown flag "); ok {
		m.kind, m.word = unknownFlag, flag
	} else if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok && m.command != nil && len(m.command.Children) > 0 {
		m.kind, m.word, m.text = unknownSubcommand, argument, m.command.Path()+" has no command "+argument
	} else if ok && m.command != nil {
		m.kind, m.word = unexpectedArgument, argument
	} else if ok {
		m.kind, m.word, m.text = unknownCommand, argument, "unknown command "+argument
	} else if subject, choice, ok := strings.Cut(text, " must be one of "); ok {
		m.text = manual.Arguments(subject) + " must be one of " + choice
		list, got, _ := strings.Cut(choice, " but got ")
		m.kind, m.word = badChoice, strings.Trim(got, `"`)
		for name := range strings.SplitSeq(list, ",") {
			m.choices = append(m.choices, strings.Trim(name, `"`))
		}
	}
}

// shortWithEquals returns the first word like -w=5s.
func (m *mistake) shortWithEquals() string {
	for _, word := range m.args {
		if len(word) > 2 && word[0] == '-' && word[1] != '-' && word[2] == '=' {
			return word
		}
	}
	return ""
}

func equalsMistake(short, value string) string {
	return fmt.Sprintf("%s=%s: a flag of one letter takes no =; write %s %s", short, value, short, cmp.Or(value, "VALUE"))
}

// wrongValue matches kong's message on the value of a flag that ends the line, is
// another flag, or is no number.
var wrongValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(-\S+): expected (?:a valid 64 bit )?(string|u?int|float) (?:value )?but got "(.*?)"(?: \((<EOL>|[a-z]+ flag)\))?(?:; perhaps try .*)?$`)
})

// hint returns what the user probably wants to type; "" if that is not known.
func (m *mistake) hint() string {
	switch m.kind {
	case unknownCommand:
		return cmp.Or(m.kindBehind(), commandHabit(m.word), topicHint(m.word), names.Suggest(m.word, slices.Concat(m.commands(), kindWords())))
	case unknownSubcommand:
		below := commandNames(m.command)
		return cmp.Or(names.Suggest(m.word, below), "its commands are "+strings.Join(below, ", "))
	case unknownFlag:
		return cmp.Or(m.earlyFlag(), flagHabit(m.word), m.nearestFlag())
	case unexpectedArgument:
		return cmp.Or(m.spacedList(), m.flagForArgument())
	case badChoice:
		return names.Suggest(m.word, m.choices)
	}
	if m.command != nil && len(m.command.Children) > 0 {
		return kindHint(m.command.Name)
	}
	return ""
}

// kindHint names the kind that has the name of a command in the plural; "" if there is none.
func kindHint(command string) string {
	k, err := inventory.FindKind(command)
	if k == nil || err != nil {
		return ""
	}
	return fmt.Sprintf("'%s %s' lists %s", ownName, k.Name, k.Title)
}

// topicHint suggests help for a word that is one of its topics, as in muster kinds.
func topicHint(word string) string {
	if !slices.Contains(manual.Topics(), word) {
		return ""
	}
	return "use help " + word
}

// kindBehind suggests the kind that follows another tool's verb, as in get volumes.
func (m *mistake) kindBehind() string {
	i := slices.Index(m.args, m.word) + 1
	if i == 0 || i == len(m.args) || commandHabits[m.word] != "instances" || !isKind(m.args[i]) {
		return ""
	}
	return "use " + m.args[i]
}

func (m *mistake) commands() (found []string) {
	if m.grammar != nil {
		found = commandNames(m.grammar.Node)
	}
	return found
}

// commandNames returns the names of the commands below a node.
func commandNames(node *kong.Node) (found []string) {
	for _, command := range node.Children {
		found = append(found, command.Name)
	}
	return found
}

// nearestFlag suggests a flag with a similar name. A flag of one letter is similar to
// all others of one letter, so it gets no suggestion but --version.
func (m *mistake) nearestFlag() string {
	if strings.EqualFold(m.word, "-v") {
		return names.Suggest("--version", []string{"--version"})
	}
	if !strings.HasPrefix(m.word, "--") || m.grammar == nil {
		return ""
	}
	node := m.grammar.Node
	if m.command != nil {
		node = m.command
	}
	var known []string
	for _, flags := range node.AllFlags(true) {
		for _, f := range flags {
			known = append(known, f.Name)
		}
	}
	near := names.Nearest(strings.TrimPrefix(m.word, "--"), known) // the dashes are no similarity
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", "--"+near)
}

// earlyFlag explains a command's flag that comes before the command.
func (m *mistake) earlyFlag() string {
	if m.command != nil || m.grammar == nil {
		return ""
	}
	place, known := "COMMAND", false
	if i := slices.IndexFunc(m.args, isKind); i >= 0 {
		place = m.args[i]
	}
	for _, command := range m.grammar.Leaves(true) {
		missing := func(word string) bool { return !slices.Contains(m.args, word) }
		if !slices.ContainsFunc(strings.Fields(command.Path()), missing) {
			place = command.Path()
		}
		known = known || slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return hasName(f, m.word) })
	}
	if !known {
		return ""
	}
	return "flags follow the command: " + ownName + " " + place + " " + m.word + " ..."
}

// spacedList explains a word that follows the value of a flag that takes a list.
func (m *mistake) spacedList() string {
	i := slices.Index(m.args, m.word)
	if i < 2 {
		return ""
	}
	flag, value := m.args[i-2], m.args[i-1]
	if slices.ContainsFunc(m.command.Flags, func(f *kong.Flag) bool { return f.IsSlice() && hasName(f, flag) }) {
		return "commas separate several values: " + flag + " " + value + "," + m.word
	}
	return ""
}

// hasName reports whether a word is one of the names of a flag: --NAME, an alias or -N.
func hasName(f *kong.Flag, word string) bool {
	if name, ok := strings.CutPrefix(word, "--"); ok {
		return name == f.Name || slices.Contains(f.Aliases, name)
	}
	return f.Short != 0 && word == "-"+string(f.Short)
}

var regionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`) })

// checkMeaning returns an error for a command line that kong can parse, but not as
// the user meant it: an empty value, -o=csv, or --region us-east-1 eu-west-1.
func checkMeaning(command *kong.Context, args []string) error {
	for _, path := range command.Path {
		// An unset variable, as in console "$ACCOUNT", must not select another account.
		if argument := path.Positional; argument != nil && !argument.Tag.Has("may-be-empty") && argument.Target.Kind() == reflect.String && argument.Target.Len() == 0 {
			return usage("%s is empty: leave it out, or give a value", strings.ToUpper(argument.Name))
		}
		if path.Flag == nil {
			continue
		}
		flag, short := path.Flag, "-"+string(path.Flag.Short)
		// An unset variable in --account "$ACCOUNT" must not select all accounts.
		if kind := flag.Target.Kind(); !flag.Tag.Has("may-be-empty") && (kind == reflect.Slice || kind == reflect.String) && flag.Target.Len() == 0 {
			return usage("--%s is empty: leave it out, or give a value", flag.Name)
		}
		value, isString := flag.Target.Interface().(string)
		if flag.Short != 0 && !path.Resolved && isString && strings.HasPrefix(value, "=") && slices.Contains(args, short+value) {
			return usage("%s", equalsMistake(short, value[1:]))
		}
	}
	return checkRegionList(command.Selected(), args)
}

// checkRegionList finds a region behind a flag's list of regions that the command
// would take for an argument of its own.
func checkRegionList(command *kong.Node, args []string) error {
	if slices.ContainsFunc(command.Positional, func(p *kong.Positional) bool { return p.Passthrough }) {
		return nil // another program's flags
	}
	for i := 2; i < len(args); i++ {
		flag, value := args[i-2], args[i-1]
		takesRegions := func(f *kong.Flag) bool { return f.Tag.Get("complete") == "regions" && f.IsSlice() && hasName(f, flag) }
		if regionName().MatchString(args[i]) && slices.ContainsFunc(command.Flags, takesRegions) {
			return usage("%s: commas separate several regions: %s %s,%s", flag, flag, value, args[i])
		}
	}
	return nil
}
