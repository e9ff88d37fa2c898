package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// limited runs muster as a process with so many file descriptors, and returns the
// ids that it prints.
func limited(t *testing.T, descriptors int, environ []string, args ...string) (ids []string, stderr string, err error) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not on PATH")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("bash", append([]string{"-c", fmt.Sprintf(`ulimit -n %d || exit 77; exec "$0" "$@"`, descriptors), binary}, args...)...)
	var out, errs bytes.Buffer
	command.Env, command.Stdout, command.Stderr = environ, &out, &errs
	err = command.Run()
	if command.ProcessState.ExitCode() == 77 {
		t.Skip("there is no ulimit on this machine")
	}
	ids = strings.Fields(out.String())
	slices.Sort(ids)
	return ids, errs.String(), err
}

// TestFewDescriptors: a sweep that is wider than the system allows narrows itself
// down, says so once, and misses nothing.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	world := awssim.Large(awssim.LargeSpec{Accounts: 20, MinInstances: 1, Seed: 3})
	for _, c := range []struct {
		descriptors int
		proxied     bool
	}{{64, false}, {64, true}, {40, false}, {40, true}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			sim, environ := simulated(t, world, c.proxied, awssim.WithLatency(40*time.Millisecond))
			ids, stderr, err := limited(t, c.descriptors, environ, "instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "name")
			if want := truthIDs(sim); err != nil || !slices.Equal(ids, want) {
				t.Errorf("%v: %d instances, want %d: %s", err, len(ids), len(want), stderr)
			}
			if !narrowed.MatchString(stderr) {
				t.Errorf("stderr %q", stderr)
			}
		})
	}
}

var narrowed = regexp.MustCompile(`^muster: no more file descriptors: about \d+ calls at one time from here on; 'ulimit -n' allows more\n$`)

// TestFewDescriptorsForProcesses: what a credential_process needs of descriptors
// is made room for, too.
func TestFewDescriptorsForProcesses(t *testing.T) {
	t.Parallel()
	world := awssim.Large(awssim.LargeSpec{Accounts: 15, MinInstances: 1, Seed: 3})
	for i, a := range world.Accounts {
		user := awssim.User{Account: a.ID, Name: fmt.Sprint("u", i), AccessKeyID: fmt.Sprintf("AKIA%016d", i), SecretAccessKey: fmt.Sprint("secret", i)}
		world.Users = append(world.Users, user)
		world.Home.Config += fmt.Sprintf("[profile p%d]\nregion = us-east-1\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": %q, \"SecretAccessKey\": %q}'\n",
			i, user.AccessKeyID, user.SecretAccessKey)
	}
	sim, environ := simulated(t, world, false, awssim.WithLatency(40*time.Millisecond))
	ids, stderr, err := limited(t, 32, append(environ, "PATH="+os.Getenv("PATH")), "instances", "--profile", "p*", "-o", "name")
	if want := truthIDs(sim); err != nil || !slices.Equal(ids, want) {
		t.Errorf("%v: %d instances, want %d: %s", err, len(ids), len(want), stderr)
	}
	if !narrowed.MatchString(stderr) {
		t.Errorf("stderr %q", stderr)
	}
}

// TestDescriptors: connections to as many hosts as there are regions take no more
// than a small multiple of the width.
func TestDescriptors(t *testing.T) {
	t.Parallel()
	sim, environ := simulated(t, awssim.Large(awssim.LargeSpec{Accounts: 20, MinInstances: 1, Seed: 3}), true, awssim.WithLatency(5*time.Millisecond))
	ids, stderr, err := limited(t, 3*16+24, environ, "instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "name", "--concurrency", "16")
	if want := truthIDs(sim); err != nil || stderr != "" || !slices.Equal(ids, want) {
		t.Errorf("%v: %d instances, want %d: %s", err, len(ids), len(want), stderr)
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
