package render

import (
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"muster/internal/render/encode"
	"muster/internal/render/shape"

	"github.com/itchyny/gojq"
)

// What can never run is nothing to object to, whatever it says.
func TestDeadCode(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{JQ: `ltrimstr("x") | .Name`},
		{JQ: `.Tags | rtrimstr("x") | .env`},
		{JQ: `if false then .Nope else .Name end`},
		{JQ: `empty | .Nope`},
		{JQ: `select(false) | .Nope`},
		{JQ: `.Name | objects | .first`},
		{JQ: `.Name | arrays[]`},
		{JQ: `.Name | if type == "object" then .x else . end`},
		{JQ: `first(.Name, .Nope)`},
		{JQ: `[limit(1; .Name, .Nope)]`},
		{JQ: `true or .Nope`},
		{JQ: `.Name // .Nope`},
		{JQ: `label $out | .Name, break $out, .Nope`},
		{JQ: `def f: .Nope; .Name`},
		{JQ: `.PublicIPs[5:5][] | .x`},
		{JQ: `halt, .Nope`},
		{JQ: `.Name | select(. == null) | .x`},
		{JQ: `map(select(type == "array")[0].Nope)`, Slurp: true},
		{Output: `template=<<with index .SecurityGroups 0>><<eq . .>><<end>>`},
		{Output: `template=<<if false>><<.Nope>><<end>>`},
		{Output: `template=<<and false .Nope>>`},
		{Output: `template=<<or "x" .Nope>>`},
		{Output: `template=<<define "unused">><<trunc . 3>><<index>><<end>><<.Name>>`},
		{Output: `template=<<with "">><<.Nope>><<end>>`},
		{Output: `template=<<range .PublicIPs>><<break>><<.Nope>><<end>>`},
		{Output: `template=<<range slice .PublicIPs 0 0>><<.Nope>><<end>>`},
		{Output: `template=<<if false>><<range .Name>><<end>><<end>>`},
		{Output: `template=<<if and false .Nope>><<end>><<if gt (len .PublicIPs) 0>><<index .PublicIPs 0>><<end>>`},
	} {
		if _, err := Compile[instance](o, view); err != nil {
			t.Errorf("%s%s: %v", o.JQ, o.Output, err)
		}
	}
}

// What runs for some records is objected to, be it behind conditions or behind what
// cannot run.
func TestLiveCode(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{JQ: `select(.State == "running") | .Nope`},
		{JQ: `select(.Tags.team == "a b" and .State == "x") | .Nope`},
		{JQ: `if .Name | test("^web-1$") then .Nope else . end`},
		{JQ: `select(.PublicIPs | length > 2) | .Nope`},
		{JQ: `.PublicIPs[] | select(. != "10.0.0.1") | .Nope`},
		{JQ: `(if false then .Dead else . end), .Nope`},
		{JQ: `empty, .Nope`},
		{JQ: `.Nope? // "x"`},
		{JQ: `del(.Nope)`},
		{JQ: `[limit(2; .Name, .Nope)]`},
		{JQ: `.NetworkInterfaces | map(.Nope)`},
		{JQ: `.[] | select(.Lifecycle == "spot") | .Nope`, Slurp: true},
		{JQ: `range(infinite) as $i | .Nope`},
		{Output: `template=<<if eq .State "stopped">><<.Nope>><<end>>`},
		{Output: `template=<<if not .Name>><<.Nope>><<end>>`},
		{Output: `template=<<range .NetworkInterfaces>><<range .PrivateIPs>><<if .Primary>><<.Nope>><<end>><<end>><<end>>`},
		{Output: `template=<<if false>><<.Dead>><<end>><<.Nope>>`},
		{Output: `template=<<with .Tags.team>><<$.Nope>><<end>>`},
		{Output: `template=<<range 9000000000000000000>><<$.Nope>><<end>>`},
		{Output: `template=<<define "a">><<template "a" .>><<end>><<.Nope>><<template "a" .>>`},
	} {
		if _, err := Compile[instance](o, view); err == nil || !strings.Contains(err.Error(), "unknown field Nope at ") && !strings.Contains(err.Error(), "a string has no field Nope") {
			t.Errorf("%s%s: %v", o.JQ, o.Output, err)
		}
	}
}

// expressions makes up filters and templates for instances, with parts that would fail
// but cannot run.
type expressions struct{ *rand.Rand }

func (g expressions) one(of ...string) string { return of[g.IntN(len(of))] }

