package complete

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"muster/internal/safe"
)

// bashLists is bash's COMP_TYPE when it lists the candidates and inserts nothing: "?".
const bashLists = "63"

// bash completes a line as bash wants it. Bash replaces the text behind the last of its
// word breaks, or behind an open quote, and inserts an answer without quoting it. So each
// candidate is quoted and cut to the replaced part. If bash only lists the candidates,
// each has its description behind it.
func (c *Completer) bash(compType, wordBreaks, typed string) answer {
	words, starts, redirected := bashWords(typed)
	if redirected {
		return answer{files: true}
	}
	for len(words) > 2 && isAssignment(words[0]) {
		words = words[1:]
	}
	a := c.complete(words[1:])
	if a.command > 0 {
		a.command = utf8.RuneCountInString(typed[:starts[len(starts)-a.command]])
	}
	raw := typed[starts[len(starts)-1]:]
	from := replacedFrom(raw, wordBreaks)
	open := unquote(raw).open
	before := unquote(raw[:from]).text
	width := 0
	for i := range a.candidates {
		text := &a.candidates[i].text
		*text = quoteFor(open, strings.TrimPrefix(*text, before))
		width = max(width, utf8.RuneCountInString(*text))
	}
	for i, v := range a.candidates {
		if compType == bashLists && len(a.candidates) > 1 && v.help != "" {
			a.candidates[i].text = fmt.Sprintf("%-*s  (%s)", width, v.text, safe.Text(v.help))
		}
		a.candidates[i].help = ""
	}
	return a
}

// bashWords splits a line at unquoted spaces, and says where each word begins. After a
// space the last word is empty. It leaves out redirections, except in the last word:
// redirected says that the last word is the file of one.
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

// redirection reports whether a word is one, such as 2>>FILE, and its file.
func redirection(raw string) (operand string, redirects bool) {
	operand = strings.TrimLeft(strings.TrimLeft(raw, "0123456789&"), "<>&|")
	return operand, strings.ContainsAny(raw[:len(raw)-len(operand)], "<>")
}

// replacedFrom is the index in a word where the part begins that bash replaces.
func replacedFrom(raw, wordBreaks string) int {
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
		case quote == 0 && strings.IndexByte(wordBreaks, b) >= 0:
			from = i + 1
		}
	}
	return min(from, len(raw))
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
