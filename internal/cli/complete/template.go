package complete

import (
	"strings"

	"muster/internal/render/expr"
)

// templateOption completes template=TEXT and template-file=PATH.
func (l *line) templateOption(text, before string) (a answer, ok bool) {
	const inline, inFile = "template=", "template-file="
	if text, ok := strings.CutPrefix(text, inline); ok {
		return l.template(text, before+inline), true
	}
	if path, ok := strings.CutPrefix(text, inFile); ok {
		return listFiles(path, before+inFile), true
	}
	return a, false
}

// template completes a field or a function in an action that is not closed yet. It also
// offers the field with the closing >>: a shell would end the word after an only candidate.
func (l *line) template(text, before string) (a answer) {
	open := strings.LastIndex(text, "<<")
	if open < 0 || strings.Contains(text[open:], ">>") {
		return a
	}
	if strings.TrimRight(text, " ") == text[:open+2] { // an empty action is offered fields
		text += "."
	}
	path := fieldPath().FindString(text[open+2:])
	name, dotted := strings.CutPrefix(path, ".")
	if !dotted {
		return templateFunction(text, name, before)
	}
	before += strings.TrimSuffix(text, name)
	for _, f := range l.fieldsIn(name) {
		a.candidates = append(a.candidates, candidate{before + f.text, f.help})
	}
	if len(a.candidates) == 1 {
		a.candidates = append(a.candidates, candidate{a.candidates[0].text + ">>", a.candidates[0].help})
	}
	a.open = true
	return a
}

// templateFunction completes the name of a function at a place where one may stand.
func templateFunction(text, name, before string) (a answer) {
	start := strings.TrimSuffix(text, name)
	if name == "" || !strings.ContainsAny(start[len(start)-1:], "< (|") {
		return a
	}
	for _, f := range expr.TemplateFunctions() {
		if function, _, _ := strings.Cut(f.Usage, " "); strings.HasPrefix(function, name) {
			a.candidates = append(a.candidates, candidate{before + start + function, f.Usage + ": " + f.About})
		}
	}
	a.open = true
	return a
}
