package render

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"muster/internal/nearest"
)

// The delimiters of templates, which no shell and no JSON uses in pairs.
const leftDelim, rightDelim = "<<", ">>"

// template compiles -o template=TEXT and template-file=PATH.
func (c *compiler) template(name, argument string) (func() format, error) {
	flag, text := "--output "+name, argument
	if name == "template-file" {
		if argument == "" {
			return nil, &Error{Flag: flag, Msg: "the path of a file is missing after the =", Offset: -1}
		}
		file, err := c.ReadFile(argument)
		if err != nil {
			return nil, &Error{Flag: flag, Msg: "cannot read the template: " + err.Error(), Offset: -1}
		}
		flag += " " + argument
		text = strings.TrimSuffix(string(file), "\n") // a newline follows each record anyway
	}
	if text == "" {
		return nil, &Error{Flag: flag, Msg: "the template is empty", Hint: "try '<<.AccountId>> <<.Region>>'", Offset: -1}
	}
	known := shapes{}
	known.add(c.record)
	funcs := templateFuncs(c.Now, known)
	t, err := parseTemplate(text, funcs)
	if err != nil {
		return nil, templateError(flag, text, err, funcs)
	}
	check := func(text string) *mistake {
		t, err := parseTemplate(text, funcs)
		if err != nil {
			return nil
		}
		return checkTemplate(t.Tree, c.record)
	}
	if m := check(text); m != nil {
		return nil, m.error(flag, text, "go through it with range, or take one with index", check)
	}
	for _, each := range t.Templates() {
		if known.sparse() {
			readFields(each.Tree, each.Root)
		}
		printPlain(each.Tree, each.Root)
	}
	return func() format {
		out := &appender{}
		return format{record: func(b []byte, record reflect.Value) ([]byte, error) {
			out.b = b
			if err := t.Execute(out, record.Addr().Interface()); err != nil {
				if _, where, ok := strings.Cut(err.Error(), " at <"); ok { // behind the names of the template
					err = errors.New("at <" + where)
				}
				return b, err
			}
			return append(out.b, '\n'), nil
		}}
	}, nil
}

func parseTemplate(text string, funcs template.FuncMap) (*template.Template, error) {
	return template.New("output").Delims(leftDelim, rightDelim).Option("missingkey=zero").Funcs(funcs).Parse(text)
}

// templateError finds the action of the text that the parser, which tells lines
// only, objects to: the first one up to which the text fails in the same way.
func templateError(flag, text string, err error, funcs template.FuncMap) *Error {
	e := &Error{Flag: flag, Text: text, Msg: err.Error(), Offset: -1}
	match := regexp.MustCompile(`(?s)^template: output:\d+(?::\d+)?: (.*)$`).FindStringSubmatch(err.Error())
	if match == nil {
		return e
	}
	e.Msg = match[1]
	if e.Msg == "unexpected EOF" {
		e.Msg, e.Hint, e.Offset = "the template ends too early", "is an <<end>> missing?", len(text)
		return e
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
			e.Offset, e.length = start, end-start
			break
		}
	}
	if quoted := strings.Split(e.Msg, `"`); len(quoted) == 3 && e.Offset >= 0 {
		word := quoted[1]
		if i := strings.Index(text[e.Offset:e.Offset+e.length], word); i > 0 {
			e.Offset, e.length = e.Offset+i, len(word)
		}
		if strings.HasPrefix(e.Msg, "function ") {
			e.Hint = "the functions are " + strings.Join(functionNames, ", ")
			if near := nearest.Name(word, functionNames); near != "" {
				e.Hint = "did you mean " + near + "?"
			}
		}
	}
	return e
}

// functionNames are those that people are told of; templates have the built-in ones too.
var functionNames = []string{
	"ago", "default", "join", "json", "lower", "timefmt", "trunc", "upper",
	"and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or", "print", "printf", "println", "slice",
}

// printName is the function that every action's value goes through before it is printed.
const printName = "_plain"

func templateFuncs(now func() time.Time, known shapes) template.FuncMap {
	plain := known.plain
	plains := func(args []any) []any {
		out := make([]any, len(args))
		for i, arg := range args {
			out[i] = arg
			if v := reflect.ValueOf(arg); !v.IsValid() || v.Kind() >= reflect.Array && v.Kind() != reflect.String {
				out[i] = plain(arg)
			}
		}
		return out
	}
	return template.FuncMap{
		printName: plain,
		fieldName: fieldOf,
		"print":   func(args ...any) string { return fmt.Sprint(plains(args)...) },
		"println": func(args ...any) string { return fmt.Sprintln(plains(args)...) },
		"printf":  func(format string, args ...any) string { return fmt.Sprintf(format, plains(args)...) },
		"upper":   func(v any) string { return strings.ToUpper(plain(v)) },
		"lower":   func(v any) string { return strings.ToLower(plain(v)) },
		"json":    func(v any) string { return string(jsonWriter{known: known}.any(nil, v, 0)) },
		"join": func(separator string, list any) (string, error) {
			v := reflect.ValueOf(list)
			if v.Kind() != reflect.Slice {
				return "", fmt.Errorf("join wants a separator and a list, as in join \" \" .PrivateIPs; got a %T", list)
			}
			items := make([]string, v.Len())
			for i := range items {
				items[i] = plain(v.Index(i).Interface())
			}
			return strings.Join(items, separator), nil
		},
		"trunc": func(n int, v any) string {
			s := plain(v)
			for i := range s {
				if n <= 0 {
					return s[:i]
				}
				n--
			}
			return s
		},
		"default": func(fallback, v any) any {
			if truth, _ := template.IsTrue(v); truth {
				return v
			}
			return fallback
		},
		"timefmt": func(layout string, v any) (string, error) {
			s := plain(v)
			t, err := parseTime(s)
			if err != nil || s == "" {
				return "", err
			}
			return t.Format(layout), nil
		},
		"ago": func(v any) (string, error) {
			s := plain(v)
			t, err := parseTime(s)
			if err != nil || s == "" {
				return "", err
			}
			return ago(now().Sub(t)), nil
		},
	}
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is not a time like 2006-01-02T15:04:05Z", s)
	}
	return t, nil
}

// ago words a time span in its largest unit, as "3 days ago".
func ago(d time.Duration) string {
	format := "%d %s ago"
	if d < 0 {
		d, format = -d, "in %d %s"
	}
	const day = 24 * time.Hour
	for _, unit := range []struct {
		name string
		span time.Duration
	}{{"year", 365 * day}, {"month", 30 * day}, {"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.span); n > 0 {
			if n > 1 {
				unit.name += "s"
			}
			return fmt.Sprintf(format, n, unit.name)
		}
	}
	return "just now"
}

// plain is a value as a template prints it.
func (m shapes) plain(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case int:
		return strconv.Itoa(x)
	case []string:
		return strings.Join(x, ",")
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
	return string(appendPlain(nil, v, m.of(v.Type())))
}

// printPlain makes every action of a template print through plain, as
// html/template does with its escapers.
func printPlain(tree *parse.Tree, node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, item := range n.Nodes {
				printPlain(tree, item)
			}
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			identifier := parse.NewIdentifier(printName).SetTree(tree).SetPos(n.Pos)
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{identifier}})
		}
	case *parse.IfNode:
		printPlain(tree, n.List)
		printPlain(tree, n.ElseList)
	case *parse.RangeNode:
		printPlain(tree, n.List)
		printPlain(tree, n.ElseList)
	case *parse.WithNode:
		printPlain(tree, n.List)
		printPlain(tree, n.ElseList)
	}
}
