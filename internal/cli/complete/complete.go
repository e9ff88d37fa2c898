// Package complete answers the TAB key: it completes command lines for the scripts in
// completions/, and for kubectl.
//
// It knows no command and no flag by name. Everything follows from the grammar's types
// and tags, and from methods of a command's struct:
//
//   - `complete:"SOURCE,..."` names the sources of a flag's or argument's values; sources
//     and texts list them. The value "none" stands for free text. `enum` tags need no more.
//   - Schema() describes the command's records, for lists of fields and for expressions.
//   - CountedFields() returns the fields by which records are counted instead of printed.
//   - SeenScope() returns the selection of accounts. Names are offered that sweeps of the
//     same accounts have found.
//   - MoreFlags() returns flags that depend on the arguments.
//   - SeenKinds() returns the kinds of the command's records. Ids and names are offered that
//     sweeps have found.
//   - Words(SOURCE) returns the values of a source that depends on the arguments.
//   - InDemo(), of the whole grammar, reports whether the simulated organization is in use.
//
// They are called on a struct that has the flags of the command line, as far as they are
// booleans, strings and lists of strings, and the arguments that are strings.
//
// An answer must come within a key press. So no parser is built, no call goes to AWS,
// nothing is written to stderr, and nothing fails: an unreadable file offers no names.
package complete

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"muster/internal/awsconfig"
	"muster/internal/safe"
)

// Completer completes the command lines of one grammar.
type Completer struct {
	Grammar reflect.Type               // the struct of the whole command line
	Vars    map[string]string          // values of ${NAME} in help texts
	Words   map[string]func() []string // fixed words, by the source that offers them
	// Described are like Words, with descriptions. They may leave out values that do not
	// begin with the prefix.
	Described map[string]func(prefix string) []Value
	// ShortForms names the source in Described of words that stand for a command, and Expand
	// returns the command and its first arguments for such a word; nil for another word.
	ShortForms string
	Expand     func(word string) []string

	// Settings returns the settings of a context by flag: of the one that is named, or else
	// of the current one. nil: there are no contexts.
	Settings func(name string, named bool) map[string][]string

	Lookup   func(name string) (string, bool) // reads the environment
	Variable func(flag string) string         // the environment variable that sets a flag
	SeenFile func(demo bool) string           // the file of names that sweeps have found; "" for none
	Now      func() time.Time
}

// Value is a possible value, and its description.
type Value struct{ Text, Help string }

// candidate is a possible completion of a word, and its description.
type candidate struct{ text, help string }

// answer is the completion of one word.
type answer struct {
	candidates []candidate
	files      bool // the shell completes names of files
	open       bool // the word is not finished: the shell adds no space
	command    int  // the last words, this many, are another command line, completed by the shell
}

// line is a command line up to the cursor.
type line struct {
	*Completer
	top      *Command
	command  *Command            // the selected command, top before one is selected, nil for an unknown one
	namesake *Command            // the command that has the name of the short form; nil: there is none
	given    map[string][]string // values of flags, by name; "" for a flag without a value
	words    []string            // arguments
	rest     int                 // index in words of another program's command line; -1: it has not begun
	last     string              // the word to complete

	config *awsconfig.Config // loaded on first use
	names  *seenNames        // likewise

	settings    map[string][]string // of the context; read on first use
	contextRead bool
}

// complete completes the last word of a command line. words exclude the program's name.
func (c *Completer) complete(words []string) (a answer) {
	if len(words) == 0 {
		return a
	}
	top := ReadGrammar(c.Grammar, c.Vars)
	l := &line{Completer: c, top: top, command: top, given: map[string][]string{}, rest: -1, last: words[len(words)-1]}
	pending, flags := l.read(words[:len(words)-1])
	if l.command == nil {
		return a
	}
	a = l.complete(pending, flags)
	// A name with control characters can be neither typed nor recognized.
	a.candidates = slices.DeleteFunc(a.candidates, func(c candidate) bool { return safe.Text(c.text) != c.text })
	return a
}

// complete completes the last word: the value of the pending flag if there is one. flags
// reports whether a flag may stand here.
func (l *line) complete(pending *Param, flags bool) (a answer) {
	name, value, assigned := strings.Cut(l.last, "=")
	switch {
	case pending != nil:
		return l.value(pending, l.last, "")
	case !flags:
		return l.argument()
	case assigned && strings.HasPrefix(name, "--"):
		if f := l.flag(name); f != nil && !f.Bool {
			return l.value(f, value, name+"=")
		}
	case len(l.last) > 2 && l.last[0] == '-' && l.last[1] != '-': // -oVALUE
		if f := l.flag(l.last[:2]); f != nil && !f.Bool {
			return l.value(f, l.last[2:], l.last[:2])
		}
	case strings.HasPrefix(l.last, "-"):
		return l.flags()
	case len(l.command.Commands) > 0:
		a.candidates = withPrefix(commandsOf(l.command), l.last)
		if l.last != "" && l.command == l.top { // else they would hide the commands
			a.candidates = append(a.candidates, l.listed(l.described(l.ShortForms, l.last))...)
		}
	default:
		a = l.argument()
		if l.namesake != nil && len(l.words) == 1 {
			a.candidates = append(withPrefix(commandsOf(l.namesake), l.last), a.candidates...)
		}
		if len(a.candidates) == 0 && !a.files && l.last == "" {
			return l.flags()
		}
	}
	return a
}

