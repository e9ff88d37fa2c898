package names

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Nearest is the name most like a word: a third of its letters may differ, and
// letter case does not count. Failing that, one that the word begins or that begins
// the word, give or take a letter in four, or one that holds the word. "" if none is near,
// or if the word is too long to be a name.
func Nearest(word string, of []string) string {
	w := []rune(strings.ToLower(word))
	if len(w) > longest {
		return ""
	}
	var rows distances
	best, bestDistance := "", max(1, len(w)/3)+1
	alike, alikeDistance := "", len(w)
	holder := ""
	for _, name := range of {
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

// longest is the length of a name that can be mistyped. Comparing takes the square of
// the length.
const longest = 256

// distances has room for three rows of the table of distances.
type distances [3][longest + 1]int

// between counts the letters to insert, delete, change, or swap with their
// neighbour: between the two words, and between one and some beginning of the other.
// What is more than most may be any number that is.
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

// mostSimilar is how many names a hint offers.
const mostSimilar = 3

// DidYouMean ends a message about a name or a glob that nothing has: "; did you
// mean ...?" with names that differ only by case, else with the nearest one. "" if
// there is none.
func DidYouMean(text string, of []string) string {
	var similar []string
	if folded, err := CompileGlob(strings.ToLower(text)); err == nil {
		for _, name := range of {
			if len(similar) == mostSimilar {
				break
			}
			if name != "" && (strings.EqualFold(name, text) || folded.Match(strings.ToLower(name))) && !slices.Contains(similar, name) {
				similar = append(similar, name)
			}
		}
	}
	if len(similar) == 0 {
		if near := Nearest(strings.Trim(text, `*?[]{}!^\`), of); near != "" {
			similar = []string{near}
		}
	}
	if len(similar) == 0 {
		return ""
	}
	var quoted []string
	for _, name := range similar {
		quoted = append(quoted, strconv.Quote(name))
	}
	return "; did you mean " + strings.Join(quoted, " or ") + "?"
}
