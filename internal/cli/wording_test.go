package cli

import "testing"

func TestQuantity(t *testing.T) {
	t.Parallel()
	for noun, want := range map[string]string{
		"instances": "1 instance", "identities": "1 identity", "addresses": "1 address", "policies": "1 policy",
		"caches": "1 cache", "found": "1 found", "commands were run": "1 command was run",
	} {
		if got := quantity(1, noun); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := quantity(1234, "addresses"); got != "1,234 addresses" {
		t.Errorf("%q", got)
	}
}