// read parses the words before the last one. It returns the flag whose value comes next,
// and whether a flag may come next.
func (l *line) read(words []string) (pending *Param, flags bool) {
	flags = true
	for i, word := range words {
		switch {
		case l.command == nil:
			return nil, false
		case pending != nil:
			l.give(pending, word)
			pending = nil
		case !flags:
			l.words = append(l.words, word)
		case word == "--":
			flags = false
			if l.command.rest() >= 0 {
				l.rest = len(l.words)
			}
		case strings.HasPrefix(word, "-") && word != "-" && !l.isForeign(word):
			pending = l.readFlag(word)
		case len(l.command.Commands) > 0:
			l.open(word, words[i+1:])
		default:
			l.words = append(l.words, word)
			if at := l.command.rest(); at >= 0 && len(l.words) > at {
				l.rest, flags = 0, false
			}
		}
	}
	return pending, flags
}

// isForeign reports whether a flag belongs to another program, whose name is the first
// argument.
func (l *line) isForeign(word string) bool {
	return len(l.words) > 0 && l.command.rest() >= 0 && l.flag(word) == nil
}

// open selects a command by its name, or by a short form of it and its first arguments. A
// word that is both means the command if one of its commands is among the words behind.
func (l *line) open(word string, behind []string) {
	above := l.command
	if l.command = above.open(word, l.Vars); l.command != nil {
		l.startAgain()
	}
	if above != l.top || l.Expand == nil || l.command != nil && !l.command.lacks(behind) {
		return
	}
	if words := l.Expand(word); len(words) > 0 {
		l.namesake = l.command
		l.command, l.words = l.top.open(words[0], l.Vars), words[1:]
	}
}

// startAgain goes back to the top if the rest of a command is one of the grammar's own
// command lines: then the argument names the source of their commands.
func (l *line) startAgain() {
	at := l.command.rest()
	if at < 0 {
		return
	}
	for _, source := range l.command.Arguments[at].Sources {
		if words, known := l.Words[source]; known {
			commands, again := words(), *l.top
			again.Commands = slices.DeleteFunc(slices.Clone(again.Commands), func(c *Command) bool { return !slices.Contains(commands, c.Name) })
			again.Flags = l.command.Flags
			l.top, l.command = &again, &again
		}
	}
}

// lacks reports whether the command has commands of its own and none of them is among words.
func (c *Command) lacks(words []string) bool {
	return len(c.Commands) > 0 && !slices.ContainsFunc(c.Commands, func(below *Command) bool { return slices.Contains(words, below.Name) })
}

// readFlag notes a flag and its value. It returns the flag if the value is the next word.
func (l *line) readFlag(word string) (pending *Param) {
	name, value, assigned := strings.Cut(word, "=")
	f := l.flag(word)
	switch {
	case f == nil:
	case f.Bool || assigned:
		l.give(f, value)
	case strings.HasPrefix(name, "--") || len(name) == 2:
		return f
	default: // -oVALUE
		l.give(f, word[2:])
	}
	return nil
}

func (l *line) give(f *Param, value string) { l.given[f.Name] = append(l.given[f.Name], value) }

// flag finds a flag of the command, or of every command, by a word such as --name=value.
func (l *line) flag(word string) *Param {
	if f := l.command.Flag(word); f != nil || l.command == l.top {
		return f
	}
	if f := l.top.Flag(word); f != nil {
		return f
	}
	return (&Command{Flags: l.moreFlags()}).Flag(word)
}

// flags completes the name of a flag. It leaves out those that can be given only once
// and are given already.
func (l *line) flags() (a answer) {
	all := l.command.Flags
	if l.command != l.top {
		all = slices.Concat(all, l.top.Flags, l.moreFlags())
	}
	for _, f := range all {
		_, given := l.given[f.Name]
		if (!given || f.Repeated) && strings.HasPrefix("--"+f.Name, l.last) {
			a.candidates = append(a.candidates, candidate{"--" + f.Name, f.Help})
		}
	}
	slices.SortFunc(a.candidates, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return a
}

// argument completes a word that is neither a flag nor its value.
func (l *line) argument() (a answer) {
	known := l.command.Arguments
	if len(known) == 0 {
		return a
	}
	p := known[min(len(l.words), len(known)-1)]
	switch {
	case l.rest >= 0:
		return answer{files: true, command: len(l.words) - l.rest + 1}
	case p.Rest:
		return answer{files: true, command: len(l.words) + 1}
	case len(l.words) >= len(known) && !p.Repeated:
		return a
	}
	if p.List {
		items := splitList(l.last)
		return answer{candidates: l.listed(l.candidates(&p, items[len(items)-1]))}
	}
	a.candidates = slices.DeleteFunc(match(l.candidates(&p, l.last), l.last, ""), func(c candidate) bool {
		return slices.Contains(l.words, c.text)
	})
	return a
}

// listed returns the values that complete the last item of a list in the last word.
func (l *line) listed(values []candidate) []candidate { return matchItem(values, l.last, "") }

// withPrefix returns the candidates that begin with a prefix.
func withPrefix(all []candidate, prefix string) []candidate {
	return slices.DeleteFunc(all, func(c candidate) bool { return !strings.HasPrefix(c.text, prefix) })
}
