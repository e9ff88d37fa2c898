package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/inventory"
)

// TestDemoHasEveryKind lists all kinds in the simulated organization, each record once. A
// kind that brings records has them.
func TestDemoHasEveryKind(t *testing.T) {
	t.Parallel()
	names := inventory.KindNames()
	got := muster(t, nil, "list", strings.Join(names, ","), "--demo", "--all-profiles", "-o", "ndjson")
	if got.code != 0 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	records := map[string][]map[string]any{}
	for lines := bufio.NewScanner(strings.NewReader(got.stdout)); lines.Scan(); {
		var record map[string]any
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		kind := record["Kind"].(string)
		records[kind] = append(records[kind], record)
	}
	accounts := map[string]string{}
	for _, a := range awssim.DefaultWorld().Accounts {
		accounts[a.Name] = a.ID
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			k, err := inventory.FindKind(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(records[name]) == 0 {
				t.Error("no records")
			}
			seen := map[string]bool{}
			for _, r := range records[name] {
				id := fmt.Sprint(r["AccountId"], " ", r["Region"], " ", r["Id"])
				if seen[id] {
					t.Errorf("%s is there twice", id)
				}
				seen[id] = true
			}
			for _, item := range k.Demo {
				want := decoded(t, item).(map[string]any)
				want["AccountId"] = accounts[want["AccountName"].(string)]
				delete(want, "AccountName")
				if !hasRecord(records[name], want) {
					t.Errorf("no record with %v in\n%v", want, records[name])
				}
			}
		})
	}
}

// hasRecord reports whether one of the records has all members of an item.
func hasRecord(records []map[string]any, item map[string]any) bool {
next:
	for _, record := range records {
		for name, want := range item {
			got, renamed := record["Own"+name]
			if !renamed {
				got = record[name]
			}
			if !sameMember(got, want) {
				continue next
			}
		}
		return true
	}
	return false
}

// sameMember compares members of a record and of a kind's item. Tags are maps in records,
// and times have another form.
func sameMember(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		for name := range want {
			if !sameMember(got[name], want[name]) {
				return false
			}
		}
		return len(got) == len(want)
	case []any:
		if tags, isMap := got.(map[string]any); isMap {
			return len(tags) == len(want)
		}
		got, _ := got.([]any)
		for i := range min(len(got), len(want)) {
			if !sameMember(got[i], want[i]) {
				return false
			}
		}
		return len(got) == len(want)
	case string:
		text, _ := got.(string)
		a, errA := time.Parse(time.RFC3339Nano, text)
		b, errB := time.Parse(time.RFC3339Nano, want)
		return text == want || errA == nil && errB == nil && a.Equal(b)
	}
	return reflect.DeepEqual(got, want)
}

// decoded returns a value as JSON has it.
func decoded(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