// filter is a jq filter over any value; at the top it may read a record's fields.
func (g expressions) filter(depth int, record bool) string {
	leaf := g.one(".", "null", "1", `"a"`, "[]", "{}", "empty", "type", "length?", "tostring", "[.]", "{a: .}", ".[]?", "arrays", "objects", "strings", "values", "tojson", "not")
	if record && g.IntN(4) > 0 {
		leaf = g.one(".Name", ".PublicIPs", ".PublicIPs[]", ".Tags", ".Tags.env", ".NetworkInterfaces[].SubnetId", ".NetworkInterfaces[0].PrivateIPs[].Primary",
			".SecurityGroups[0]", "{Name, Tags}", ".LaunchTime", ".SecurityGroups | first", `."State"`, ".Tags[.Name]")
	}
	if depth == 0 {
		return leaf
	}
	a, b := g.filter(depth-1, record), g.filter(depth-1, false)
	dead := g.one(".Nope", ".Name.x", ".Name[]", ".PublicIPs.x", ".Tags.a.b.c", `ltrimstr("a") | .x.y`)
	switch g.IntN(24) {
	case 0:
		return "(" + a + ") | (" + b + ")"
	case 1:
		return "(" + a + "), (" + g.filter(depth-1, record) + ")"
	case 2:
		return "(" + a + ") // (" + g.filter(depth-1, record) + ")"
	case 3:
		return "if (" + a + ") then (" + g.filter(depth-1, record) + ") else . end"
	case 4:
		return "[" + a + "] | " + g.one("first", "last", "length", "sort", "unique", "reverse", "map(type)", `join(",")?`, "add", "any", "all", "min", "flatten", ".[0]", ".[1:]", "map("+b+")", "group_by(type)", "sort_by("+b+")")
	case 5:
		return "try (" + a + ") catch ."
	case 6:
		return "(" + a + ") as $x | (" + b + "), $x"
	case 7:
		return "reduce (" + a + ") as $x (null; " + b + ")"
	case 8:
		return "(" + a + ") | " + g.one(`ltrimstr("a")`, `rtrimstr("a")`, "tojson", "select(type == \"object\") | .zzz", "if type == \"array\" then .[] else . end", "(.a)?", ".[0]?", "has(0)?", "test(\"a\")?", "ascii_downcase?", "to_entries?", "keys?", "with_entries(.)?", "add?", "[..] | length")
	case 9:
		return "(" + a + ") == (" + g.filter(depth-1, record) + ")"
	case 10:
		return "def f: " + b + "; def f(g): g | f; (" + a + ") | f, f(.)"
	case 11:
		return "first(" + a + ")"
	case 12:
		return "if false then " + dead + " else (" + a + ") end"
	case 13:
		return "(" + a + "), (empty | " + dead + ")"
	case 14:
		return "first((" + g.one(".", "1", "null") + "), (" + dead + "))"
	case 15:
		return "(true or (" + dead + ")), (" + a + ")"
	case 16:
		return "[limit(1; ., (" + dead + "))] | length"
	case 17:
		return "(1 // (" + dead + ")) | " + b
	case 18:
		return "label $l | (" + a + "), break $l, (" + dead + ")"
	case 19:
		return "(select(false) | " + dead + "), (" + a + ")"
	case 20:
		return "def unused: " + dead + "; " + a
	case 21:
		return "(" + a + ") | if type == \"object\" and has(\"q\") then .q else (" + b + ") end"
	case 22:
		return "foreach (" + a + ") as $x (0; 1; [$x, .])"
	}
	return "(try error(" + g.one(`"x"`, "1", "{}") + ") catch .), (" + a + ")"
}

