package expr

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"muster/internal/render/shape"
	"muster/internal/safe"
)

// TemplateField is a field of a record with a template that prints it.
type TemplateField struct {
	shape.FieldInfo
	Example string
}

// TemplateFunction is a function that templates may call.
type TemplateFunction struct {
	Usage   string // as "join SEP LIST"
	About   string
	Example string // "" if the records have no field for one
	Output  string // of the example, with visible escape sequences
}

// TemplateHelp lists the fields of a record and the functions of templates. The outputs
// of the examples are for a record whose fields hold their own names, and whose times are
// three days before now.
func TemplateHelp(s *shape.Schema, now time.Time) (fields []TemplateField, functions []TemplateFunction) {
	s.Walk(func(path string, steps []shape.Field) {
		fields = append(fields, TemplateField{shape.FieldInfo{Path: path, Type: steps[len(steps)-1].Schema.String()}, fieldExample(".", steps)})
	})
	sample := reflect.New(s.GoType())
	past := now.AddDate(0, 0, -3)
	fillSample(sample.Elem(), "", past)
	env := &templateEnv{known: shape.NewGoTypes(s), TemplateOptions: TemplateOptions{
		Now: func() time.Time { return now }, Headers: true, Width: func() int { return 0 },
	}}
	replace := exampleFields(s, past)
	for _, f := range templateFuncs {
		t := TemplateFunction{Usage: f.usage(), About: f.about}
		if example := replace(f.example); example != "" {
			t.Example, t.Output = example, runExample(env, example, shape.ValueOf(s, sample.Elem()))
		}
		functions = append(functions, t)
	}
	return fields, functions
}

func runExample(env *templateEnv, text string, record shape.Value) string {
	t, err := parseTemplate(text, env.funcs())
	if err != nil {
		return "error: " + err.Error()
	}
	env.rewrite(t)
	print, finish := (&Template{text: text, template: t, env: env}).startTable(&Output{Context: context.Background()})
	b, err := print(nil, record)
	if err != nil {
		return "error: " + err.Error()
	}
	lines := strings.Split(strings.TrimSuffix(string(finish(b)), "\n"), "\n")
	for i := range lines {
		lines[i] = safe.Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// fieldExample returns a template that prints the last of the fields. Within one list it
// uses pluck, and within several range.
func fieldExample(dot string, steps []shape.Field) string {
	for i, step := range steps[:len(steps)-1] {
		dot += step.Name
		if step.Schema.Kind != shape.List {
			dot += "."
			continue
		}
		if rest := steps[i+1:]; len(rest) > 1 || rest[0].Schema.Kind == shape.List {
			return "<<range " + dot + ">>" + fieldExample(".", rest) + " <<end>>"
		}
		return fmt.Sprintf("<<pluck %q %s>>", steps[i+1].Name, dot)
	}
	last := steps[len(steps)-1]
	dot += last.Name
	switch s := last.Schema; {
	case s.Kind == shape.List && s.Elem.IsScalar():
		return `<<join " " ` + dot + ">>"
	case s.Kind == shape.Map:
		return "<<" + dot + ".env>>"
	case s.Kind == shape.List:
		return "<<len " + dot + ">>"
	case s.Kind == shape.Object:
		return "<<json " + dot + ">>"
	}
	return "<<" + dot + ">>"
}

// exampleFields returns a function that replaces the names in a templateFunc's example by
// fields of the record. It returns "" if the record has no field of the kind.
func exampleFields(s *shape.Schema, past time.Time) func(example string) string {
	var text, list, objects, inner, at string
	for _, f := range s.Fields {
		set := func(name *string, value string) {
			if *name == "" {
				*name = value
			}
		}
		switch {
		case f.Schema.Kind == shape.String && isTime(f.Name):
			set(&at, "."+f.Name)
		case f.Schema.Kind == shape.String:
			set(&text, "."+f.Name)
		case f.Schema.Kind == shape.List && f.Schema.Elem.Kind == shape.String:
			set(&list, "."+f.Name)
		case f.Schema.Kind == shape.List && f.Schema.Elem.Kind == shape.Object && objects == "":
			for _, in := range f.Schema.Elem.Fields {
				if in.Schema.Kind == shape.String {
					set(&inner, in.Name)
					objects = "." + f.Name
				}
			}
		}
	}
	if list == "" && objects != "" {
		list = fmt.Sprintf("(pluck %q %s)", inner, objects)
	}
	if at == "" {
		at = fmt.Sprintf("%q", past.UTC().Format(time.RFC3339))
	}
	stand := [][2]string{{".Text", text}, {".List", list}, {".Any", cmp.Or(list, text)}, {".Objects", objects}, {".Time", at}, {`"Field"`, fmt.Sprintf("%q", inner)}}
	return func(example string) string {
		var pairs []string
		for _, pair := range stand {
			if strings.Contains(example, pair[0]) && pair[1] == "" {
				return ""
			}
			pairs = append(pairs, pair[0], pair[1])
		}
		return strings.NewReplacer(pairs...).Replace(example)
	}
}
