package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/safe"
	"muster/internal/seen"
)

// candidate is what a word can become, and what to say of it.
type candidate struct{ text, help string }

// completion is the answer to a key press.
type completion struct {
	candidates []candidate
	files      bool // names of files will do, which the shell knows best
	open       bool // the word goes on after it: no space is added
	command    int  // this many words are another command line, which the shell knows best
}

// The directives of cobra's protocol, which kubectl understands, too.
const (
	directiveNoSpace = 2
	directiveNoFiles = 4
)

// completes answers the completion scripts, which call muster by a word of their
// own in front of those of the command line. It asks nobody, says nothing on
// stderr and never fails, since it runs at a key press.
func (a *App) completes(args []string) bool {
	switch {
	case a.name == pluginCompleter:
		a.printCompletion(a.complete(args).here())
	case len(args) == 0:
		return false
	case args[0] == "__complete":
		a.printCompletion(a.complete(args[1:]).here())
	case args[0] == "__powershell":
		words := make([]string, len(args)-1)
		for i, word := range args[1:] {
			words[i] = strings.TrimPrefix(word, "=")
		}
		a.printCompletion(a.complete(words).here())
	case args[0] == "__bash" && len(args) == 4:
		a.completeBash(args[1], args[2], args[3])
	case args[0] == "__zsh":
		words := make([]string, len(args)-1)
		for i, word := range args[1:] {
			words[i] = unquote(word).text
		}
		a.printCompletion(a.complete(words))
	case args[0] == "__fish": // which has taken the quotes off all words but the last
		words := slices.Clone(args[1:])
		if last := len(words) - 1; last >= 0 {
			words[last] = unquote(words[last]).text
		}
		a.printCompletion(a.complete(words))
	default:
		return false
	}
	return true
}

// here is the answer for those who complete no other command line: files will do.
func (c completion) here() completion {
	c.command = 0
	return c
}

// printCompletion prints a line CANDIDATE<TAB>DESCRIPTION each, and the directive;
// in its place ":exec N" where the last N words are a command line of their own.
func (a *App) printCompletion(c completion) {
	var text strings.Builder
	text.Grow(64 * len(c.candidates))
	for _, candidate := range c.candidates {
		text.WriteString(candidate.text)
		if candidate.help != "" {
			text.WriteByte('\t')
			text.WriteString(safe.Text(candidate.help))
		}
		text.WriteByte('\n')
	}
	directive := 0
	if c.open {
		directive |= directiveNoSpace
	}
	if !c.files {
		directive |= directiveNoFiles
	}
	if c.command > 0 {
		fmt.Fprintf(&text, ":exec %d\n", c.command)
	} else {
		fmt.Fprintf(&text, ":%d\n", directive)
	}
	io.WriteString(a.Stdout, text.String())
}

// line is a command line as far as it has been typed.
type line struct {
	app     *App
	command *syntax             // that has been named, or the whole
	given   map[string][]string // values of flags, by name; none for those without
	words   []string            // arguments
	last    string              // the word to complete

	known    []seen.Entry      // what earlier runs have met, once it has been asked for
	fromDemo bool              // in the demo
	aws      *awsconfig.Config // ~/.aws, likewise
}

// complete completes the last of the words.
func (a *App) complete(words []string) (c completion) {
	if len(words) == 0 {
		return c
	}
	l := &line{app: a, command: topSyntax(), given: map[string][]string{}, last: words[len(words)-1]}
	pending, options := l.read(words[:len(words)-1])
	name, value, assigned := strings.Cut(l.last, "=")
	switch {
	case l.command == nil:
		return c
	case pending != nil:
		c = l.value(pending, l.last, "")
	case !options:
		c = l.argument()
	case assigned && strings.HasPrefix(name, "--"):
		if f := l.command.flag(name); f != nil && !f.isBool {
			c = l.value(f, value, name+"=")
		}
	case len(l.last) > 2 && l.last[0] == '-' && l.last[1] != '-': // -oVALUE
		if f := l.command.flag(l.last[:2]); f != nil && !f.isBool {
			c = l.value(f, l.last[2:], l.last[:2])
		}
	case strings.HasPrefix(l.last, "-"):
		c = l.flags()
	case len(l.command.commands) > 0:
		for _, child := range l.command.commands {
			if strings.HasPrefix(child.name, l.last) {
				c.candidates = append(c.candidates, candidate{child.name, child.help})
			}
		}
	default:
		c = l.argument()
		if len(c.candidates) == 0 && !c.files && l.last == "" {
			c = l.flags()
		}
	}
	// What does not look as it is could not be typed, nor told from another.
	c.candidates = slices.DeleteFunc(c.candidates, func(c candidate) bool { return safe.Text(c.text) != c.text })
	return c
}

