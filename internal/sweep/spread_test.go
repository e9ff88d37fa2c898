package sweep

import (
	"slices"
	"testing"
)

// TestSpread: as many accounts begin with each region as with any other, and visit all.
func TestSpread(t *testing.T) {
	t.Parallel()
	regions := []string{"a", "b", "c", "d"}
	s := &run[string]{}
	first := map[string]int{}
	for range 3 * len(regions) {
		got := s.spread(regions)
		first[got[0]]++
		if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, regions) {
			t.Errorf("%q", got)
		}
	}
	for _, region := range regions {
		if first[region] != 3 {
			t.Errorf("%d accounts begin with %s, want 3", first[region], region)
		}
	}
	for name, s := range map[string]*run[string]{
		"in order":       {Plan: Plan[string]{Visitors: 1}},
		"whole accounts": {Plan: Plan[string]{WholeAccounts: true}},
	} {
		for range 2 {
			if got := s.spread(regions); !slices.Equal(got, regions) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}
