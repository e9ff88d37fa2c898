package cli

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/change/write"
)

// TestAWSReachesNoWrite: muster aws rejects the operations that muster itself may call to
// change something, and neither lists nor completes them.
func TestAWSReachesNoWrite(t *testing.T) {
	t.Parallel()
	writes := 0
	for op := range write.Operations() {
		writes++
		service := op.Service.Name
		listed := muster(t, nil, "aws", service)
		for _, name := range []string{op.Name, op.CLIName} {
			for _, args := range [][]string{{name}, {name, "--help"}, {name, "--max-items", "1", "--demo"}} {
				got := muster(t, nil, append([]string{"aws", service}, args...)...)
				if got.code != 2 || got.stdout != "" || !strings.Contains(got.stderr, "changes things, and muster aws only reads") {
					t.Errorf("aws %s %s: exit code %d\n%s%s", service, args, got.code, got.stdout, got.stderr)
				}
			}
			if slices.Contains(strings.Fields(listed.stdout), name) {
				t.Errorf("aws %s lists %s", service, name)
			}
			if slices.Contains(operationWords("aws-operations", service), name) {
				t.Errorf("completion of aws %s offers %s", service, name)
			}
		}
		if listed.code != 0 || !strings.Contains(listed.stdout, "list-") {
			t.Errorf("aws %s: exit code %d\n%s", service, listed.code, listed.stdout)
		}
	}
	if writes < 10 {
		t.Errorf("only %d writes", writes)
	}
}
