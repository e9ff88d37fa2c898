package shorthand

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// judge reads a list of texts. For each it prints the value or the error of the AWS CLI's
// own parser, and the value converted to a model.
const judge = `
import json, sys
from awscli.shorthand import ShorthandParser, BackCompatVisitor, ShorthandParseSyntaxError, DuplicateKeyInObjectError, ShorthandParseError
import awscli.shorthand
awscli.shorthand.get_paramfile = lambda value, prefixes: 'content, ' + value if value.startswith('file://') else None
from botocore.model import DenormalizedStructureBuilder
from collections import OrderedDict
s = lambda: {'type': 'string'}
item = {'type': 'structure', 'members': OrderedDict([('A', s()), ('B', {'type': 'list', 'member': s()}), ('N', {'type': 'integer'})])}
model = DenormalizedStructureBuilder().with_members(OrderedDict([
    ('Name', s()), ('Values', {'type': 'list', 'member': s()}), ('a', {'type': 'integer'}), ('b', {'type': 'boolean'}), ('c', {'type': 'double'}),
    ('d', {'type': 'map', 'key': s(), 'value': {'type': 'list', 'member': {'type': 'long'}}}), ('e', {'type': 'list', 'member': item}), ('f', item),
])).build_model()
out = []
for text in json.load(sys.stdin):
    r = {}
    try:
        value = ShorthandParser().parse(text)
        r['value'] = json.loads(json.dumps(value))
        try:
            BackCompatVisitor().visit(value, model)
            r['fitted'] = json.loads(json.dumps(value))
        except (ValueError, TypeError, AttributeError) as e:
            r['unfit'] = str(e)
    except ShorthandParseSyntaxError as e:
        r['error'] = [e.expected, e.actual, e.index]
    except DuplicateKeyInObjectError as e:
        r['error'] = ['duplicate', e.key, e.index]
    out.append(r)
json.dump(out, sys.stdout)
`

// model is the shape in judge.
var model = func() *Shape {
	text, integer := &Shape{Kind: String}, &Shape{Kind: Integer}
	item := &Shape{Kind: Structure, Members: []Member{{"A", text}, {"B", &Shape{Kind: List, Item: text}}, {"N", integer}}}
	return &Shape{Kind: Structure, Members: []Member{
		{"Name", text}, {"Values", &Shape{Kind: List, Item: text}}, {"a", integer}, {"b", &Shape{Kind: Boolean}}, {"c", &Shape{Kind: Float}},
		{"d", &Shape{Kind: Map, Item: &Shape{Kind: List, Item: integer}}}, {"e", &Shape{Kind: List, Item: item}}, {"f", item},
	}}
}()

// writer writes valid and slightly invalid shorthand.
type writer struct{ *rand.Rand }

func (w writer) pick(list ...string) string { return list[w.IntN(len(list))] }

// often picks the first of the list nine times out of ten.
func (w writer) often(list ...string) string {
	if w.IntN(10) > 0 {
		return list[0]
	}
	return w.pick(list...)
}

func (w writer) structure(depth int) string {
	var parts []string
	for range 1 + w.IntN(3) {
		parts = append(parts, w.key()+w.often("=", " = ", "=\t", "@=", " @ = ", "==", "")+w.value(depth))
	}
	return strings.Join(parts, w.often(",", " , ", ",\n", " ", ",,"))
}

func (w writer) key() string {
	return w.often(w.pick("Name", "Values", "a", "b", "c", "d", "e", "f", "A", "B", "N"), "tag:Name", "x-y_z.#/9", "", "é", "a b", `"Name"`)
}

func (w writer) value(depth int) string {
	kind := w.IntN(9)
	if depth == 0 {
		kind = min(kind, 5)
	}
	switch kind {
	case 0, 1, 2, 3:
		return w.word()
	case 4:
		return w.word() + w.pick(",", " ,", ", ") + w.word()
	case 5:
		return w.word() + "," + w.word() + w.pick(",", "=", ",,") + w.word()
	case 6:
		return "[" + w.list(depth-1) + w.pick("]", "]", "]", "", " ]", ",]")
	case 7:
		return "{" + w.structure(depth-1) + w.pick("}", "}", "}", "", " }", ",}")
	}
	return "[{" + w.structure(depth-1) + "}" + w.pick("]", ", {A=1}]", ",x]")
}

func (w writer) list(depth int) string {
	var parts []string
	for range w.IntN(4) {
		parts = append(parts, w.value(depth))
	}
	return strings.Join(parts, w.pick(",", ", ", " ,"))
}

