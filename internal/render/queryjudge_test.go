package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"muster/internal/render/shape"
)

// asker makes queries that fit records: mostly, not always, of the right types.
type asker struct{ *rand.Rand }

func (a asker) pick(from ...string) string { return from[a.IntN(len(from))] }

// path leads into a value of a shape, from a dot or bracket on.
func (a asker) path(s *shape.Schema) string {
	switch s.Kind {
	case shape.Object:
		if a.IntN(8) == 0 {
			return ""
		}
		f := s.Fields[a.IntN(len(s.Fields))]
		return "." + f.Name + a.path(f.Schema)
	case shape.Map:
		return a.pick("", ".env", ".Name", `."no such"`, ".*")
	case shape.List:
		rest := a.path(s.Elem)
		return a.pick("", "[]"+rest, "[*]"+rest, "[0]"+rest, "[-1]"+rest, "[:2]"+rest, "[::-1]"+rest, "[?"+a.condition(s.Elem)+"]"+rest)
	}
	return ""
}

// value is an expression over a value of a shape.
func (a asker) value(s *shape.Schema) string {
	path := strings.TrimPrefix(a.path(s), ".")
	if path == "" {
		path = "@"
	}
	switch a.IntN(14) {
	case 0:
		return a.pick("length", "to_string", "to_number", "type", "to_array", "reverse", "keys", "sort", "sum", "max", "not_null") + "(" + path + ")"
	case 1:
		return "not_null(Nothing, " + path + ")"
	case 2:
		return path + " || 'none'"
	case 3:
		return "join(',', " + path + ")"
	case 4:
		return "[" + path + ", " + path + "]"
	}
	return path
}

func (a asker) condition(s *shape.Schema) string {
	left, right := a.value(s), a.pick("'running'", "`true`", "`1`", "null", "`null`", "''", "'2026-01-01'")
	switch a.IntN(6) {
	case 0:
		return left
	case 1:
		return "!" + left
	case 2:
		return "contains(" + left + ", " + right + ")"
	case 3:
		return left + " " + a.pick("<", ">", "<=", ">=") + " " + right
	case 4:
		return left + a.pick(" && ", " || ") + a.value(s)
	}
	return left + a.pick("==", "!=") + right
}

func (a asker) query(record *shape.Schema) string {
	field, value := record.Fields[a.IntN(len(record.Fields))].Name, a.value(record)
	switch a.IntN(8) {
	case 0:
		return a.value(&shape.Schema{Kind: shape.List, Elem: record})
	case 1:
		return "[?" + a.condition(record) + "]." + field
	case 2:
		return a.pick("sort_by", "max_by", "min_by") + "(@, &" + value + ")" + a.pick("", "[]", "[0]", ".Name", "[].Name")
	case 3:
		return "[].{b: " + value + ", a: " + field + "}" + a.pick("", ".a", " | [0]", " | [0].b", " | sort_by(@, &a)")
	case 4:
		return "map(&" + value + ", @)" + a.pick("", "[]", " | [0]")
	case 5:
		return "[].[" + value + ", " + a.value(record) + "]" + a.pick("", "[]", " | [0]")
	case 6:
		return "[?" + a.condition(record) + "] | [0] | {b: " + field + ", a: " + field + "}"
	}
	return "[]." + field + a.pick("", " | [0]", " | length(@)", " | sort(@)", " | join(' ', @)", " | [?@ != `null`]", "[]")
}

// TestQueryAgainstPython asks the same of the records, and of the same records as JSON
// by jmespath.py. Only queries that fail or find nothing there are rejected.
func TestQueryAgainstPython(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import jmespath").Run() != nil {
		t.Skip("jmespath is not installed")
	}
	const judge = `
import json, sys, jmespath
records = json.loads(sys.stdin.readline())
for line in sys.stdin:
    try:
        print(json.dumps(jmespath.search(line.rstrip('\n'), records)))
    except Exception as e:
        print('error', type(e).__name__)
`
	a := asker{rand.New(rand.NewPCG(15, 1))}
	queries := make([]string, 1500)
	for i := range queries {
		queries[i] = a.query(shape.SchemaOf[instance]())
	}
	var records bytes.Buffer
	if err := json.Compact(&records, []byte(render(t, Options{Output: "json"}, nasty()...))); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-c", judge)
	command.Stdin, command.Stderr = strings.NewReader(records.String()+"\n"+strings.Join(queries, "\n")), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(queries) {
		t.Fatalf("%d answers to %d questions", len(answers), len(queries))
	}
	results, errors := 0, 0
	for i, query := range queries {
		want := answers[i]
		p, err := Compile[instance](Options{Query: query, Output: "json"}, view)
		if err == nil {
			got := strings.TrimSpace(printed(t, p, nasty()...))
			if strings.HasPrefix(got, "error: ") || strings.HasPrefix(want, "error ") {
				if strings.HasPrefix(got, "error: ") != strings.HasPrefix(want, "error ") {
					t.Errorf("%s\n  gives %s\n  want  %s", query, got, want)
				}
				errors++
				continue
			}
			if !sameJSON(got, want) {
				t.Errorf("%s\n  gives %s\n  want  %s", query, got, want)
			}
			results++
		} else if !strings.HasPrefix(want, "error ") && want != "null" && want != "[]" {
			t.Errorf("%v\n  want %s", err, want)
		}
	}
	t.Logf("%d results, %d errors of %d", results, errors, len(queries))
}

// sameJSON compares the order of keys and the digits of numbers as well.
func sameJSON(a, b string) bool {
	tokens := func(text string) (all []string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		for {
			token, err := d.Token()
			if err != nil {
				return all
			}
			all = append(all, fmt.Sprintf("%T %v", token, token))
		}
	}
	return reflect.DeepEqual(tokens(a), tokens(b))
}
