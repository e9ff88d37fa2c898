package complete

import "strings"

// match returns the values that begin with a text, each once, with before in front.
func match(values []candidate, text, before string) (found []candidate) {
	taken := map[string]bool{}
	for _, v := range values {
		if strings.HasPrefix(v.text, text) && !taken[v.text] {
			taken[v.text] = true
			found = append(found, candidate{before + v.text, v.help})
		}
	}
	return found
}

// matchItem is match for the last item of a list separated by commas. Items that the list
// has already are not offered again.
func matchItem(values []candidate, list, before string) (found []candidate) {
	items := splitList(list)
	last := items[len(items)-1]
	taken := map[string]bool{}
	for _, item := range items[:len(items)-1] {
		taken[strings.ReplaceAll(item, `\,`, ",")] = true
	}
	before += strings.TrimSuffix(list, last)
	for _, v := range values {
		item := strings.ReplaceAll(v.text, ",", `\,`)
		if strings.HasPrefix(item, last) && !taken[v.text] {
			taken[v.text] = true
			found = append(found, candidate{before + item, v.help})
		}
	}
	return found
}

// splitList splits at commas without a backslash in front, as kong does.
func splitList(text string) []string {
	var all []string
	start := 0
	for i := range len(text) {
		if text[i] == ',' && (i == 0 || text[i-1] != '\\') {
			all = append(all, text[start:i])
			start = i + 1
		}
	}
	return append(all, text[start:])
}

func splitAll(lists []string) (all []string) {
	for _, list := range lists {
		all = append(all, splitList(list)...)
	}
	return all
}
