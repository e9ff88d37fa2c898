package awssim

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const stackSetsWorld = `{
	"organization": {"root": "r-abcd", "delegated": ["admin"], "ous": [{"id": "ou-abcd-11111111", "name": "Workloads"}]},
	"lists": {"page_size": 2},
	"accounts": [
		{"id": "000000000001", "name": "main"},
		{"id": "000000000002", "name": "shop", "ou": "Workloads"},
		{"id": "000000000003", "name": "old", "state": "SUSPENDED"},
		{"id": "000000000004", "name": "taken"},
		{"id": "000000000005", "name": "admin"},
		{"id": "000000000006", "name": "broken"}],
	"stack_sets": {"polls": 2, "fail": {"broken": "Account is not ready"}},
	"users": [{"account": "main", "name": "ann"}, {"account": "admin", "name": "del"}],
	"roles": [{"name": "Taken", "accounts": ["taken"]}, {"name": "OrganizationAccountAccessRole", "allow": ["*"]}]}`

// TestCloudFormationWithBoto3 drives stacks and stack sets with boto3, which reads the answers by AWS's models.
func TestCloudFormationWithBoto3(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 with boto3 is not installed")
	}
	for name, world := range map[string]string{
		"stacks": stackSetsWorld, "sets": stackSetsWorld, "refusals": stackSetsWorld, "delegated": stackSetsWorld,
		"untrusted": strings.Replace(stackSetsWorld, `"polls": 2`, `"no_trusted_access": true`, 1),
		"tolerance": stackSetsWorld,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, world)
			home := t.TempDir()
			if err := s.WriteHome(home); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(python, filepath.Join("testdata", "cloudformation.py"), name)
			cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, s.Env(home)...), "AWS_PROFILE=ann")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if name != "refusals" {
				wantProblems(t, s)
			}
		})
	}
}
