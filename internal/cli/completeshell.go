package cli

import (
	"fmt"
	"muster/internal/safe"
	"strings"
	"unicode/utf8"
)

// rawWord is a word of a command line as it stands there, quotes and all.
type rawWord struct {
	text string // what it means
	open byte   // the quote that is not closed yet, 0 if there is none
}

// unquote reads a word by the rules that bash, zsh and fish share.
func unquote(raw string) rawWord {
	var text strings.Builder
	w := rawWord{}
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case w.open == 0 && (b == '\'' || b == '"'):
			w.open = b
		case w.open == b && b != 0:
			w.open = 0
		case b == '\\' && i+1 < len(raw) && (w.open == 0 || w.open == '"' && strings.IndexByte("\"\\$`", raw[i+1]) >= 0):
			i++
			text.WriteByte(raw[i])
		default:
			text.WriteByte(b)
		}
	}
	w.text = text.String()
	return w
}

// bashWords splits a line at spaces that are not quoted, and says where each word
// begins; the last one is empty after a space. What a redirection names is left out,
// but for the last word: then redirected is true.
func bashWords(line string) (words []string, starts []int, redirected bool) {
	start := 0
	end := func(at int) {
		raw := line[start:at]
		operand, redirects := redirection(raw)
		switch {
		case raw == "":
			return
		case !redirected && !redirects:
			words, starts = append(words, unquote(raw).text), append(starts, start)
		}
		redirected = redirects && operand == ""
	}
	var quote byte
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case quote == 0 && b == '\\' || quote == '"' && b == '\\':
			i++
		case quote == 0 && (b == '\'' || b == '"'):
			quote = b
		case quote == b:
			quote = 0
		case quote == 0 && (b == ' ' || b == '\t'):
			end(i)
			start = i + 1
		}
	}
	last := line[start:]
	_, redirects := redirection(last)
	return append(words, unquote(last).text), append(starts, start), redirected || redirects
}

// redirection is what a word such as 2>>FILE names, if it is one.
func redirection(raw string) (operand string, redirects bool) {
	operand = strings.TrimLeft(strings.TrimLeft(raw, "0123456789&"), "<>&|")
	return operand, strings.ContainsAny(raw[:len(raw)-len(operand)], "<>")
}

// completeBash answers bash, which replaces only what stands behind the last of
// its word breaks, or behind an open quote, and inserts the answer as it is: what
// stands before is cut off, and the rest is quoted. Where it only lists what there
// is (keyed by COMP_TYPE), descriptions are put in.
func (a *App) completeBash(listing, breaks, typed string) {
	words, starts, redirected := bashWords(typed)
	if redirected {
		a.printCompletion(completion{files: true})
		return
	}
	for len(words) > 2 && isAssignment(words[0]) {
		words = words[1:]
	}
	c := a.complete(words[1:])
	if c.command > 0 { // bash splits words in a way of its own: it is told after how many characters
		c.command = utf8.RuneCountInString(typed[:starts[len(starts)-c.command]])
	}
	raw := typed[starts[len(starts)-1]:]
	from := replaced(raw, breaks)
	open := unquote(raw).open
	before := unquote(raw[:from]).text
	width := 0
	for i := range c.candidates {
		text := &c.candidates[i].text
		*text = quoteFor(open, strings.TrimPrefix(*text, before))
		width = max(width, utf8.RuneCountInString(*text))
	}
	for i, candidate := range c.candidates {
		if listing == bashLists && len(c.candidates) > 1 && candidate.help != "" {
			c.candidates[i].text = fmt.Sprintf("%-*s  (%s)", width, candidate.text, safe.Text(candidate.help))
		}
		c.candidates[i].help = ""
	}
	a.printCompletion(c)
}

// bashLists is COMP_TYPE where bash shows what there is and inserts nothing: "?".
const bashLists = "63"

// replaced is where the part of a word begins that bash replaces.
func replaced(raw, breaks string) int {
	var quote byte
	from := 0
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == '\\' && quote != '\'':
			i++
		case quote == 0 && (b == '\'' || b == '"'):
			quote, from = b, i+1
		case quote == b:
			quote, from = 0, i+1
		case quote == 0 && strings.IndexByte(breaks, b) >= 0:
			from = i + 1
		}
	}
	return min(from, len(raw))
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// quoteFor writes text for a place in a line of bash: within a quote, or outside.
func quoteFor(quote byte, text string) string {
	switch quote {
	case '\'':
		return strings.ReplaceAll(text, "'", `'\''`)
	case '"':
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
	}
	var b strings.Builder
	for i, r := range text {
		if strings.ContainsRune(" \t\n|&;<>()$`\\\"'*?[]{}!#^", r) && (r != '#' || i == 0) || r == '~' && i == 0 {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
