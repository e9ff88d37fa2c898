package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"muster/internal/awssim"
)

// TestCommandsWait: a command that finds no descriptor waits for another to end, and
// fails only where none runs.
func TestCommandsWait(t *testing.T) {
	t.Parallel()
	const room = 3
	var c launches
	var mu sync.Mutex
	running, most := 0, 0
	start := func() (int, error) {
		mu.Lock()
		if running == room {
			mu.Unlock()
			return 0, syscall.EMFILE
		}
		running++
		most = max(most, running)
		mu.Unlock()
		defer func() {
			mu.Lock()
			running--
			mu.Unlock()
		}()
		return 7, nil
	}
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if code, err := c.run(t.Context(), start); code != 7 || err != nil {
				t.Errorf("%d, %v", code, err)
			}
		})
	}
	all.Wait()
	if most > room {
		t.Errorf("%d at once", most)
	}
	if _, err := c.run(t.Context(), func() (int, error) { return 0, syscall.EMFILE }); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("alone: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.run(ctx, func() (int, error) {
		_, err := c.run(ctx, func() (int, error) { cancel(); return 0, syscall.EMFILE })
		return 0, err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestExecFewDescriptors: with a low limit, exec runs as many commands at once as it
// can, and every account has its turn.
func TestExecFewDescriptors(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not on PATH")
	}
	world := awssim.Large(awssim.LargeSpec{Accounts: 40, Regions: 1, Seed: 3})
	_, environ := simulated(t, world, false)
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "work"), []byte("#!/bin/sh\nsleep 0.2\necho $MUSTER_ACCOUNT_ID\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	lines, stderr, err := limited(t, 40, append(environ, "PATH="+bin+":"+os.Getenv("PATH")),
		"exec", "--org", "--role", "OrganizationAccountAccessRole", "--yes", "--concurrency", "40", "--jq", ".Stdout", "--", "work")
	if err != nil || len(lines) != len(world.Accounts) {
		t.Errorf("%v: %d accounts, want %d: %s", err, len(lines), len(world.Accounts), strings.TrimSpace(stderr))
	}
}
