package seen

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Unix(1_800_000_000, 0)

func nothingGone(Entry) bool { return false }

// names returns the entries of a file, each as its kind, scope, ID and name.
func names(path string, now time.Time) (found []string) {
	for _, e := range Read(path, now) {
		found = append(found, strings.TrimSuffix(string(e.Kind)+" "+e.Scope+" "+e.ID+" "+e.Name, " "))
	}
	return found
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	path := Path(filepath.Join(t.TempDir(), "cache"), "", "key")
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for i, step := range []struct {
		now   time.Time
		found []Entry
		gone  string
		want  []string
	}{
		{hour(0), []Entry{{Kind: Region, Scope: "s", ID: "eu-west-1"}, {Kind: Account, Scope: "s", ID: "1", Name: "one"}}, "", []string{"account s 1 one", "region s eu-west-1"}},
		{hour(1), []Entry{{Kind: Account, Scope: "s", ID: "1", Name: "renamed"}, {Kind: Account, Scope: "r", ID: "1", Name: "one"}}, "", []string{"account s 1 renamed", "account r 1 one", "region s eu-west-1"}},
		{hour(2), []Entry{{Kind: Instance, Scope: "s", ID: "i-1", Name: "a\tb"}, {Kind: Instance, ID: "i-\n2"}, {Kind: Instance, Scope: "a\tb", ID: "i-2"}, {Kind: Instance}, {Kind: Instance, ID: "i-3", Name: "\u202e"}}, "",
			[]string{"account s 1 renamed", "account r 1 one", "instance s i-1", "instance  i-3", "region s eu-west-1"}},
		{hour(3), []Entry{{Kind: Instance, Scope: "s", ID: "i-4"}}, "i-1", []string{"account s 1 renamed", "account r 1 one", "instance  i-3", "instance s i-4", "region s eu-west-1"}},
		{hour(7*24 + 1), nil, "", []string{"instance  i-3", "instance s i-4"}},
		{hour(9 * 24), nil, "", nil},
	} {
		if err := Update(path, step.now, step.found, func(e Entry) bool { return e.ID == step.gone }); err != nil {
			t.Fatal(err)
		}
		if got := names(path, step.now); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
		if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != len(step.want) {
			t.Errorf("step %d: %v, entries that Read leaves out in %q", i, err, text)
		}
	}
	for file, want := range map[string]string{filepath.Dir(path): "drwx------", path: "-rw-------"} {
		if info, err := os.Stat(file); err != nil || info.Mode().String() != want {
			t.Errorf("%s: %v, %v; want %s", file, info.Mode(), err, want)
		}
	}
}

func TestLatestStay(t *testing.T) {
	t.Parallel()
	path := Path(t.TempDir(), "", "key")
	for i := range 3 {
		var found []Entry
		for j := range maxNames / 2 {
			found = append(found, Entry{Kind: Instance, ID: fmt.Sprintf("i-%d-%d", i, j)})
		}
		if err := Update(path, noon.Add(time.Duration(i)*time.Second), found, nothingGone); err != nil {
			t.Fatal(err)
		}
	}
	got := names(path, noon)
	first := slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "instance  i-0-") })
	if len(got) != maxNames || first {
		t.Errorf("%d names, the first ones among them: %t", len(got), first)
	}
}

// TestDamage: damaged lines are left out, and old files are removed.
func TestDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := Path(dir, "", "key")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "\xff\nregion\ts\teu-west-1\t\t\t" + fmt.Sprint(noon.Unix()) + "\nregion\ts\teu-west-2\t\t\tsoon\nregion\ts\teu-we"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := names(path, noon); !slices.Equal(got, []string{"region s eu-west-1"}) {
		t.Errorf("%q", got)
	}
	var files []string
	for _, name := range []string{"other.tsv", ".new-1", "notes.txt"} {
		file := filepath.Join(dir, "muster", name)
		files = append(files, file)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := Update(path, noon.Add(maxAge+time.Second), nil, nothingGone); err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if _, err := os.Stat(file); (err == nil) != (i == 2) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]string{
		{"/cache", "/home/me", "/cache/muster/key.tsv"},
		{"relative", "/home/me", "/home/me/.cache/muster/key.tsv"},
		{"", "/home/me", "/home/me/.cache/muster/key.tsv"},
		{"", "", ""},
	} {
		if got := Path(test[0], test[1], "key"); got != test[2] {
			t.Errorf("%q, want %q", got, test[2])
		}
	}
}

// TestPipe: a pipe in place of the file is neither read nor replaced.
func TestPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "names.tsv")
	if err := exec.Command("mkfifo", path).Run(); err != nil {
		t.Skip("no mkfifo: ", err)
	}
	now := time.Now()
	found := []Entry{{Kind: Account, Scope: "s", ID: "100000000001"}}
	if got := Read(path, now); got != nil {
		t.Error(got)
	}
	if err := Update(path, now, found, func(Entry) bool { return false }); err == nil {
		t.Error("the pipe was written to")
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("%v, %v", info, err)
	}
}
