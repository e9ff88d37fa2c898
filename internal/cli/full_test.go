package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestFullLikeAWS: with --full, EC2 equals the output of version 2 of the AWS CLI for an
// instance. Version 1 prints the same with the right format of times.
func TestFullLikeAWS(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	sim, environ := simulated(t, awssim.DefaultWorld(), false)
	home := strings.TrimPrefix(environ[0], "HOME=")
	path := filepath.Join(home, ".aws", "config")
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	iso := strings.ReplaceAll(string(config), "]\n", "]\ncli_timestamp_format = iso8601\n")
	if err := os.WriteFile(path, []byte(iso), 0o600); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, place := range [][2]string{
		{"", "eu-central-1"}, {"development", "us-west-2"}, {"development", "af-south-1"}, {"sso-production", "eu-west-1"}, {"sso-production", "ap-southeast-2"},
	} {
		var flags []string
		if place[0] != "" {
			flags = []string{"--profile", place[0]}
		}
		flags = append(flags, "--region", place[1])
		command := exec.Command(cli, append([]string{"ec2", "describe-instances", "--output", "json", "--query", "Reservations[].Instances[]"}, flags...)...)
		command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
		got := muster(t, environ, append([]string{"instances", "--full", "--slurp", "--jq", "map(.EC2)"}, flags...)...)
		if got.code != 0 {
			t.Fatalf("%s: exit code %d: %s", place, got.code, got.stderr)
		}
		have, want := instancesByID(t, got.stdout), instancesByID(t, string(out))
		for id := range want {
			if !reflect.DeepEqual(have[id], want[id]) {
				t.Errorf("%s:\n got %v\nwant %v", id, have[id], want[id])
			}
			compared++
		}
		if len(have) != len(want) {
			t.Errorf("%s: %d instances, want %d", place, len(have), len(want))
		}
	}
	if compared < 10 {
		t.Errorf("%d instances prove little", compared)
	}
	for _, problem := range sim.Problems() {
		t.Error(problem)
	}
}

func instancesByID(t *testing.T, text string) map[any]map[string]any {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	byID := map[any]map[string]any{}
	for _, instance := range list {
		byID[instance["InstanceId"]] = instance
	}
	return byID
}
