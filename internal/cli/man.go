package cli

import (
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct {
	Command string `arg:"" optional:"" complete:"commands" help:"A command; without one, the page of the program."`
}

func (c *manCmd) Run(app *App, line *kong.Context) error {
	node, err := findCommand(line.Model, c.Command, "command", nil)
	if err != nil {
		return err
	}
	p := pageOf(line.Model, node)
	var b strings.Builder
	p.roff(&b)
	if node == nil {
		for _, t := range topics {
			roffSection(&b, t.title)
			roffText(&b, respelled(line.Model.Name, t.text))
		}
	}
	roffSection(&b, "SEE ALSO")
	var others []string
	for _, child := range line.Model.Children {
		if !child.Hidden && child != node {
			others = append(others, roffPage(line.Model.Name+" "+child.Name))
		}
	}
	if node != nil {
		others = append([]string{roffPage(line.Model.Name)}, others...)
	}
	b.WriteString(strings.Join(others, ",\n") + "\n")
	_, err = io.WriteString(app.Stdout, b.String())
	return written(err)
}

// roffPage names a manual page as a reference does.
func roffPage(name string) string {
	return `\fB` + roffEscape(strings.ReplaceAll(name, " ", "-")) + `\fP(1)`
}

// roff writes the page for man, in the macros that every man has.
func (p page) roff(b *strings.Builder) {
	title := strings.ReplaceAll(p.name, " ", "-")
	b.WriteString(`.TH "` + roffEscape(strings.ToUpper(title)) + `" 1 "" "muster ` + roffEscape(readBuild().version) + `" "muster"` + "\n.nh\n.ad l\n")
	roffSection(b, "NAME")
	b.WriteString(roffEscape(title) + ` \- ` + roffEscape(firstSentence(p.about)) + "\n")
	roffSection(b, "SYNOPSIS")
	b.WriteString(`\fB` + roffEscape(p.name) + `\fP` + roffEscape(strings.TrimPrefix(p.usage, p.name)) + "\n")
	roffSection(b, "DESCRIPTION")
	roffText(b, p.about)
	if p.text != "" {
		b.WriteString(".PP\n")
		roffText(b, p.text)
	}
	for i, part := range p.parts {
		if len(part.entries) == 0 {
			continue
		}
		if i == 0 || len(p.parts[0].entries) == 0 && i == 1 {
			roffSection(b, "OPTIONS")
		}
		b.WriteString(`.SS "` + roffEscape(part.title) + "\"\n")
		for _, e := range part.entries {
			b.WriteString(".TP\n\\fB" + roffEscape(e.term) + "\\fP\n" + roffLine(e.text) + "\n")
		}
	}
	if len(p.examples) > 0 {
		roffSection(b, "EXAMPLES")
		b.WriteString(".nf\n")
		for _, line := range p.examples {
			b.WriteString(roffLine(line) + "\n")
		}
		b.WriteString(".fi\n")
	}
}

func roffSection(b *strings.Builder, title string) {
	b.WriteString(`.SH "` + roffEscape(title) + "\"\n")
}

// roffText writes paragraphs; indented lines are left as they are.
func roffText(b *strings.Builder, text string) {
	for i, paragraph := range paragraphs(text) {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if !strings.HasPrefix(paragraph, " ") {
			b.WriteString(roffLine(strings.Join(strings.Fields(paragraph), " ")) + "\n")
			continue
		}
		b.WriteString(".nf\n")
		for line := range strings.SplitSeq(paragraph, "\n") {
			b.WriteString(roffLine(line) + "\n")
		}
		b.WriteString(".fi\n")
	}
}

// roffLine is a line that roff takes for text, not for a request.
func roffLine(line string) string {
	line = roffEscape(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}

func roffEscape(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`).Replace(text)
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}
