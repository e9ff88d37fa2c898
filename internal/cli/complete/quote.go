package complete

import "strings"

// rawWord is a word of a command line as it was typed.
type rawWord struct {
	text string // without its quotes
	open byte   // the quote that is not closed yet, 0 for none
}

// unquote reads a word by the rules that bash, zsh and fish have in common.
func unquote(raw string) rawWord {
	var text strings.Builder
	var w rawWord
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

// quoteFor writes text for bash: within an open quote, or outside any.
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
