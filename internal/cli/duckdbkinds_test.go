package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDuckDBKinds: for every kind, and for records of other commands, DuckDB finds the
// values of ndjson in the columns of Parquet.
func TestDuckDBKinds(t *testing.T) {
	t.Parallel()
	duckdb := duckDB(t)
	environ := []string{"HOME=" + t.TempDir()}
	commands := [][]string{
		{"instances"}, {"instances", "--full"}, {"addresses"}, {"accounts"}, {"regions"}, {"whoami"}, {"list", "volumes,buckets,roles"},
		{"aws", "ec2", "describe-volumes"}, {"aws", "ec2", "describe-instances"}, {"aws", "s3api", "list-buckets"},
	}
	for line := range strings.Lines(muster(t, environ, "list").stdout) {
		kind, _, _ := strings.Cut(line, "\t")
		commands = append(commands, []string{"list", kind})
	}
	if len(commands) < 60 {
		t.Errorf("%d commands, want one for each kind", len(commands))
	}
	dir := t.TempDir()
	queries := []string{"SET TimeZone = 'UTC'"}
	for i, command := range commands {
		for _, format := range []string{"ndjson", "parquet"} {
			path := filepath.Join(dir, fmt.Sprintf("%d.%s", i, format))
			if got := muster(t, environ, slices.Concat(command, []string{"--demo", "-o", format, "--out", path})...); got.code != 0 {
				t.Fatalf("%v: %+v", command, got)
			}
		}
		queries = append(queries, fmt.Sprintf("SELECT coalesce(json_group_array(to_json(r)), '[]')::VARCHAR AS records FROM read_parquet('%s') AS r", filepath.Join(dir, fmt.Sprintf("%d.parquet", i))))
	}
	results := duckdb(t, queries...)[1:]
	for i, command := range commands {
		var rows []struct{ Records string }
		var got, want []map[string]any
		if json.Unmarshal([]byte(results[i]), &rows) != nil || json.Unmarshal([]byte(rows[0].Records), &got) != nil {
			t.Fatalf("%v: DuckDB's answer is %s", command, results[i])
		}
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.ndjson", i)))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			want = append(want, nil)
			if err := json.Unmarshal([]byte(line), &want[len(want)-1]); err != nil {
				t.Fatal(err)
			}
		}
		if command[0] == "whoami" { // each run has credentials of its own
			for _, r := range slices.Concat(got, want) {
				delete(r, "Expires")
			}
		}
		if g, w := plainRecords(got), plainRecords(want); !reflect.DeepEqual(g, w) {
			t.Errorf("%v:\n got %s\nwant %s", command, strings.Join(g, "\n     "), strings.Join(w, "\n     "))
		}
	}
}

// plainRecords returns records as sorted lines of JSON, without what differs in Parquet and
// ndjson: what is missing, how times are written, and numbers in names that differ from
// others only in case.
func plainRecords(records []map[string]any) []string {
	lines := []string{}
	for _, r := range records {
		line, _ := json.Marshal(plainValue(r))
		lines = append(lines, string(line))
	}
	slices.Sort(lines)
	return lines
}

var numbered = regexp.MustCompile(`_1$`)

func plainValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		plain := map[string]any{}
		for name, value := range v {
			if value = plainValue(value); value == nil {
				continue
			}
			if short := numbered.ReplaceAllString(name, ""); short != name && hasInAnyCase(v, short) {
				name = short
			}
			plain[name] = value
		}
		if len(plain) == 0 {
			return nil
		}
		return plain
	case []any:
		if len(v) == 0 {
			return nil
		}
		plain := make([]any, len(v))
		for i := range v {
			plain[i] = plainValue(v[i])
		}
		return plain
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07"} {
			if at, err := time.Parse(layout, v); err == nil {
				return at.UTC().Format(time.RFC3339Nano)
			}
		}
		if v == "" { // a time that is unknown
			return nil
		}
	}
	return v
}

func hasInAnyCase(record map[string]any, name string) bool {
	for other := range record {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}
