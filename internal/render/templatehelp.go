package render

import (
	"cmp"
	"context"
	"fmt"
	"muster/internal/render/shape"
	"muster/internal/safe"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// TemplateField is a field, and an example of a template that prints it.
type TemplateField struct {
	shape.FieldInfo
	Example string
}

// TemplateFunction is a function that templates may call.
type TemplateFunction struct {
	Usage   string // as "join SEP LIST"
	About   string
	Example string // "" where the records have nothing that it could be shown with
	Output  string // of the example; escapes can be seen
}

// TemplateHelp tells what templates of these records can say. Examples print what they
// do of a record whose fields hold their own names, and whose times are three days ago.
func TemplateHelp(s *shape.Schema, now time.Time) (fields []TemplateField, functions []TemplateFunction) {
	s.Walk(func(path string, steps []shape.Field) {
		fields = append(fields, TemplateField{shape.FieldInfo{Path: path, Type: steps[len(steps)-1].Schema.String()}, fieldExample(".", steps)})
	})
	sample := reflect.New(s.GoType())
	past := now.AddDate(0, 0, -3)
	fillSample(sample.Elem(), "", past)
	env := &templateEnv{known: shape.NewGoTypes(s), now: func() time.Time { return now }}
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
	f := env.tables(&run{ctx: newPatience(context.Background(), 1)}, t, text, func() int { return 0 }, true)
	b, err := f.record(nil, record)
	if err != nil {
		return "error: " + err.Error()
	}
	lines := strings.Split(strings.TrimSuffix(string(f.finish(b)), "\n"), "\n")
	for i := range lines {
		lines[i] = safe.Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// fieldExample prints the last of the fields: what is within a list by pluck, and
// what is within one of several by range.
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

// exampleFields puts fields that a record has into an example; "" where it has none
// of the kind.
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

func isTime(name string) bool { return strings.HasSuffix(name, "Time") || name == "Expires" }

// fillSample gives every field a value that its name can be made out from.
func fillSample(v reflect.Value, name string, past time.Time) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillSample(v.Elem(), name, past)
	case reflect.String:
		v.SetString(words(name))
		if isTime(name) {
			v.SetString(past.UTC().Format(time.RFC3339))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(2)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(2)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(2)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillSample(v.Index(i), fmt.Sprintf("%s-%d", name, i+1), past)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fillSample(value, "env", past)
		v.SetMapIndex(reflect.ValueOf("env").Convert(v.Type().Key()), value)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = past
			return
		}
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() && !f.Anonymous {
				fillSample(v.FieldByIndex(f.Index), f.Name, past)
			}
		}
	}
}

// words are a field's name in lower case: LaunchTime is launch-time.
func words(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(runes[i-1]) && runes[i-1] != '-' {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
