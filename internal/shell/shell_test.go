package shell

import "testing"

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
