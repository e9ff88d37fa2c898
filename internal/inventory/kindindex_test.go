package inventory

import (
	"slices"
	"testing"
)

// TestKindIndex compares the index with the files as YAML: a title and the aliases stand on
// one line each, without quotes.
func TestKindIndex(t *testing.T) {
	t.Parallel()
	for _, entry := range KindIndex() {
		k, err := openKind(entry.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if entry.Title != k.Title || !slices.Equal(entry.Aliases, k.Aliases) {
			t.Errorf("%s: the index has title %q and aliases %q, the file %q and %q: write each on one line, without quotes or comments",
				kindFile(entry.Name), entry.Title, entry.Aliases, k.Title, k.Aliases)
		}
	}
}

func TestFindKind(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"volumes": "volumes", "volume": "volumes", "ebs": "volumes", "sg": "security-groups", "alias": "",
		"addresses": "addresses", "address": "addresses", "policy": "policies", "": "", "s": "", "../kinds/volumes": "", "*": "",
	} {
		if got := KindName(word); got != want {
			t.Errorf("%q stands for %q, want %q", word, got, want)
		}
		if k, err := FindKind(word); err != nil || (k != nil) != (want != "") {
			t.Errorf("%q: %v, %v", word, k, err)
		}
	}
}
