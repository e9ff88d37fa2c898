// Package shell writes what a POSIX shell is to read.
package shell

import "strings"

// Word is a word that a shell takes for s: s itself where it can, else quoted.
func Word(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@+:,") == "" {
		return s
	}
	return Quote(s)
}

// Quote puts s between quotes, within which a shell reads nothing into it.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// OneCommand joins the lines of a command that is written over several: a line break
// between words is a space, one within quotes stays.
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
