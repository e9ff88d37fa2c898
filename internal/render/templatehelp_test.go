package render

import (
	"strings"
	"testing"

	"muster/internal/render/shape"

	"muster/internal/render/expr"
)

func TestTemplateHelp(t *testing.T) {
	t.Parallel()
	fields, functions := expr.TemplateHelp(shape.SchemaOf[instance](), now)
	var all strings.Builder
	for i, f := range shape.SchemaOf[instance]().AllFields() {
		if fields[i].FieldInfo != f {
			t.Errorf("%v, want %v", fields[i].FieldInfo, f)
		}
	}
	for _, f := range fields {
		all.WriteString(f.Path + " | " + f.Type + " | " + f.Example + " | ")
		all.WriteString(render(t, Options{Output: "template=" + f.Example}, nasty()[0]))
	}
	for _, f := range functions {
		all.WriteString("\n" + f.Usage + ": " + f.About + "\n" + f.Example + "\n" + f.Output + "\n")
	}
	golden(t, "template-help", all.String())
	for _, f := range functions {
		if f.Example == "" || f.Output == "" || strings.HasPrefix(f.Output, "error") {
			t.Errorf("%+v", f)
		}
	}
	type bare struct{ Id string }
	_, functions = expr.TemplateHelp(shape.SchemaOf[bare](), now)
	for _, f := range functions {
		if lists := strings.Contains(f.Usage, "LIST") || strings.HasPrefix(f.Usage, "index"); lists != (f.Example == "") || strings.HasPrefix(f.Output, "error") {
			t.Errorf("of records with one field: %+v", f)
		}
	}
}
