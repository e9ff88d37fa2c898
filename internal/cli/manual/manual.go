// Package manual prints the help pages, topics and man pages of a command line.
//
// Its rules:
//
//   - Commands, arguments, flags and groups come from kong's model. Groups appear in
//     the order in which the grammar first uses them.
//   - A command's struct adds text with Help() (kong.HelpProvider) and command lines
//     with Examples(). The struct of the whole grammar has the program's own examples.
//   - A flag with the tag overview:"TEXT" also appears on the program's page, with
//     TEXT, or with its help if TEXT is empty.
//   - A page that does not come from the grammar is a Page, laid out as the others.
//   - A topic is a file topics/NAME.txt. The list of topics is the list of files. A topic
//     may have {NAME} for a text from Vars.
//   - A blank line ends a paragraph. Paragraphs are wrapped, except for those that
//     begin with a space.
package manual

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/names"
)

// Manual prints the pages of one command line.
type Manual struct {
	Model   *kong.Application
	Version string // for man pages

	// Vars are the texts for {NAME} in topics.
	Vars map[string]func() string
	// Subjects are further names that the user may mean, for suggestions.
	Subjects []string

	// Rename replaces the program's own name in command lines, for users who run it
	// under another name.
	Rename func(text string) string
}

// Help prints the help page of a command; nil means the program.
func (m Manual) Help(w io.Writer, command *kong.Node) error {
	return m.page(command).Print(w)
}

// Print prints a help page.
func (p Page) Print(w io.Writer) error { return writeString(w, p.text(Width(w))) }

// Explain prints a topic, or the help page of a command. An empty subject means the
// program.
func (m Manual) Explain(w io.Writer, subject string) error {
	if topic, ok := m.topic(subject); ok {
		return writeString(w, wrapParagraphs(topic, Width(w)))
	}
	command, err := m.find(subject, "command or topic", slices.Concat(Topics(), m.Subjects))
	if err != nil {
		return err
	}
	return m.Help(w, command)
}

// Has reports whether Explain knows a subject other than the program.
func (m Manual) Has(subject string) bool {
	return m.Command(subject) != nil || slices.Contains(Topics(), subject)
}

// Command returns the command of a name, such as "instances" or "context set"; nil if there
// is none.
func (m Manual) Command(name string) *kong.Node {
	command := m.Model.Node
	for word := range strings.FieldsSeq(name) {
		i := slices.IndexFunc(command.Children, func(child *kong.Node) bool { return child.Name == word })
		if i < 0 {
			return nil
		}
		command = command.Children[i]
	}
	if command == m.Model.Node {
		return nil
	}
	return command
}

// Man prints the man page of a command. An empty name means the program, whose page
// also has all topics.
func (m Manual) Man(w io.Writer, name string) error {
	command, err := m.find(name, "command", nil)
	if err != nil {
		return err
	}
	return writeString(w, m.roff(command))
}

// find returns the command of a name, or nil if the name is empty. If there is none,
// the error says that it is no such noun, and suggests a command or one of others.
func (m Manual) find(name, noun string, others []string) (*kong.Node, error) {
	if name == "" {
		return nil, nil
	}
	if command := m.Command(name); command != nil {
		return command, nil
	}
	known := others
	for _, command := range visible(m.Model.Node) {
		known = append(known, command.Name)
	}
	hint := cmp.Or(names.Suggest(name, known), "see '"+m.Model.Name+" --help'")
	return nil, &UnknownError{fmt.Sprintf("no %s %q; %s", noun, name, hint)}
}

// UnknownError reports a name that is neither a command nor a topic.
type UnknownError struct{ text string }

func (e *UnknownError) Error() string { return e.text }

// UsageError marks a mistake in the command line: exit code 2.
func (*UnknownError) UsageError() {}

// Examples returns the command lines that the struct of a command, or of the whole
// grammar, declares.
func Examples(command *kong.Node) []string {
	if !command.Target.CanAddr() {
		return nil
	}
	if declares, ok := command.Target.Addr().Interface().(interface{ Examples() []string }); ok {
		return declares.Examples()
	}
	return nil
}

func (m Manual) examples(command *kong.Node) []string {
	var lines []string
	for _, line := range Examples(command) {
		lines = append(lines, m.Rename(line))
	}
	return lines
}

func writeString(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// visible returns the commands below a node that are not hidden.
func visible(node *kong.Node) []*kong.Node {
	var found []*kong.Node
	for _, child := range node.Children {
		if !child.Hidden {
			found = append(found, child)
		}
	}
	return found
}

// topicsLine ends each help page.
func (m Manual) topicsLine() string {
	return "'" + m.Model.Name + " help TOPIC' explains " + strings.Join(Topics(), ", ") + "."
}
