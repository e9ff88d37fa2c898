package shell

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"corp": "corp", "eu-west-1,a@b.c:/d": "eu-west-1,a@b.c:/d", "my sso": "'my sso'", "it's": `'it'\''s'`, "": "''", "a$b": "'a$b'",
		"~": "'~'", "A=b": "'A=b'", "a\nb": "'a\nb'", "é": "'é'",
	} {
		if got := Word(word); got != want {
			t.Errorf("%q is written %s, want %s", word, got, want)
		}
	}
}

// TestSplit: the shell of this machine is the judge.
func TestSplit(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is not on PATH")
	}
	for _, command := range []string{
		"", " ", "firefox", "  open  -a 'Google Chrome'\t", `open -a "Google Chrome"`, `Google\ Chrome --x=''`, `a'b'"c"\d`, `"a\"b\\c\d"`, `'a\b' ''`, "a\\\nb c",
	} {
		out, err := exec.Command(sh, "-c", "set -- "+command+`; for word in "$@"; do printf '%s\000' "$word"; done`).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(string(out), "\x00")
		if got, err := Split(command); err != nil || !slices.Equal(got, want[:len(want)-1]) {
			t.Errorf("%q: %q, %v; sh has %q", command, got, err, want[:len(want)-1])
		}
	}
	for _, open := range []string{`'a`, `"a`, `a\`, `"a\"`} {
		if words, err := Split(open); err == nil {
			t.Errorf("%q: %q", open, words)
		}
	}
}
