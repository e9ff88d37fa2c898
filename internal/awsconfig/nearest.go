package awsconfig

import (
	"strings"
	"unicode"
)

// nearest finds the name most like a mistyped one: at most a third of its letters
// differ, or one name holds the other; "" if none does.
func nearest(name string, names []string) string {
	name = strings.ToLower(name)
	best, bestDistance := "", (len([]rune(name))+1)/3+1
	within := ""
	for _, candidate := range names {
		lower := strings.ToLower(candidate)
		if d := editDistance(name, lower); d < bestDistance {
			best, bestDistance = candidate, d
		}
		if within == "" && len(name) > 1 && len(lower) > 1 && (strings.Contains(lower, name) || strings.Contains(name, lower)) {
			within = candidate
		}
	}
	if best == "" {
		return within
	}
	return best
}

// editDistance counts the letters to insert, delete or change (Levenshtein).
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// oneLine makes a name fit for a message of one line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, s)
}
