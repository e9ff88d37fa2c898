package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// foundRecord is a line of testdata/kinds.py: a kind, or a record of one.
type foundRecord struct {
	Kind   string
	Record map[string]any
}

// TestKindsAgainstMoto compares the records of the kinds in testdata/kinds.py with those
// that boto3 finds in two accounts and two regions. Moto cannot judge permission-sets, since
// it has no portal of IAM Identity Center, nor composite alarms, since it creates none.
func TestKindsAgainstMoto(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	url := startMoto(t)
	command := exec.Command("python3", filepath.Join("testdata", "kinds.py"), url, "AKIAMOTO")
	command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir(), "PYTHONDONTWRITEBYTECODE=1")
	truth, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	want := map[string][]map[string]any{}
	for line := range strings.Lines(string(truth)) {
		var r foundRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Record == nil {
			want[r.Kind] = nil
			continue
		}
		want[r.Kind] = append(want[r.Kind], r.Record)
	}
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x"}
	for kind := range want {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			result := muster(t, environ, "list", kind, "--organization", "--role", "Reader", "--region", "us-east-1,eu-central-1", "-o", "json")
			if result.code != exitOK {
				t.Fatalf("exit code %d: %s", result.code, result.stderr)
			}
			var got []map[string]any
			if err := json.Unmarshal([]byte(result.stdout), &got); err != nil {
				t.Fatal(err)
			}
			compareRecords(t, got, want[kind])
		})
	}
}

// compareRecords compares records by account, region and id.
func compareRecords(t *testing.T, got, want []map[string]any) {
	if len(got) != len(want) || len(want) < 2 {
		t.Errorf("%d records, want %d, of two accounts", len(got), len(want))
	}
	key := func(r map[string]any) string {
		texts := make([]string, 0, 4)
		for _, name := range []string{"AccountId", "Region", "Id", "Arn"} {
			text, _ := r[name].(string)
			texts = append(texts, text)
		}
		return strings.Join(texts, " ")
	}
	byKey := map[string]map[string]any{}
	for _, r := range got {
		byKey[key(r)] = r
	}
	for _, w := range want {
		g, found := byKey[key(w)]
		if !found {
			t.Errorf("no record %s", key(w))
			continue
		}
		compareMembers(t, key(w), comparable(g), comparable(w))
	}
}

func compareMembers(t *testing.T, name string, got, want any) {
	g, _ := got.(map[string]any)
	w, _ := want.(map[string]any)
	for member := range w {
		if !reflect.DeepEqual(g[member], w[member]) {
			t.Errorf("%s: %s is\n%v, boto3's\n%v", name, member, g[member], w[member])
		}
	}
	for member := range g {
		if _, found := w[member]; !found {
			t.Errorf("%s: boto3 has no %s: %v", name, member, g[member])
		}
	}
}

// inventedTimes are members for which moto has another time in each answer.
var inventedTimes = []string{"LatestRestorableTime", "Timestamp"}

// comparable drops empty values, and writes times in one form.
func comparable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			if value = comparable(value); value != nil && !slices.Contains(inventedTimes, name) {
				m[name] = value
			}
		}
		if len(m) == 0 {
			return nil
		}
		return m
	case []any:
		if len(v) == 0 {
			return nil
		}
		list := make([]any, len(v))
		for i := range v {
			list[i] = comparable(v[i])
		}
		return list
	case string:
		if v == "" {
			return nil
		}
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC()
		}
	}
	return v
}
