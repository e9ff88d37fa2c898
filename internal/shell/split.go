package shell

import (
	"errors"
	"strings"
)

// Split returns the words of a command as a POSIX shell reads them, without expanding
// anything. An open quote is an error.
func Split(command string) (words []string, err error) {
	var word strings.Builder
	within, started, escaped := rune(0), false, false // within is the quote
	for _, r := range command {
		switch {
		case escaped:
			if within == '"' && !strings.ContainsRune("\"\\$`\n", r) {
				word.WriteByte('\\')
			}
			if r != '\n' {
				word.WriteRune(r)
			}
			escaped = false
		case r == '\\' && within != '\'':
			escaped, started = true, true
		case within != 0 && r == within:
			within = 0
		case within != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			within, started = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if within != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
