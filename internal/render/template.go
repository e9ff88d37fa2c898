package render

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"muster/internal/names"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// The delimiters of templates, which no shell and no JSON uses in pairs.
const leftDelim, rightDelim = "<<", ">>"

// template compiles -o template=TEXT and template-file=PATH. waits is whether it makes
// a table, which has to be complete before it can be printed.
func (c *compiler) template(name, argument string) (start func(*run) format, waits bool, err error) {
	flag, text := "--output "+name, argument
	if name == "template-file" {
		if argument == "" {
			return nil, false, &caret.Error{Flag: flag, Msg: "the path of a file is missing after the =", Offset: -1}
		}
		file, err := c.ReadFile(argument)
		if err != nil {
			return nil, false, &caret.Error{Flag: flag, Msg: "cannot read the template: " + err.Error(), Offset: -1}
		}
		flag += " " + argument
		text = strings.TrimSuffix(string(file), "\n") // a newline follows each record anyway
	}
	if text == "" {
		return nil, false, &caret.Error{Flag: flag, Msg: "the template is empty", Hint: "try '<<.AccountId>> <<.Region>>'", Offset: -1}
	}
	if !strings.Contains(text, leftDelim) {
		hint := "fields stand between << and >>, as in '<<.AccountId>> <<.Region>>'"
		if strings.Contains(text, "{{") {
			hint = "it is " + strings.NewReplacer("{{", leftDelim, "}}", rightDelim).Replace(text)
		}
		return nil, false, &caret.Error{Flag: flag, Text: text, Msg: "no field of the record is in the template", Hint: hint, Offset: -1}
	}
	env := &templateEnv{known: shape.NewGoTypes(c.record), now: c.Now, color: c.Color, links: c.Links}
	funcs := env.funcs()
	t, err := parseTemplate(text, funcs)
	if err != nil {
		return nil, false, templateError(flag, text, err, funcs)
	}
	found := checkTemplate(t, text, c.record)
	if err := c.templateFault(flag, text, found.faults, env); err != nil {
		return nil, false, err
	}
	env.rewrite(t)
	if found.calls["tablerow"] || found.calls["tableheader"] || found.calls["tablerender"] {
		return func(r *run) format { return env.tables(r, t, text, c.Width, !c.NoHeaders) }, true, nil
	}
	return func(r *run) format { return format{record: executor(template.Must(t.Clone()), text, r)} }, false, nil
}

// rewrite makes a template that has been checked one that can be run.
func (e *templateEnv) rewrite(t *template.Template) {
	for _, each := range t.Templates() {
		if e.known.NeedFields() {
			readFields(each.Tree, each.Root)
		}
		printPlain(each.Tree, each.Root)
		heedEnd(each.Tree, each.Root)
	}
}

// executor is what a template, the run's own, makes of a record, and a newline. Of a
// record on which it fails nothing is printed, unless it was much.
func executor(t *template.Template, text string, r *run) func(b []byte, record shape.Value) ([]byte, error) {
	t.Funcs(template.FuncMap{endName: func() (string, error) { return "", r.ctx.Err() }})
	out := &growing{run: r}
	return func(b []byte, record shape.Value) ([]byte, error) {
		out.b, out.start = b, len(b)
		if err := t.Execute(out, record.Reflect().Addr().Interface()); err != nil {
			if ended := r.ctx.Err(); ended != nil {
				return out.b, ended
			}
			return out.b[:out.start], placeError(err, text)
		}
		return append(out.b, '\n'), nil
	}
}

// growing is the end of a run's buffer as an io.Writer.
type growing struct {
	appender
	run   *run
	start int // of the record in the buffer
}

func (g *growing) Write(p []byte) (_ int, err error) {
	size := len(g.b) + len(p)
	if g.b, err = g.run.grown(append(g.b, p...)); len(g.b) < size {
		g.start = 0
	}
	return len(p), err
}

// placedError is what happened at a place in the user's text.
type placedError struct {
	error
	text           string
	offset, length int
}

var executionError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^template: output:(\d+):(\d+): executing .*? at <(.*?)>: (?:error calling \w+: )?(.*)$`)
})

// placeError finds in the text what an error of text/template is about, and leaves the
// names of templates out.
func placeError(err error, text string) error {
	match := executionError().FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	line, _ := strconv.Atoi(match[1])
	column, _ := strconv.Atoi(match[2]) // from 0, in bytes
	offset := column
	for before := range strings.Lines(text) {
		if line--; line == 0 {
			break
		}
		offset += len(before)
	}
	place, length := asWritten(inOurWords(match[3], text)), 0
	if offset = min(offset, len(text)); strings.HasPrefix(text[offset:], place) {
		length = len(place)
	}
	return &placedError{errors.New(place + ": " + reworded(match[4])), text, offset, length}
}

// inOurWords is a message of text/template in the delimiters that the user knows.
func inOurWords(msg, text string) string {
	if !strings.Contains(text, "{{") {
		msg = strings.NewReplacer("{{", leftDelim, "}}", rightDelim).Replace(msg)
	}
	return msg
}

func parseTemplate(text string, funcs template.FuncMap) (*template.Template, error) {
	return template.New("output").Delims(leftDelim, rightDelim).Option("missingkey=zero").Funcs(funcs).Parse(text)
}

// templateError finds the action of the text that the parser, which tells lines
// only, objects to: the first one up to which the text fails in the same way.
func templateError(flag, text string, err error, funcs template.FuncMap) *caret.Error {
	e := &caret.Error{Flag: flag, Text: text, Msg: err.Error(), Offset: -1}
	match := regexp.MustCompile(`(?s)^template: output:\d+(?::\d+)?: (.*)$`).FindStringSubmatch(err.Error())
	if match == nil {
		return e
	}
	e.Msg = inOurWords(match[1], text)
	if strings.HasPrefix(e.Msg, "bad character") {
		e.Hint = "a key with such a character is taken with index, as in index .Tags \"aws:cloudformation:stack-name\""
	}
	if e.Msg == "unexpected EOF" {
		e.Msg, e.Hint, e.Offset = "the template ends too early", "is an <<end>> missing?", len(text)
		return e
	}
	if strings.HasPrefix(e.Msg, "unclosed action") || strings.HasPrefix(e.Msg, "bad character U+003E") {
		e.Hint = "an action ends with >>"
	}
	for end := 0; ; {
		start := strings.Index(text[end:], leftDelim)
		if start < 0 {
			break
		}
		start += end
		end = len(text)
		if i := strings.Index(text[start:], rightDelim); i >= 0 {
			end = start + i + len(rightDelim)
		}
		if _, err := parseTemplate(text[:end], funcs); err != nil && err.Error() == match[0] {
			e.Offset, e.Length = start, end-start
			break
		}
	}
	if quoted := strings.Split(e.Msg, `"`); len(quoted) == 3 && e.Offset >= 0 {
		word := quoted[1]
		if i := strings.Index(text[e.Offset:e.Offset+e.Length], word); i > 0 {
			e.Offset, e.Length = e.Offset+i, len(word)
		}
		if strings.HasPrefix(e.Msg, "function ") {
			e.Hint = "the functions are " + strings.Join(functionNames(), ", ")
			if near := names.Nearest(word, functionNames()); near != "" {
				e.Hint = "did you mean " + near + "?"
			}
		}
	}
	return e
}

// plain is a value as a template prints it.
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
	case styled:
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