// read goes through the words before the last. It returns the flag whose value
// comes next, and whether flags can still come.
func (l *line) read(words []string) (pending *option, options bool) {
	options = true
	for _, word := range words {
		switch name, value, assigned := strings.Cut(word, "="); {
		case l.command == nil:
			return nil, false
		case pending != nil:
			l.given[pending.name] = append(l.given[pending.name], word)
			pending = nil
		case !options:
			l.words = append(l.words, word)
		case word == "--":
			options = false
		case strings.HasPrefix(word, "-") && word != "-":
			f := l.command.flag(word)
			switch {
			case f == nil:
			case f.isBool:
				l.given[f.name] = append(l.given[f.name], value)
			case assigned:
				l.given[f.name] = append(l.given[f.name], value)
			case strings.HasPrefix(name, "--") || len(name) == 2:
				pending = f
			default: // -oVALUE
				l.given[f.name] = append(l.given[f.name], name[2:])
			}
		case len(l.command.commands) > 0:
			l.choose(word)
		default:
			l.words = append(l.words, word)
			options = !slices.ContainsFunc(l.command.arguments, func(o option) bool { return o.rest })
		}
	}
	return pending, options
}

// choose enters a command; of one that there is not, nothing can be said.
func (l *line) choose(name string) {
	top := l.command
	l.command = nil
	for _, child := range top.commands {
		if child.name == name {
			l.command = readSyntax(child.name, child.help, child.record, helpVars())
			l.command.flags = append(l.command.flags, top.flags...)
		}
	}
}

// flags are those that can still be given.
func (l *line) flags() (c completion) {
	for _, f := range l.command.flags {
		_, given := l.given[f.name]
		if (!given || f.repeated) && strings.HasPrefix("--"+f.name, l.last) {
			c.candidates = append(c.candidates, candidate{"--" + f.name, f.help})
		}
	}
	slices.SortFunc(c.candidates, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return c
}

// argument completes what is no flag.
func (l *line) argument() (c completion) {
	if len(l.command.arguments) == 0 {
		return c
	}
	o := l.command.arguments[min(len(l.words), len(l.command.arguments)-1)]
	switch {
	case o.rest:
		return completion{files: true, command: len(l.words) + 1}
	case len(l.words) >= len(l.command.arguments) && !o.repeated:
		return c
	}
	values := l.argumentValues(o)
	for _, v := range values {
		if strings.HasPrefix(v.text, l.last) && !slices.Contains(l.words, v.text) {
			c.candidates = append(c.candidates, v)
		}
	}
	return c
}

// items completes the last item of a list that is separated by commas, keeping
// what stands before it. What the list has already is not offered again.
func items(values []candidate, text, before string, list bool) (found []candidate) {
	taken := map[string]bool{}
	if list {
		last := splitItems(text)
		for _, item := range last[:len(last)-1] {
			taken[strings.ReplaceAll(item, `\,`, ",")] = true
		}
		item := last[len(last)-1]
		before, text = before+strings.TrimSuffix(text, item), item
	}
	for _, v := range values {
		item := v.text
		if list {
			item = strings.ReplaceAll(item, ",", `\,`)
		}
		if strings.HasPrefix(item, text) && !taken[v.text] {
			taken[v.text] = true
			found = append(found, candidate{before + item, v.help})
		}
	}
	return found
}

// splitItems splits at commas that no backslash stands before, as the parser does.
func splitItems(text string) []string {
	var all []string
	start := 0
	for i := range len(text) {
		if text[i] == ',' && (i == 0 || text[i-1] != '\\') {
			all = append(all, text[start:i])
			start = i + 1
		}
	}
	return append(all, text[start:])
}
