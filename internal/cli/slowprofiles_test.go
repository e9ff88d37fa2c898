package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// TestSlowProfiles: a profile that hangs keeps no other from being swept, and is named when the
// time is over. One call at a time is enough.
func TestSlowProfiles(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{
  "accounts": [{"id": "100000000001", "name": "root"}, {"id": "200000000002", "name": "dev"}],
  "users": [{"account": "root", "name": "admin"}],
  "roles": [{"name": "Ops", "trust": ["*"]}],
  "instances": [
    {"account": "root", "region": "us-east-1", "id": "i-0a000000000000001"},
    {"account": "dev", "region": "us-east-1", "id": "i-0a000000000000002"}
  ],
  "home": {"config": "[profile hangs]\ncredential_process = exec sleep 600\n\n[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = admin\n"}
}`))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	environ = append(environ, "PATH="+os.Getenv("PATH"))
	report := filepath.Join(t.TempDir(), "report.json")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"instances", "--region", "us-east-1", "--report", report, "--jq", `"\(.AccountName) \(.InstanceId)"`, "--sort-by", "InstanceId"},
			"admin i-0a000000000000001\ndev i-0a000000000000002\n"},
		{[]string{"credentials", "--all-roles", "--concurrency", "1", "--jq", `"\(.accountId) \(.roles | keys[])"`},
			"100000000001 admin\n200000000002 Ops\n"},
	} {
		withMoreTime(func(limit time.Duration, last bool) bool {
			command := exec.Command(binary, append(test.args, "--all-profiles", "--timeout", limit.String())...)
			var stdout, stderr bytes.Buffer
			command.Env, command.Stdout, command.Stderr = environ, &stdout, &stderr
			command.Run()
			lines := slices.Sorted(strings.Lines(stdout.String()))
			gap := "  hangs: cancelled: stopped after --timeout " + limit.String() + "\n"
			done := command.ProcessState.ExitCode() == exitPartial && strings.Join(lines, "") == test.want && strings.Contains(stderr.String(), gap)
			if !done && last {
				t.Errorf("%s: %v\n%s%s", test.args, command.ProcessState, &stdout, &stderr)
			}
			return done
		})
	}
	// A command that may change something runs in all accounts or in none.
	got := muster(t, environ, "exec", "--all-profiles", "--yes", "--timeout", "1s", "--", "echo", "ran")
	if got.code != exitNothing || got.stdout != "" || got.stderr != "muster: stopped after --timeout 1s\n" {
		t.Errorf("exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if text, err := os.ReadFile(report); !bytes.Contains(text, []byte(`"AccountName": "hangs"`)) {
		t.Errorf("%v: %s", err, text)
	}
}
