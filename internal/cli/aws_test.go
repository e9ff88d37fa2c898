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
)

// TestAWSAgainstMoto compares the answers of many reads with boto3's, item by item.
func TestAWSAgainstMoto(t *testing.T) {
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
	command := exec.Command("python3", filepath.Join("testdata", "moto.py"), url, "AKIAMOTO")
	command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir())
	truth, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x"}
	for line := range strings.Lines(string(truth)) {
		var want struct {
			Service, Operation, Region string
			Params                     []string
			Answer                     map[string]any
		}
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		args := slices.Concat([]string{"aws", want.Service, want.Operation}, want.Params, []string{"--region", want.Region, "-o", "json"})
		got := muster(t, environ, args...)
		if got.code != exitOK {
			t.Errorf("%v: exit code %d: %s", args, got.code, got.stderr)
			continue
		}
		var answer any
		if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
			t.Errorf("%v: %v", args, err)
			continue
		}
		list, single := answer.([]any)
		if single { // an answer without a list
			answer = list[0]
		}
		compareAnswers(t, strings.Join(args[1:3], " "), withoutOwners(answer).(map[string]any), want.Answer, !single)
	}
}

// compareAnswers compares the members that boto3 has. whole says that the answer is one
// of lists.
func compareAnswers(t *testing.T, name string, got, want map[string]any, whole bool) {
	for member, value := range want {
		if list, ok := value.([]any); ok {
			items, _ := got[member].([]any)
			plain := make([]any, len(items))
			for i := range items {
				plain[i] = withoutOwners(items[i])
			}
			got[member] = plain
			if len(list) == 0 {
				continue
			}
		}
		if _, isList := value.([]any); whole && !isList {
			continue // an answer with lists has the lists alone
		}
		if !reflect.DeepEqual(timeless(got[member]), timeless(value)) {
			t.Errorf("%s: %s is\n%v, boto3's\n%v", name, member, got[member], value)
		}
	}
}

// withoutOwners removes the members that muster adds to a record.
func withoutOwners(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	plain := map[string]any{}
	for name, value := range object {
		switch name {
		case "AccountId", "AccountName", "Region":
		default:
			own := strings.TrimPrefix(name, "Own")
			if own != "AccountId" && own != "AccountName" && own != "Region" {
				own = name
			}
			plain[own] = value
		}
	}
	return plain
}

// timeless drops times, some of which moto invents for each call, and nulls.
func timeless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, value := range v {
			if text, ok := value.(string); value == nil || ok && len(text) > 19 && text[4] == '-' && text[10] == 'T' {
				continue
			}
			m[name] = timeless(value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = timeless(v[i])
		}
		return list
	}
	return v
}