// template is a template over any value; at the top it may read a record's fields.
func (g expressions) template(depth int, record bool) string {
	leaf := g.one("x", "<<json .>>", "<<printf \"%v\" .>>", "<<print .>>", "<<eq 1 1>>", `<<or "" "a">>`, "<<not .>>")
	if record {
		leaf = g.one("<<.Name>>", "<<.PublicIPs>>", `<<join "," .PublicIPs>>`, "<<.Tags.env>>", `<<index .Tags "a b">>`, "<<.Name | upper | trunc 3>>", "<<len .NetworkInterfaces>>",
			`<<pluck "SubnetId" .NetworkInterfaces>>`, "<<eq .Name .State>>", "<<with .SecurityGroups>><<len .>><<end>>", "<<range .NetworkInterfaces>><<.SubnetId>><<end>>", "<<default 1 .Name>>")
	}
	if depth == 0 {
		return leaf
	}
	a := g.template(depth-1, record)
	value := g.one("1", `"a"`, "true", `(print "a")`)
	if record {
		value = g.one(".Name", ".PublicIPs", ".Tags", "(len .IPv6s)", ".SecurityGroups", `(index .Tags "x")`, "(eq .Name \"a\")")
	}
	dead := g.one("<<.Nope>>", "<<.Name.x>>", "<<range .Name>><<end>>", "<<trunc .Name 1>>", "<<len 1>>", "<<join 1 2>>", "<<index .Name \"x\">>", "<<eq .PublicIPs .PublicIPs>>", "<<color \"nope\" 1>>")
	switch g.IntN(14) {
	case 0:
		return a + g.template(depth-1, record)
	case 1:
		return "<<if " + value + ">>" + a + "<<else>>" + g.template(depth-1, record) + "<<end>>"
	case 2:
		return "<<with " + value + ">>" + g.template(depth-1, false) + "<<else>>" + a + "<<end>>"
	case 3:
		return "<<range $i, $x := slice " + g.one(`"ab"`, `"abc"`) + " 0 0 | len>>" + a + "<<end>>"
	case 4:
		return "<<$v := " + value + ">><<with $v>><<json $v>><<end>>" + a
	case 5:
		return "<<if false>>" + dead + "<<end>>" + a
	case 6:
		return a + `<<with "">>` + dead + "<<end>>"
	case 7:
		return "<<range 0>>" + dead + "<<else>>" + a + "<<end>>"
	case 8:
		return "<<range 2>><<break>>" + dead + "<<end>>" + a
	case 9:
		return "<<if eq 1 2>>" + dead + "<<end>>" + a
	case 10:
		return "<<and false " + g.one(".Nope", "(trunc .Name 1)", "(len 1)", ".Name.x") + ">>" + a
	case 11:
		return "<<if not " + g.one("1", `"a"`, "true") + ">>" + dead + "<<else>>" + a + "<<end>>"
	case 12:
		return "<<with " + g.one(".", "$") + ">><<eq 1 1>><<end>>" + a
	}
	return "<<if " + value + ">><<else if false>>" + dead + "<<else>>" + a + "<<end>>"
}

// variants are records with and without values in the fields that the expressions read.
func variants() []instance {
	records := make([]instance, 32)
	for i := range records {
		r := &records[i]
		if i&1 > 0 {
			r.Name, r.State, r.LaunchTime = "a", "env", "2024-05-06T07:08:09Z"
		}
		if i&2 > 0 {
			r.Tags = map[string]string{"env": "a", "a": ""}
		}
		if i&4 > 0 {
			r.PublicIPs = []string{"a", "10.0.0.1"}
		}
		if i&8 > 0 {
			r.SecurityGroups = []securityGroup{{}, {"env", "a"}}
		}
		if i&16 > 0 {
			r.NetworkInterfaces = []networkInterface{{}, {SubnetId: "a", PrivateIPs: []privateAddress{{}, {Primary: true}}}}
		}
	}
	return records
}

// TestGeneratedExpressions: whatever runs without an error, as gojq and text/template
// judge, over records of the schema's shape passes the checks.
func TestGeneratedExpressions(t *testing.T) {
	t.Parallel()
	g := expressions{rand.New(rand.NewPCG(9, 18))}
	records := append(nasty(), variants()...)
	valid := 0
	for range 150 {
		filter := g.filter(1+g.IntN(3), true)
		_, err := Compile[instance](Options{JQ: filter}, view)
		if runsEverywhere(t, filter, records) {
			valid++
			if err != nil {
				t.Errorf("%s: %v", filter, err)
			}
		}
	}
	for range 150 {
		text := `<<define "unused">>` + g.template(2, false) + "<<len 1>><<end>>" + g.template(1+g.IntN(3), true)
		p, err := Compile[instance](Options{Output: "template=" + text}, view)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if s := p.Start(io.Discard); s.Write(records[0]) != nil || s.Close() != nil {
			continue
		}
		valid++
	}
	if valid < 200 {
		t.Errorf("only %d of the expressions are valid", valid)
	}
}

func runsEverywhere(t *testing.T, filter string, records []instance) bool {
	t.Helper()
	parsed, err := gojq.Parse(filter)
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	s := shape.SchemaOf[instance]()
	for i := range records {
		for values := code.Run(encode.Tree{}.Value(shape.ValueOf(s, reflect.ValueOf(&records[i]).Elem()))); ; {
			value, ok := values.Next()
			if !ok {
				break
			}
			if _, failed := value.(error); failed {
				return false
			}
		}
	}
	return true
}
