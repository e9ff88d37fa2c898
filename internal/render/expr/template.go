package expr

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/template"
	"time"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// The delimiters of templates: no shell and no JSON uses them in pairs.
const leftDelim, rightDelim = "<<", ">>"

// Template is a compiled -o template=TEXT.
type Template struct {
	text     string
	template *template.Template
	env      *templateEnv

	// IsTable reports whether the template makes rows of a table, so that its output is
	// complete only after the last record.
	IsTable bool
}

// TemplateOptions configures the functions of templates.
type TemplateOptions struct {
	Now     func() time.Time
	Color   bool       // for autocolor
	Links   bool       // for hyperlink
	Headers bool       // for tableheader
	Width   func() int // of the terminal; 0 if there is none
}

// CompileTemplate compiles a template of single records. An error is a *caret.Error with
// that flag.
func CompileTemplate(flag, text string, record *shape.Schema, o TemplateOptions) (*Template, error) {
	if text == "" {
		return nil, &caret.Error{Flag: flag, Msg: "the template is empty", Hint: "try '<<.AccountId>> <<.Region>>'", Offset: -1}
	}
	if !strings.Contains(text, leftDelim) {
		hint := "fields stand between << and >>, as in '<<.AccountId>> <<.Region>>'"
		if strings.Contains(text, "{{") {
			hint = "write " + strings.NewReplacer("{{", leftDelim, "}}", rightDelim).Replace(text)
		}
		return nil, &caret.Error{Flag: flag, Text: text, Msg: "the template has no field of the record", Hint: hint, Offset: -1}
	}
	env := &templateEnv{TemplateOptions: o, known: shape.NewGoTypes(record)}
	t, err := parseTemplate(text, env.funcs())
	if err != nil {
		return nil, templateSyntaxError(flag, text, err, env.funcs())
	}
	found := checkTemplate(t, text, record)
	if err := env.reachedFault(flag, text, record, found.faults); err != nil {
		return nil, err
	}
	env.rewrite(t)
	return &Template{
		text: text, template: t, env: env,
		IsTable: found.calls["tablerow"] || found.calls["tableheader"] || found.calls["tablerender"],
	}, nil
}

func parseTemplate(text string, funcs template.FuncMap) (*template.Template, error) {
	return template.New("output").Delims(leftDelim, rightDelim).Option("missingkey=zero").Funcs(funcs).Parse(text)
}

// Start returns two functions: record appends the output for one record, and finish appends
// the end of the output. finish may be nil.
func (t *Template) Start(out *Output) (record func(b []byte, record shape.Value) ([]byte, error), finish func(b []byte) []byte) {
	if t.IsTable {
		return t.startTable(out)
	}
	return executor(template.Must(t.template.Clone()), t.text, out), nil
}

// executor runs a template for one record after the other, each followed by a newline.
// If it fails for a record, nothing is printed for that record, except output that was
// too large to hold back. The caller gives it a clone of its own.
func executor(t *template.Template, text string, out *Output) func(b []byte, record shape.Value) ([]byte, error) {
	t.Funcs(template.FuncMap{checkEndFunc: func() (string, error) { return "", out.Context.Err() }})
	w := &outputWriter{out: out}
	return func(b []byte, record shape.Value) ([]byte, error) {
		w.b, w.start = b, len(b)
		if err := t.Execute(w, record.Reflect().Addr().Interface()); err != nil {
			if ended := out.Context.Err(); ended != nil {
				return w.b, ended
			}
			return w.b[:w.start], locateFailure(err, text)
		}
		return append(w.b, '\n'), nil
	}
}

// outputWriter is the buffer of an Output as an io.Writer.
type outputWriter struct {
	out   *Output
	b     []byte
	start int // of the current record in b
}

func (w *outputWriter) Write(p []byte) (_ int, err error) {
	size := len(w.b) + len(p)
	if w.b, err = w.out.Flush(append(w.b, p...)); len(w.b) < size {
		w.start = 0
	}
	return len(p), err
}

// plain returns a value as a template prints it.
func (e *templateEnv) plain(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case int:
		return strconv.Itoa(x)
	case []string:
		return strings.Join(x, ",")
	case Styled:
		return x.String()
	}
	v := reflect.ValueOf(x)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Array, reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128:
		return fmt.Sprint(x)
	}
	return string(encode.Plain(nil, shape.ValueOf(e.known.Of(v.Type()), v)))
}
