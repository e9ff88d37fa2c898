package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
	"muster/internal/sweep"
)

// runWithOpenFiles runs muster as a process whose hard limit of open files is limit.
func runWithOpenFiles(t *testing.T, limit int, environ []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not on PATH")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("bash", append([]string{"-c", fmt.Sprintf(`ulimit -n %d || exit 77; exec "$0" "$@"`, limit), binary}, args...)...)
	var out, errs bytes.Buffer
	command.Env, command.Stdout, command.Stderr = environ, &out, &errs
	err = command.Run()
	if command.ProcessState.ExitCode() == 77 {
		t.Skip("there is no ulimit on this machine")
	}
	return out.String(), errs.String(), err
}

// TestFewOpenFiles: a sweep whose --concurrency is above the limit of open files
// reaches every place all the same.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	world := awssim.Large(awssim.LargeSpec{Accounts: 20, MinInstances: 1, Seed: 3})
	for _, c := range []struct {
		limit   int
		proxied bool
	}{{64, false}, {64, true}, {40, false}, {40, true}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			sim, environ := simulated(t, world, c.proxied, awssim.WithLatency(10*time.Millisecond))
			stdout, stderr, err := runWithOpenFiles(t, c.limit, environ, "instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "name")
			ids := slices.Sorted(strings.FieldsSeq(stdout))
			if want := truthIDs(sim); err != nil || stderr != "" || !slices.Equal(ids, want) {
				t.Errorf("%v: %d instances, want %d: %s", err, len(ids), len(want), stderr)
			}
		})
	}
}

// TestFewOpenFilesForCredentialProcesses: the pipes of credential_processes are within
// the limit, too.
func TestFewOpenFilesForCredentialProcesses(t *testing.T) {
	t.Parallel()
	world := awssim.Large(awssim.LargeSpec{Accounts: 15, MinInstances: 1, Seed: 3})
	for i, a := range world.Accounts {
		user := awssim.User{Account: a.ID, Name: fmt.Sprint("u", i), AccessKeyID: fmt.Sprintf("AKIA%016d", i), SecretAccessKey: fmt.Sprint("secret", i)}
		world.Users = append(world.Users, user)
		world.Home.Config += fmt.Sprintf("[profile p%d]\nregion = us-east-1\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": %q, \"SecretAccessKey\": %q}'\n",
			i, user.AccessKeyID, user.SecretAccessKey)
	}
	sim, environ := simulated(t, world, false, awssim.WithLatency(10*time.Millisecond))
	stdout, stderr, err := runWithOpenFiles(t, 64, append(environ, "PATH="+os.Getenv("PATH")), "instances", "--profile", "p*", "-o", "name")
	ids := slices.Sorted(strings.FieldsSeq(stdout))
	if want := truthIDs(sim); err != nil || stderr != "" || !slices.Equal(ids, want) {
		t.Errorf("%v: %d instances, want %d: %s", err, len(ids), len(want), stderr)
	}
}

// TestFewOpenFilesForExec: the pipes of exec's commands are within the limit, too.
func TestFewOpenFilesForExec(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not on PATH")
	}
	world := awssim.Large(awssim.LargeSpec{Accounts: 40, Regions: 1, Seed: 3})
	_, environ := simulated(t, world, false)
	bin := t.TempDir()
	simtest.Program(t, filepath.Join(bin, "work"), "#!/bin/sh\nsleep 0.2\necho $MUSTER_ACCOUNT_ID\n")
	stdout, stderr, err := runWithOpenFiles(t, 64, append(environ, "PATH="+bin+":"+os.Getenv("PATH")),
		"exec", "--org", "--role", "OrganizationAccountAccessRole", "--yes", "--concurrency", "40", "--jq", ".Stdout", "--", "work")
	if accounts := strings.Fields(stdout); err != nil || len(accounts) != len(world.Accounts) {
		t.Errorf("%v: %d accounts, want %d: %s", err, len(accounts), len(world.Accounts), stderr)
	}
}

// TestOpenFilesHint: the summary says how to raise a limit of open files that calls or
// commands have reached.
func TestOpenFilesHint(t *testing.T) {
	t.Parallel()
	const want = "too many open files: a lower --concurrency needs fewer, 'ulimit -n' shows and raises the limit"
	for _, gap := range []sweep.Entry{
		{Status: sweep.Status(awsapi.Unreachable), Operation: "DescribeInstances", Code: awsapi.OpenFiles, Message: "too many open files"},
		{Status: sweep.Failed, Message: "starting work: too many open files"},
	} {
		if got := gapHint(gap); got != want {
			t.Errorf("%+v: %q", gap, got)
		}
	}
}

// truthIDs are the ids of every instance there is, sorted.
func truthIDs(sim *awssim.Server) (ids []string) {
	for _, in := range sim.Truth() {
		ids = append(ids, in.ID)
	}
	slices.Sort(ids)
	return ids
}
