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
