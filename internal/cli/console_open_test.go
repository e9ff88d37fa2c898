package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

// TestConsoleBrowser: the browser gets the right profile, and signs in although its arguments
// have no token.
func TestConsoleBrowser(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the browser is a shell script")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	seen := filepath.Join(bin, "arguments")
	for _, name := range []string{"firefox", "chromium", "lynx"} {
		script := fmt.Sprintf("#!/bin/sh\nprintf '%%s ' \"$@\" > %q\nfor page; do :; done\n%s=yes exec %q \"$page\"\n", seen, actAsBrowser, self)
		simtest.Program(t, filepath.Join(bin, name), script)
	}
	sim, environ := simulated(t, awssim.DefaultWorld(), false)
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.MkdirAll(filepath.Join(config, "muster"), 0o700); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "XDG_CONFIG_HOME="+config)
	if got := muster(t, environ, "context", "set", "work", "--browser", filepath.Join(bin, "firefox"), "--browser-profile", "work"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	for _, test := range []struct{ name, args, want string }{
		{"a profile of Firefox", "--browser=BIN/firefox --browser-profile=work", "-P work "},
		{"a profile of Chrome", "--browser=BIN/chromium --browser-profile=Default", "--profile-directory=Default "},
		{"any browser", "--browser=BIN/lynx", ""},
		{"a profile of a context", "--open --context=work", "-P work "},
		{"a context with another profile", "--browser-profile=home --context=work", "-P home "},
	} {
		args := append([]string{"console", "--profile", "production"}, strings.Fields(strings.ReplaceAll(test.args, "BIN", bin))...)
		got := muster(t, environ, args...)
		if got.code != 0 || got.stdout != "" || !strings.Contains(got.stderr, "opened the console of ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.name, got.code, got.stdout, got.stderr)
		}
		arguments, err := os.ReadFile(seen)
		os.Remove(seen)
		if rest, ok := strings.CutPrefix(string(arguments), test.want+"http://127.0.0.1:"); err != nil || !ok || strings.Contains(rest, "Signin") {
			t.Errorf("%s: the browser has the arguments %q, %v", test.name, arguments, err)
		}
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	if got := muster(t, environ, "console", "--profile", "production", "--context", "work"); got.code != 0 || !strings.Contains(got.stdout, "SigninToken=") {
		t.Errorf("a context alone opens no browser: exit code %d, stderr %q", got.code, got.stderr)
	}
	for args, want := range map[string]string{
		"--browser-profile work":                               "--browser-profile work: expected a browser, too, such as --browser firefox",
		"--browser nosuchbrowser":                              "no command nosuchbrowser on PATH",
		"--browser BIN/lynx --browser-profile work":            "takes no profile that muster knows",
		"--browser BIN/chromium --browser-profile container:x": "has no containers; only Firefox has",
	} {
		got := muster(t, environ, append([]string{"console", "--profile", "production"}, strings.Fields(strings.ReplaceAll(args, "BIN", bin))...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: exit code %d, stderr %q, want %q", args, got.code, got.stderr, want)
		}
	}
}
