package cli

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/creack/pty"
)

func TestColor(t *testing.T) {
	t.Parallel()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); tty.Close() })
	for _, test := range []struct {
		environ, flag  string
		terminal, pipe bool
	}{
		{"TERM=xterm", "auto", true, false},
		{"TERM=dumb", "auto", false, false},
		{"", "auto", runtime.GOOS == "windows", false},
		{"TERM=xterm NO_COLOR=1", "auto", false, false},
		{"TERM=xterm NO_COLOR=", "auto", true, false},
		{"TERM=xterm CLICOLOR=0", "auto", false, false},
		{"TERM=xterm CLICOLOR=1", "auto", true, false},
		{"TERM=dumb CLICOLOR_FORCE=1", "auto", true, true},
		{"TERM=xterm CLICOLOR_FORCE=0", "auto", true, false},
		{"TERM=xterm CLICOLOR=0 CLICOLOR_FORCE=1", "auto", true, true},
		{"TERM=xterm NO_COLOR=1 CLICOLOR_FORCE=1", "auto", false, false},
		{"TERM=xterm NO_COLOR=1", "on", true, true},
		{"TERM=xterm CLICOLOR_FORCE=1", "off", false, false},
	} {
		app := &App{}
		app.Environ = strings.Fields(test.environ)
		app.prepare(t.Context())
		if got := app.term.Color(tty, test.flag); got != test.terminal {
			t.Errorf("%s --color %s on a terminal: %t", test.environ, test.flag, got)
		}
		if got := app.term.Color(new(bytes.Buffer), test.flag); got != test.pipe {
			t.Errorf("%s --color %s in a pipe: %t", test.environ, test.flag, got)
		}
	}
}