func (w writer) word() string {
	if w.IntN(2) == 0 {
		return w.pick("web", "my server", "1", "true")
	}
	return w.pick("-1_0", "1_", " 2 ", "1.5", "1e3", "nan", "true", "FALSE", "", "", "x=y", `a\,b`, `a\\,b`, `\,`, `\`, `a\`,
		`"my server"`, `"a,b"`, `'a,b'`, `'it\'s'`, `"say \"x\""`, `'a\\'`, `"a`, `'a`, `"a\"`, `'a\'`, `'a'b`, `""`, `''`, "'a'  ", " 'a'", `"a" "b"`,
		"é", "日本", "😀", `"😀"`, "a😀", "\u00a0x\u00a0", "x\u2003", "\x1cx", "x\x1c", "\x01", "a\x7f", "*", "?", "[ab]", "a[1]", "x]", "x}", "{", "}", "]", "[",
		"10.0.0.0/8", "file://x", "tag:a", "a;b|c&d", "$x", "~", "^", "`", "a\tb", "a\nb", "x\r\n")
}

func (w writer) text() string {
	if w.IntN(5) == 0 {
		var b strings.Builder
		for range w.IntN(12) {
			b.WriteString(w.pick("a", "=", ",", "[", "]", "{", "}", `"`, "'", `\`, " ", "@", "Name", "é", "\n"))
		}
		return b.String()
	}
	text := []rune(w.structure(2))
	if w.IntN(4) == 0 && len(text) > 0 {
		at := w.IntN(len(text))
		switch w.IntN(3) {
		case 0:
			text = append(text[:at], text[at+1:]...)
		case 1:
			text[at] = []rune("=,[]{}\"'\\ @a")[w.IntN(12)]
		default:
			text = text[:at]
		}
	}
	return string(text)
}

// TestAgainstTheAWSCLI expects the same values, and the same errors at the same characters.
func TestAgainstTheAWSCLI(t *testing.T) {
	t.Parallel()
	w := writer{rand.New(rand.NewPCG(14, 1))}
	texts := make([]string, 30_000)
	for i := range texts {
		texts[i] = w.text()
	}
	answer := ask(t, judge, texts)
	var want []struct {
		Value  map[string]any
		Fitted map[string]any
		Unfit  *string
		Error  []any
	}
	answer = bytes.ReplaceAll(bytes.ReplaceAll(answer, []byte(": NaN"), []byte(`: "NaN"`)), []byte("[NaN"), []byte(`["NaN"`))
	if err := json.Unmarshal(answer, &want); err != nil {
		t.Fatal(err)
	}
	failures, values, unfit := 0, 0, 0
	for i, text := range texts {
		got, err := parseStructure(text, content)
		var failed []any
		var syntax *syntaxError
		var duplicate *duplicateKeyError
		switch {
		case errors.As(err, &syntax):
			failed = []any{syntax.Expected, syntax.Found, float64(syntax.Offset)}
		case errors.As(err, &duplicate):
			failed = []any{"duplicate", duplicate.Key, float64(duplicate.Offset)}
		case err != nil:
			t.Fatal(err)
		}
		if !reflect.DeepEqual(failed, want[i].Error) || err == nil && !reflect.DeepEqual(got, want[i].Value) {
			t.Errorf("%q:\n got %v %v\nwant %v %v", text, got, failed, want[i].Value, want[i].Error)
			if failures++; failures > 10 {
				t.FailNow()
			}
			continue
		}
		if err != nil {
			continue
		}
		values++
		fitted, err := model.convert(got)
		if (err != nil) != (want[i].Unfit != nil) || err == nil && fmt.Sprint(plain(t, fitted)) != fmt.Sprint(want[i].Fitted) {
			t.Errorf("%q:\n got %v %v\nwant %v %v", text, fitted, err, want[i].Fitted, want[i].Unfit)
			if failures++; failures > 10 {
				t.FailNow()
			}
		}
		if err != nil {
			unfit++
		}
	}
	if values < len(texts)/5 || len(texts)-values < len(texts)/5 || unfit < 100 {
		t.Errorf("%d of %d texts have a value, and %d do not fit", values, len(texts), unfit)
	}
}

// ask runs a Python program on a question and returns its answer, both as JSON.
func ask(t *testing.T, program string, question any) []byte {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command("python3", "-c", "import awscli.shorthand").Run() != nil {
		t.Skip("awscli.shorthand is not installed")
	}
	input, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("python3", "-c", program)
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(input), &stderr
	answer, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return answer
}

// argumentJudge parses arguments of --filters with the AWS CLI, and checks the values with
// botocore.
const argumentJudge = `
import json, sys
files = lambda value, prefixes: dict(good='[{"Name":"a","Values":["b"]}]', bad='Name=a,Values=b').get(value[7:]) if isinstance(value, str) and value.startswith('file://') else None
import awscli.shorthand
awscli.shorthand.get_paramfile = files
from awscli.argprocess import ParamShorthandParser, unpack_cli_arg, ParamError
from botocore.validate import ParamValidator
import botocore.session
model = botocore.session.get_session().get_service_model('ec2').operation_model('DescribeInstances').input_shape.members['Filters']
class Argument:
    name = py_name = 'filters'; cli_name = '--filters'; argument_model = model
out = []
for texts in json.load(sys.stdin):
    value = texts
    try:
        if len(texts) == 1 and files(texts[0], None) is not None:
            value = files(texts[0], None)
        parsed = ParamShorthandParser()(Argument, value, 'process-cli-arg.ec2.describe-instances')
        if parsed is None:
            parsed = unpack_cli_arg(Argument, value)
        report = ParamValidator().validate(parsed, model)
        out.append(None if report.has_errors() else parsed)
    except (ParamError, ValueError, IndexError, TypeError):
        out.append(None)
json.dump(out, sys.stdout)
`

// filters is the shape of EC2's parameter Filters.
var filters = &Shape{Kind: List, Item: &Shape{Kind: Structure, Members: []Member{
	{"Name", &Shape{}}, {"Values", &Shape{Kind: List, Item: &Shape{}}},
}}}

func (w writer) argument() string {
	switch w.IntN(8) {
	case 0:
		return w.often(`{"Name": "a", "Values": ["b", "c"]}`, `{"Name": 1}`, `{"Name": "a", "Values": "b"}`, `{"Names": "a"}`, `{"Name": null}`, "{", `{"Name": "a"} x`, `{}`, " {\"Name\":\"a\"}\n")
	case 1:
		return w.often(`[{"Name": "a", "Values": ["b"]}]`, "[]", "[1]", "[", "[{}", `["Name"]`, "[web]", " []")
	case 2:
		return w.pick("file://good", "file://bad", "", " ", "web", "=", "Name")
	}
	name, values := "Name"+w.often("=", "@=", " = ")+w.word(), "Values"+w.often("=", "@=", " = ")+w.value(1)
	return w.often(name+","+values, values+","+name, name, values, name+","+name, name+","+values+",Other=x")
}

// TestArgumentsAgainstTheAWSCLI compares the values of valid arguments, and the errors of others.
func TestArgumentsAgainstTheAWSCLI(t *testing.T) {
	t.Parallel()
	w := writer{rand.New(rand.NewPCG(14, 2))}
	lists := make([][]string, 10_000)
	for i := range lists {
		for range w.IntN(3) + 1 {
			lists[i] = append(lists[i], w.argument())
		}
	}
	var want []any
	if err := json.Unmarshal(ask(t, argumentJudge, lists), &want); err != nil {
		t.Fatal(err)
	}
	load := func(value string) (string, bool, error) {
		name, named := strings.CutPrefix(value, "file://")
		content, known := map[string]string{"good": `[{"Name":"a","Values":["b"]}]`, "bad": "Name=a,Values=b"}[name]
		return content, named && known, nil
	}
	accepted, failures := 0, 0
	for i, texts := range lists {
		got, err := Values(texts, filters, load)
		if err == nil {
			err = filters.Check("Filters", got)
		}
		if err != nil {
			got = nil
		} else {
			accepted++
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%q:\n got %v %v\nwant %v", texts, got, err, want[i])
			if failures++; failures > 10 {
				t.FailNow()
			}
		}
	}
	if accepted < len(lists)/5 {
		t.Errorf("only %d of %d are accepted", accepted, len(lists))
	}
}

// content loads files as the judge does.
func content(value string) (string, bool, error) {
	return "content, " + value, strings.HasPrefix(value, "file://"), nil
}

// plain converts a value to the types of json.Unmarshal.
func plain(t *testing.T, value any) (out any) {
	switch v := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, one := range v {
			all[key] = plain(t, one)
		}
		return all
	case []any:
		list := []any{}
		for _, one := range v {
			list = append(list, plain(t, one))
		}
		return list
	case json.Number:
		n, err := v.Float64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return value
}
