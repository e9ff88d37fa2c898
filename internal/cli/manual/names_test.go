package manual

import (
	"slices"
	"testing"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	names := []string{"a", "bbbb", "cc", "dddddd", "é", "f", "g"}
	for width, want := range map[int][]string{
		80: {"a  bbbb  cc  dddddd  é  f  g"},
		27: {"a     cc      é  g", "bbbb  dddddd  f"},
		15: {"a     dddddd  g", "bbbb  é", "cc    f"},
		10: {"a       é", "bbbb    f", "cc      g", "dddddd"},
		3:  names,
	} {
		if got := columns(names, width); !slices.Equal(got, want) {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
	if got := columns(nil, 80); len(got) != 0 {
		t.Errorf("no names: %q", got)
	}
}
