package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"

	"muster/internal/awssim"
)

// screen is the output of a program on its terminal.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string { return strings.ReplaceAll(s.raw(), "\r\n", "\n") }

func (s *screen) raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// startOnTerminal starts muster on a terminal.
func startOnTerminal(t *testing.T, environ []string, args ...string) (*exec.Cmd, *os.File, *screen) {
	t.Helper()
	return startAtWidth(t, 500, environ, args...)
}

// startAtWidth starts muster on a terminal with a number of columns.
func startAtWidth(t *testing.T, columns uint16, environ []string, args ...string) (*exec.Cmd, *os.File, *screen) {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, args...)
	command.Env = environ
	tty, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	shown := &screen{}
	go io.Copy(shown, tty)
	return command, tty, shown
}

// waitFor waits until the screen shows a text, and returns the screen.
func waitFor(t *testing.T, shown fmt.Stringer, pattern string) string {
	t.Helper()
	compiled := regexp.MustCompile(pattern)
	found := ""
	if !eventually(func() bool {
		found = compiled.FindString(shown.String())
		return found != ""
	}) {
		text := shown.String()
		t.Fatalf("the terminal never showed %s, but at its end:\n%q", pattern, text[max(0, len(text)-1000):])
	}
	return found
}

// TestLoginOnATerminal: the user opens the URL that login shows. After Ctrl-C, the user
// is back at the prompt, and no file has changed.
func TestLoginOnATerminal(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{
  "accounts": [{"id": "100000000001", "name": "root"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "assignments": {"*": ["ReadOnly"]}}]
}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	environ = append(offered(t, environ), "TERM=xterm", "PATH="+os.Getenv("PATH"))
	tokens := func() string {
		t.Helper()
		for _, pair := range environ {
			if home, ok := strings.CutPrefix(pair, "HOME="); ok {
				data, err := os.ReadFile(home + "/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json")
				if err != nil {
					t.Fatal(err)
				}
				return string(data)
			}
		}
		t.Fatal("no HOME")
		return ""
	}
	before := tokens()

	command, tty, shown := startOnTerminal(t, environ, "login", "--no-browser")
	waitFor(t, shown, `http://127\.0\.0\.1:\d+/authorize\?\S+`)
	tty.Write([]byte{3}) // Ctrl-C
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 || tokens() != before {
		t.Errorf("given up: exit code %d, want 130\n%s", code, shown)
	}

	for _, args := range [][]string{{"login", "--no-browser"}, {"login", "--no-browser", "--use-device-code"}} {
		before = tokens()
		command, _, shown = startOnTerminal(t, environ, args...)
		if err := visit(waitFor(t, shown, `http://127\.0\.0\.1:\d+/(authorize|device)\?\S+`)); err != nil {
			t.Error(err)
		}
		waitFor(t, shown, `muster: signed in to SSO session "corp" until \d\d\d\d-`)
		if err := command.Wait(); err != nil || tokens() == before {
			t.Errorf("%v: %v\n%s", args, err, shown)
		}
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}
