package render

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTextAgainstAWS compares what -o text makes of results with the AWS CLI's own code.
func TestTextAgainstAWS(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import awscli.text").Run() != nil {
		t.Skip("awscli is not installed")
	}
	const judge = `
import io, json, sys
from awscli.text import format_text
for line in sys.stdin:
    out = io.StringIO()
    try:
        format_text(json.loads(line), out)
        print(json.dumps(out.getvalue()))
    except AttributeError: # it fails for a list of objects and other things
        print('null')
`
	r := rand.New(rand.NewPCG(1, 15))
	var document func(depth int) string
	document = func(depth int) string {
		scalars := []string{"null", "true", "false", "1", "2.0", "1e22", "12345678901234567890", `"a"`, `"it's"`, `"\"'"`, `"é"`, `"b\\c"`, `""`}
		kind := r.IntN(3)
		if depth == 0 || kind == 0 {
			return scalars[r.IntN(len(scalars))]
		}
		var parts []string
		for _, key := range r.Perm(4)[r.IntN(5):] {
			part := document(depth - 1)
			if kind == 1 {
				part = `"` + []string{"b", "c", "a", "É"}[key] + `":` + part
			}
			parts = append(parts, part)
		}
		if kind == 1 {
			return "{" + strings.Join(parts, ",") + "}"
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	var documents []string
	for range 3000 {
		documents = append(documents, document(1+r.IntN(4)))
	}
	command := exec.Command(python, "-c", judge)
	command.Stdin, command.Stderr = strings.NewReader(strings.Join(documents, "\n")), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(answers) != len(documents) {
		t.Fatalf("%d answers to %d questions", len(answers), len(documents))
	}
	for i, document := range documents {
		p, err := Compile[instance](Options{Query: "`" + document + "`", Output: "text"}, view)
		if err != nil {
			t.Fatal(document, err)
		}
		var want *string
		if err := json.Unmarshal(answers[i], &want); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			continue
		}
		if got := printed(t, p); got != *want {
			t.Errorf("%s:\n%q, want\n%q", document, got, *want)
		}
	}
}
