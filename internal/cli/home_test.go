package cli

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHomeOfUser: without HOME, every file is in the home directory of the system's user
// database, as in the AWS CLI.
func TestHomeOfUser(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{".aws/config": "[profile dev]\n", "mine": "[profile mine]\n"} {
		if err := os.WriteFile(filepath.Join(home, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		environ []string
		want    string
	}{
		{nil, "dev\n"},
		{[]string{homeVariable() + "="}, "dev\n"},
		{[]string{"AWS_CONFIG_FILE=~/mine"}, "mine\n"},
		{[]string{homeVariable() + "=" + t.TempDir()}, ""},
	} {
		var stdout, stderr bytes.Buffer
		app := &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: test.environ, Completions: os.DirFS("../.."),
			HomeDir: func() (string, error) { return home, nil },
		}
		if code := Main(t.Context(), []string{"profiles", "-o", "name"}, app); code != 0 || stdout.String() != test.want {
			t.Errorf("%v: exit code %d, %q, want %q; %s", test.environ, code, &stdout, test.want, &stderr)
		}
	}
}

// TestProgramWithoutHome: the real program reads the user database.
func TestProgramWithoutHome(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	self, err := user.Current()
	if err != nil {
		t.Skip("the system has no entry for this user")
	}
	command := exec.Command(binary, "profiles")
	command.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, homeVariable()+"=")
	})
	command.Env = append(command.Env, "AWS_CONFIG_FILE=~/.there-is-no-such-file", "AWS_SHARED_CREDENTIALS_FILE=~/.nor-this")
	out, err := command.CombinedOutput()
	if want := "muster: no profiles in " + filepath.Join(self.HomeDir, ".there-is-no-such-file") + "\n"; err != nil || string(out) != want {
		t.Errorf("%v, %q, want %q", err, out, want)
	}
}
