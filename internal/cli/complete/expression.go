package complete

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/seen"
)

// fieldsAt are the fields whose paths continue a text by one name, and their types:
// "NetworkInterfaces.S" leads to NetworkInterfaces.SubnetId. "Tags." leads to the keys
// of tags that sweeps have found.
func (l *line) fieldsAt(text string) (found []candidate) {
	const tags = "Tags."
	if strings.HasPrefix(text, tags) {
		for _, tag := range l.seen(seen.Tag) {
			if path := tags + tag.text; strings.HasPrefix(path, text) {
				found = append(found, candidate{path, "string"})
			}
		}
		return found
	}
	level := strings.Count(text, ".")
	for _, f := range l.fields() {
		if strings.Count(f.Path, ".") == level && strings.HasPrefix(f.Path, text) {
			found = append(found, candidate{f.Path, f.Type})
		}
	}
	return found
}

// fieldsIn is fieldsAt within an expression. If the record has no such field, the text may
// begin the name of a nested one, as in a loop over a list of objects.
func (l *line) fieldsIn(text string) []candidate {
	found := slices.DeleteFunc(l.fieldsAt(text), func(c candidate) bool { return fieldPath().FindString("."+c.text) != "."+c.text })
	if len(found) > 0 {
		return found
	}
	taken := map[string]bool{}
	for _, f := range l.fields() {
		if name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]; strings.HasPrefix(name, text) && !taken[name] {
			taken[name] = true
			found = append(found, candidate{name, f.Type})
		}
	}
	return found
}

// fieldList completes a list of fields. If they are to sort by, a minus may stand before
// each of them, for descending order.
func (l *line) fieldList(text, before string, sorts bool) answer {
	items := splitList(text)
	last := items[len(items)-1]
	minus := ""
	if sorts && strings.HasPrefix(last, "-") {
		minus, last = "-", last[1:]
	}
	var values []candidate
	for _, f := range l.fieldsAt(last) {
		values = append(values, candidate{minus + f.text, f.help})
	}
	return answer{candidates: matchItem(values, text, before), open: true}
}

// fieldPath matches a path of fields at the end of an expression, as in .NetworkInterfaces[].Sub.
var fieldPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\.(?:\[\])?)?(?:[A-Za-z_]\w*(?:\[[^\[\]]*\])?\.)*(?:[A-Za-z_]\w*)?$`)
})

// brackets matches the index or filter of a list.
var brackets = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[^\[\]]*\]`) })

// jq completes a field of the record.
func (l *line) jq(text, before string) answer {
	if text == "" {
		text = "."
	}
	path := fieldPath().FindString(text)
	if !strings.HasPrefix(path, ".") {
		return answer{}
	}
	return l.pathIn(text, path[1:], before)
}

// jmespath completes a field of a record in the array of all records.
func (l *line) jmespath(text, before string) answer {
	return l.pathIn(text, strings.TrimPrefix(fieldPath().FindString(text), "."), before)
}

// pathIn completes a path of fields at the end of an expression. Brackets in the path stay.
func (l *line) pathIn(text, path, before string) (a answer) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "[]"), ".")
	plain := brackets().ReplaceAllString(path, "")
	last := plain[strings.LastIndexByte(plain, '.')+1:]
	before += strings.TrimSuffix(text, last)
	for _, f := range l.fieldsIn(plain) {
		a.candidates = append(a.candidates, candidate{before + f.text[strings.LastIndexByte(f.text, '.')+1:], f.help})
	}
	// A second candidate keeps bash from closing the quote after the only one.
	if len(a.candidates) == 1 && strings.HasPrefix(a.candidates[0].help, "list of") {
		a.candidates = append(a.candidates, candidate{a.candidates[0].text + "[]", "each"})
	}
	a.open = true
	return a
}
