package cli

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/inventory"
	"muster/internal/region"
	"muster/internal/render"
	"muster/internal/seen"
)

// fields are those of the records that the command prints.
func (l *line) fields() []render.FieldInfo {
	collected := l.schema().AllFields()
	by := splitAll(l.given["count-by"])
	if len(by) == 0 {
		return collected
	}
	counted := []render.FieldInfo{{Path: "Count", Type: "number"}}
	for _, f := range collected {
		if slices.Contains(by, f.Path) {
			counted = append(counted, f)
		}
	}
	return counted
}

// schema is that of the records that the command collects.
func (l *line) schema() (s render.Schema) {
	switch l.command.name {
	case "instances":
		if _, full := l.given["full"]; full {
			return render.SchemaOf[inventory.FullInstance]()
		}
		return render.SchemaOf[inventory.Instance]()
	case "find":
		return render.SchemaOf[inventory.Finding]()
	case "accounts":
		return render.SchemaOf[accountRecord]()
	case "regions":
		return render.SchemaOf[region.Region]()
	case "whoami":
		return render.SchemaOf[whoamiRecord]()
	case "profiles":
		return render.SchemaOf[profileRecord]()
	case "exec":
		if _, dry := l.given["dry-run"]; dry {
			return render.SchemaOf[execPlan]()
		}
		return render.SchemaOf[execRecord]()
	case "credentials", "assume-role", "session-token":
		return render.SchemaOf[accountCredentials]()
	}
	return s
}

// fieldsAt are the fields whose paths go on from text by one name, with their
// types: "NetworkInterfaces.S" leads to NetworkInterfaces.SubnetId, and "Tags." to
// the keys that earlier runs have met.
func (l *line) fieldsAt(text string) (found []candidate) {
	if strings.HasPrefix(text, "Tags.") {
		for _, tag := range l.seen(seen.Tag) {
			if path := "Tags." + tag.text; strings.HasPrefix(path, text) {
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

// fieldsIn are those of fieldsAt in an expression: where the record has none, text
// is taken for the field of something within it, as in a loop.
func (l *line) fieldsIn(text string) []candidate {
	found := slices.DeleteFunc(l.fieldsAt(text), func(c candidate) bool { return dots().FindString("."+c.text) != "."+c.text })
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

// fieldList completes --columns and --sort-by, where a minus turns the order.
func (l *line) fieldList(text, before string, sorts bool) (c completion) {
	all := splitItems(text)
	last := all[len(all)-1]
	minus := ""
	if sorts && strings.HasPrefix(last, "-") {
		minus, last = "-", last[1:]
	}
	var values []candidate
	for _, f := range l.fieldsAt(last) {
		values = append(values, candidate{minus + f.text, f.help})
	}
	c.candidates = items(values, text, before, true)
	c.open = true
	return c
}

// dots is a path of fields at the end of an expression, as in .NetworkInterfaces[].Sub.
var dots = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\.(?:\[\])?)?(?:[A-Za-z_]\w*(?:\[[^\[\]]*\])?\.)*(?:[A-Za-z_]\w*)?$`)
})

// template completes a field or function in an action that is still open. What closes the
// action is offered, too, since a shell would end a word that it knows to be whole.
func (l *line) template(text, before string) (c completion) {
	open := strings.LastIndex(text, "<<")
	if open < 0 || strings.Contains(text[open:], ">>") {
		return c
	}
	if strings.TrimRight(text, " ") == text[:open+2] { // nothing but fields is known to begin an action
		text += "."
	}
	path := dots().FindString(text[open+2:])
	name, dotted := strings.CutPrefix(path, ".")
	if !dotted {
		return templateFunction(text, name, before)
	}
	before += strings.TrimSuffix(text, name)
	for _, f := range l.fieldsIn(name) {
		c.candidates = append(c.candidates, candidate{before + f.text, f.help})
	}
	if len(c.candidates) == 1 {
		c.candidates = append(c.candidates, candidate{c.candidates[0].text + ">>", c.candidates[0].help})
	}
	c.open = true
	return c
}

// templateFunction completes the name of a function where one can stand.
func templateFunction(text, name, before string) (c completion) {
	start := strings.TrimSuffix(text, name)
	if name == "" || !strings.ContainsAny(start[len(start)-1:], "< (|") {
		return c
	}
	for _, f := range render.TemplateFunctions() {
		if function, _, _ := strings.Cut(f.Usage, " "); strings.HasPrefix(function, name) {
			c.candidates = append(c.candidates, candidate{before + start + function, f.Usage + ": " + f.About})
		}
	}
	c.open = true
	return c
}

// jq completes a field of the record.
func (l *line) jq(text, before string) completion {
	if text == "" {
		text = "."
	}
	path := dots().FindString(text)
	if !strings.HasPrefix(path, ".") {
		return completion{}
	}
	return l.expression(text, path[1:], before)
}

// jmespath completes a field of a record in the array of all of them.
func (l *line) jmespath(text, before string) completion {
	return l.expression(text, strings.TrimPrefix(dots().FindString(text), "."), before)
}

// expression completes a path at the end of a text. Brackets are kept as they are.
func (l *line) expression(text, path, before string) (c completion) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "[]"), ".")
	plain := brackets().ReplaceAllString(path, "")
	last := plain[strings.LastIndexByte(plain, '.')+1:]
	before += strings.TrimSuffix(text, last)
	for _, f := range l.fieldsIn(plain) {
		c.candidates = append(c.candidates, candidate{before + f.text[strings.LastIndexByte(f.text, '.')+1:], f.help})
	}
	if len(c.candidates) == 1 && strings.HasPrefix(c.candidates[0].help, "list of") { // or bash would close the quote
		c.candidates = append(c.candidates, candidate{c.candidates[0].text + "[]", "each"})
	}
	c.open = true
	return c
}

var brackets = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[^\[\]]*\]`) })
