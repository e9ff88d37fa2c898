package cli

import (
	"fmt"
	"strings"
	"time"
)

// span words a duration as people do.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d > 0 && d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	case d >= 10*time.Second, d%time.Second == 0:
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// quantity is a number with its noun, which is given in the plural.
func quantity(n int, noun string) string {
	if n == 1 {
		switch noun {
		case "identities":
			noun = "identity"
		case "commands were run":
			noun = "command was run"
		default:
			noun = strings.TrimSuffix(noun, "s")
		}
	}
	return thousands(n) + " " + noun
}

// count is quantity for nouns that take an s.
func count(n int, noun string) string { return quantity(n, noun+"s") }

// thousands writes a number with a comma between groups of three digits.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
