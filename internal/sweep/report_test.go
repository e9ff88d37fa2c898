package sweep_test

import (
	"fmt"
	"testing"

	"muster/internal/sweep"
)

// TestCauses: gaps are grouped by status, operation, code and message. Messages that
// differ only in account, region and request id have the same cause.
func TestCauses(t *testing.T) {
	t.Parallel()
	gap := func(account, region, code, message string) sweep.Entry {
		return sweep.Entry{AccountId: account, AccountName: "web", Region: region, Status: "denied", Operation: "DescribeInstances", Code: code, Message: message, Records: 1}
	}
	const one, two = "100000000001", "100000000002"
	causes := sweep.Causes([]sweep.Entry{
		gap(one, "eu-west-1", "Denied", "user "+one+` of "web" in eu-west-1 (01234567-89ab-cdef-0123-456789abcdef)`),
		gap(one, "eu-west-2", "Broken", "read 10.0.0.1:443->10.0.0.2:50001: reset"),
		gap(two, "eu-west-2", "Denied", "user "+two+` of "web" in eu-west-2 (11234567-89ab-cdef-0123-456789abcdef)`),
		gap(two, "eu-west-1", "Encoded", "no. Encoded authorization failure message: abc"),
		gap(two, "eu-west-2", "Encoded", "no. Encoded authorization failure message: def"),
	})
	got := ""
	for _, c := range causes {
		got += fmt.Sprintf("%s %s %s: %s (%d gaps, %d records)\n", c.Status, c.Operation, c.Code, c.Message, len(c.Gaps), c.Records())
	}
	const want = `denied DescribeInstances Denied: user {account} of {name} in {region} ({id}) (2 gaps, 2 records)
denied DescribeInstances Broken: read 10.0.0.1:443->10.0.0.2:50001: reset (1 gaps, 1 records)
denied DescribeInstances Encoded: no. (2 gaps, 2 records)
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
