package manual

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// roff lays out the man page of a command, or of the program, in the macros that
// every man program has.
func (m Manual) roff(command *kong.Node) string {
	var b strings.Builder
	m.page(command).writeRoff(&b, m.Model.Name, m.Version)
	if command == nil {
		for _, name := range Topics() {
			text, _ := m.topic(name)
			roffSection(&b, strings.ToUpper(strings.ReplaceAll(name, "-", " ")))
			roffText(&b, text)
		}
	}
	roffSection(&b, "SEE ALSO")
	var others []string
	if command != nil {
		others = append(others, roffReference(m.Model.Name))
	}
	for _, other := range visible(m.Model.Node) {
		if other != command {
			others = append(others, roffReference(m.Model.Name+" "+other.Name))
		}
	}
	b.WriteString(strings.Join(others, ",\n") + "\n")
	return b.String()
}

func (p Page) writeRoff(b *strings.Builder, program, version string) {
	title := strings.ReplaceAll(p.name, " ", "-")
	fmt.Fprintf(b, ".TH \"%s\" 1 \"\" \"%s\" \"%s\"\n.nh\n.ad l\n", roffEscape(strings.ToUpper(title)), roffEscape(program+" "+version), roffEscape(program))
	roffSection(b, "NAME")
	b.WriteString(roffEscape(title) + ` \- ` + roffEscape(firstSentence(p.About)) + "\n")
	roffSection(b, "SYNOPSIS")
	b.WriteString(`\fB` + roffEscape(p.name) + `\fP` + roffEscape(strings.TrimPrefix(p.Usage, p.name)) + "\n")
	roffSection(b, "DESCRIPTION")
	roffText(b, p.About)
	if p.Detail != "" {
		b.WriteString(".PP\n")
		roffText(b, p.Detail)
	}
	if len(p.sections) > 0 {
		roffSection(b, "OPTIONS")
	}
	for _, s := range p.sections {
		b.WriteString(`.SS "` + roffEscape(s.title) + "\"\n")
		for _, e := range s.entries {
			b.WriteString(".TP\n\\fB" + roffEscape(e.term) + "\\fP\n" + roffLine(e.text) + "\n")
		}
	}
	if len(p.Examples) > 0 {
		roffSection(b, "EXAMPLES")
		roffLines(b, p.Examples)
	}
}

func roffSection(b *strings.Builder, title string) {
	b.WriteString(`.SH "` + roffEscape(title) + "\"\n")
}

// roffText prints paragraphs. Those that begin with a space keep their lines.
func roffText(b *strings.Builder, text string) {
	for i, paragraph := range paragraphs(text) {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(paragraph, " ") {
			roffLines(b, strings.Split(paragraph, "\n"))
		} else {
			b.WriteString(roffLine(strings.Join(strings.Fields(paragraph), " ")) + "\n")
		}
	}
}

// roffLines prints lines that roff must not join.
func roffLines(b *strings.Builder, lines []string) {
	b.WriteString(".nf\n")
	for _, line := range lines {
		b.WriteString(roffLine(line) + "\n")
	}
	b.WriteString(".fi\n")
}

// roffLine escapes a line, so that roff takes it for text and not for a request.
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

// roffReference refers to another man page: "muster-find(1)".
func roffReference(name string) string {
	return `\fB` + roffEscape(strings.ReplaceAll(name, " ", "-")) + `\fP(1)`
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}
