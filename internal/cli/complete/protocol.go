package complete

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/internal/safe"
)

// KubectlWord is the first argument of a question in cobra's protocol. kubectl completes its
// plugins in this protocol.
const KubectlWord = "__complete"

// The directives of cobra's protocol.
const (
	directiveNoSpace = 2
	directiveNoFiles = 4
)

// Respond answers the completion scripts and kubectl on w. Their first argument says
// how their words are quoted. It reports false for a command line that is not theirs.
func (c *Completer) Respond(w io.Writer, args []string) bool {
	if len(args) == 0 {
		return false
	}
	words := slices.Clone(args[1:])
	switch args[0] {
	case KubectlWord:
		a := c.complete(words)
		a.command = 0 // kubectl completes no other command line
		a.print(w)
	case "__powershell":
		for i := range words { // each has a mark in front, since older versions drop empty words
			words[i] = strings.TrimPrefix(words[i], "=")
		}
		a := c.complete(words)
		a.command = 0
		a.print(w)
	case "__bash":
		if len(words) != 3 {
			return false
		}
		c.bash(words[0], words[1], words[2]).print(w)
	case "__zsh":
		for i := range words {
			words[i] = unquote(words[i]).text
		}
		c.complete(words).print(w)
	case "__fish":
		if last := len(words) - 1; last >= 0 { // fish has unquoted all words but the last
			words[last] = unquote(words[last]).text
		}
		c.complete(words).print(w)
	default:
		return false
	}
	return true
}

// print writes a line CANDIDATE<TAB>DESCRIPTION for each candidate, then a line ":N" with
// the directive. A line ":exec N" in its place says that the last N words are another
// command line. For bash it begins after N characters, since bash splits words differently.
func (a answer) print(w io.Writer) {
	var text strings.Builder
	text.Grow(64 * len(a.candidates))
	for _, c := range a.candidates {
		text.WriteString(c.text)
		if c.help != "" {
			text.WriteByte('\t')
			text.WriteString(safe.Text(c.help))
		}
		text.WriteByte('\n')
	}
	directive := 0
	if a.open {
		directive |= directiveNoSpace
	}
	if !a.files {
		directive |= directiveNoFiles
	}
	if a.command > 0 {
		fmt.Fprintf(&text, ":exec %d\n", a.command)
	} else {
		fmt.Fprintf(&text, ":%d\n", directive)
	}
	io.WriteString(w, text.String())
}
