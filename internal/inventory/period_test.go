package inventory

import (
	"testing"
	"time"
)

// TestPeriod: the first instant of a period is in it, its end is not, and an unknown time is
// in no period that has a limit.
func TestPeriod(t *testing.T) {
	t.Parallel()
	january, february := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		period period
		text   string
		want   bool
	}{
		{period{}, "", true},
		{period{}, "2026-01-01T00:00:00Z", true},
		{period{since: january}, "2026-01-01T00:00:00Z", true},
		{period{since: january}, "2025-12-31T23:59:59Z", false},
		{period{until: february}, "2026-01-31T23:59:59Z", true},
		{period{until: february}, "2026-02-01T00:00:00Z", false},
		{period{january, february}, "2026-01-15T00:00:00+01:00", true},
		{period{january, february}, "2026-03-01T00:00:00Z", false},
		{period{until: february}, "", false},
		{period{since: january}, "yesterday", false},
	} {
		if got := test.period.containsText(test.text); got != test.want {
			t.Errorf("%v contains %q: %v, want %v", test.period, test.text, got, test.want)
		}
	}
}
