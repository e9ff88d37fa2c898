package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"muster/internal/awssim"
)

// TestCrowd: many processes with one HOME print the same rows. They share the caches and
// leave no incomplete file.
func TestCrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	sim, err := awssim.Start(&awssim.World{
		Accounts:  []awssim.Account{{ID: "100000000001", Name: "root"}, {ID: "200000000002", Name: "dev"}, {ID: "300000000003", Name: "audit"}},
		Users:     []awssim.User{{Account: "root", Name: "admin"}},
		Roles:     []awssim.Role{{Name: "Ops", Trust: []string{"*"}}},
		SSO:       []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1", Assignments: map[string][]string{"audit": {"ReadOnly"}}}},
		Instances: []awssim.Instance{{Account: "dev", Region: "us-east-1", ID: "i-0a000000000000002"}, {Account: "audit", Region: "us-east-1", ID: "i-0a000000000000003"}},
		Home: awssim.Home{Config: "[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = admin\n" +
			"[profile audit]\nsso_session = corp\nsso_account_id = 300000000003\nsso_role_name = ReadOnly\n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	if err := sim.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	environ := append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true"}, sim.Env(home)...)
	const processes = 50
	var crowd sync.WaitGroup
	for i := range processes {
		crowd.Go(func() {
			command := exec.Command(binary, "instances", "--all-profiles", "--region", "us-east-1", "-o", "name", "--sort-by", "InstanceId")
			command.Env = environ
			var stdout, stderr bytes.Buffer
			command.Stdout, command.Stderr = &stdout, &stderr
			if err := command.Run(); err != nil || stdout.String() != "i-0a000000000000002\ni-0a000000000000003\n" || stderr.Len() > 0 {
				t.Errorf("process %d: %v, %q, %s", i, err, &stdout, &stderr)
			}
		})
	}
	crowd.Wait()
	for _, problem := range sim.Problems() {
		t.Error(problem)
	}
	err = filepath.WalkDir(home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && strings.Contains(entry.Name(), "tmp") || strings.HasPrefix(entry.Name(), ".new-") {
			err = fmt.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestHugeConfig: a huge file that is no config gives one line of error, quickly and
// without much memory.
func TestHugeConfig(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("[profile a]\nregion = us-east-1\n"); err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(100 << 20); err != nil { // a sparse file: nothing is written
		t.Fatal(err)
	}
	file.Close()
	for _, config := range []string{path, "/dev/zero"} {
		if _, err := os.Stat(config); err != nil {
			continue
		}
		for _, args := range [][]string{{"instances", "--profile", "a"}, {"profiles"}, {"whoami"}} {
			got := muster(t, []string{"AWS_CONFIG_FILE=" + config}, args...)
			want := "muster: " + config + ": is larger than 16 MB, expected sections such as [profile NAME]: is it the right file?\n"
			if got.code != exitUsage || got.stdout != "" || got.stderr != want {
				t.Errorf("%v: exit code %d, %q, %s", args, got.code, got.stdout, got.stderr)
			}
		}
		if got := muster(t, []string{"AWS_CONFIG_FILE=" + config}, "__complete", "instances", "--profile", ""); got.code != 0 || got.stdout != ":4\n" {
			t.Errorf("completion: exit code %d, %q", got.code, got.stdout)
		}
	}
}
