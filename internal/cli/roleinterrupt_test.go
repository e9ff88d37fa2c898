package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestRoleDeployInterrupted: Ctrl-C stops muster and not CloudFormation, whose operation ends
// later. The next run then has nothing to do for the stack set.
func TestRoleDeployInterrupted(t *testing.T) {
	t.Parallel()
	world, err := awssim.ParseWorld([]byte(`{
		"organization": {}, "accounts": [{"id": "100000000001", "name": "root"}, {"id": "100000000002", "name": "shop"}],
		"stack_sets": {"polls": 3}, "users": [{"account": "root", "name": "admin"}], "home": {"profile": "admin"}}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, world, false)
	run := func(ctx context.Context, args ...string) (code int, stdout, stderr string) {
		var out, notes bytes.Buffer
		code = Main(ctx, args, &App{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &notes, Environ: environ})
		return code, out.String(), notes.String()
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	go func() {
		eventually(func() bool {
			for _, call := range sim.Calls() {
				if call.Operation == "ListStackSetOperationResults" {
					return true
				}
			}
			return false
		})
		interrupt()
	}()
	code, _, stderr := run(ctx, "role", "deploy", "--role", "Audit", "--yes")
	if code != exitInterrupted || !strings.Contains(stderr, "goes on in AWS; 'muster role status --role Audit'") {
		t.Fatalf("exit code %d, want %d:\n%s", code, exitInterrupted, stderr)
	}
	code, _, stderr = run(context.Background(), "role", "deploy", "--role", "Audit", "--yes")
	if code != exitNothing || !strings.Contains(stderr, "is under way: nothing was changed") {
		t.Errorf("while the operation is under way: exit code %d:\n%s", code, stderr)
	}
	for range 4 { // each question lets the operation go on
		run(context.Background(), "role", "status", "--role", "Audit")
	}
	code, stdout, stderr := run(context.Background(), "role", "deploy", "--role", "Audit", "--yes", "--jq", "[.AccountName, .Change]")
	if code != 0 || stdout != "[\"root\",\"create\"]\n[\"shop\",\"none\"]\n" {
		t.Errorf("after the operation: exit code %d:\n%s%s", code, stdout, stderr)
	}
}
