package cli

import "testing"

func TestBuildString(t *testing.T) {
	t.Parallel()
	const commit, date = "0123456789abcdef0123456789abcdef01234567", "2026-11-28T09:00:00Z"
	for _, test := range []struct {
		build build
		want  string
	}{
		{build{version: "devel"}, "devel"},
		{build{version: "v1.2.0"}, "v1.2.0"},
		{build{version: "v1.2.0", commit: commit, date: date}, "v1.2.0 (commit 0123456789ab, 2026-11-28T09:00:00Z)"},
		{build{version: "devel", commit: commit, modified: true}, "devel (commit 0123456789ab with local changes, no date)"},
	} {
		if got := test.build.String(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.build, got, test.want)
		}
	}
}
