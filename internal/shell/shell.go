// Package shell quotes words for POSIX shells.
package shell

import "strings"

// Word returns s as one word of a shell: with quotes only if it needs them.
func Word(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@+:,") == "" {
		return s
	}
	return Quote(s)
}

// Quote returns s in single quotes, in which nothing is special to a shell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// OneCommand joins the lines of a command. It replaces line breaks between words by spaces,
// and keeps those within quotes.
func OneCommand(s string) string {
	joined := []byte(s)
	var quote byte
	for i := 0; i < len(joined); i++ {
		switch c := joined[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '\n' || c == '\r':
			joined[i] = ' '
		}
	}
	return string(joined)
}
