package names

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Nearest returns the known name that is most like a word. Up to a third of its letters
// may differ; case does not count. If there is none, Nearest returns a name that begins
// with the word, or with which the word begins, up to one wrong letter in four. Otherwise
// it returns a name that contains the word. It returns "" if no name is near.
func Nearest(word string, known []string) string {
	w := []rune(strings.ToLower(word))
	if len(w) > longest {
		return ""
	}
	var rows distances
	best, bestDistance := "", max(1, len(w)/3)+1
	alike, alikeDistance := "", len(w)
	holder := ""
	for _, name := range known {
		n := []rune(strings.ToLower(name))
		if len(n) > longest {
			continue
		}
		whole, beginning := rows.between(w, n, max(bestDistance-1, min(len(w), len(n))/4))
		if whole < bestDistance {
			best, bestDistance = name, whole
		}
		if beginning <= min(len(w), len(n))/4 && beginning < alikeDistance && len(w) > 3 && len(n) > 3 {
			alike, alikeDistance = name, beginning
		}
		if holder == "" && len(w) >= 3 && strings.Contains(string(n), string(w)) {
			holder = name
		}
	}
	return cmp.Or(best, alike, holder)
}

// longest is the longest name that is compared, in characters: the time to compare two
// names grows with the square of their length.
const longest = 256

// distances holds three rows of the edit-distance table.
type distances [3][longest + 1]int

// between counts the letters to insert, delete, change, or swap with their neighbor.
// whole is the distance of the two words; beginning is the least distance of one word
// and some beginning of the other. A distance above most may be returned as any number
// above most.
func (d *distances) between(a, b []rune, most int) (whole, beginning int) {
	before, row, next := d[0][:len(b)+1], d[1][:len(b)+1], d[2][:len(b)+1]
	for j := range row {
		row[j] = j
	}
	beginning = len(b)
	for i := range a {
		next[0] = i + 1
		least := next[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(next[j]+1, row[j+1]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
			least = min(least, next[j+1])
		}
		before, row, next = row, next, before
		beginning = min(beginning, row[len(b)])
		if least > most+1 { // a swap can only make up for one
			return least, min(beginning, least)
		}
	}
	return row[len(b)], min(beginning, slices.Min(row))
}

// maxSuggestions is the number of names that a suggestion offers at most.
const maxSuggestions = 3

// DidYouMean returns "; did you mean ...?", the end of a message about an unknown name
// or a glob that matches nothing; see Suggest.
func DidYouMean(text string, known []string) string {
	if suggestion := Suggest(text, known); suggestion != "" {
		return "; " + suggestion
	}
	return ""
}

// Suggest returns "did you mean ...?" with the known names that match text if case does
// not count, or else with the nearest one; "" if no name is near.
func Suggest(text string, known []string) string {
	similar := matchFolded(text, known)
	if len(similar) == 0 {
		if near := Nearest(strings.Trim(text, `*?[]{}!^\`), known); near != "" {
			similar = []string{near}
		}
	}
	if len(similar) == 0 {
		return ""
	}
	quoted := make([]string, len(similar))
	for i, name := range similar {
		quoted[i] = strconv.Quote(name)
	}
	return "did you mean " + strings.Join(quoted, " or ") + "?"
}

// matchFolded returns up to maxSuggestions names that a glob matches if case does not
// count.
func matchFolded(glob string, known []string) (matches []string) {
	folded, err := CompileGlob(strings.ToLower(glob))
	for _, name := range known {
		if name == "" || slices.Contains(matches, name) {
			continue
		}
		if strings.EqualFold(name, glob) || err == nil && folded.Match(strings.ToLower(name)) {
			matches = append(matches, name)
		}
		if len(matches) == maxSuggestions {
			break
		}
	}
	return matches
}
