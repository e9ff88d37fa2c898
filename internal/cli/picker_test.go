//go:build unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"muster/internal/awssim"
)

// enterList and leaveList switch to the alternate screen and back.
const enterList, leaveList = "\x1b[?1049h", "\x1b[?1049l"

// pickerHome has two accounts, and a terminal that can show a list.
func pickerHome(t *testing.T) (environ []string) {
	t.Helper()
	_, environ = execHome(t)
	return append(environ, "SHELL=/bin/sh", "PS1=$MUSTER_ACCOUNT_NAME> ", "TERM=xterm", "XDG_CACHE_HOME="+t.TempDir())
}

// waitForRaw waits until the program has written a control sequence.
func waitForRaw(t *testing.T, shown *screen, sequence string) {
	t.Helper()
	if !eventually(func() bool { return strings.Contains(shown.raw(), sequence) }) {
		t.Fatalf("the terminal never got %q, but %q", sequence, shown.raw())
	}
}

// TestPicker: the user filters the list and chooses an account. The next list has that
// account on top.
func TestPicker(t *testing.T) {
	t.Parallel()
	environ := pickerHome(t)
	command, tty, shown := startOnTerminal(t, environ, "exec", "--profile", "default,dev")
	waitFor(t, shown, `2/2 > _`)
	waitFor(t, shown, `200000000002  dev\b.*Ops`)
	tty.WriteString("0002 D")
	waitFor(t, shown, `1/2`)
	tty.WriteString("\r")
	waitForRaw(t, shown, leaveList)
	waitFor(t, shown, `muster: shell in dev \(200000000002\) as Ops`)
	waitFor(t, shown, `dev> `)
	tty.WriteString("exit 4\n")
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 4 {
		t.Errorf("exit code %d, %q", code, shown.raw())
	}

	command, tty, shown = startOnTerminal(t, environ, "console", "--profile", "default,dev")
	waitFor(t, shown, `> 200000000002  dev\b`)
	tty.WriteString("\r")
	waitFor(t, shown, `http\S+/federation\?Action=login`)
	command.Wait()
}

// TestPickerGivenUp: after Esc, Ctrl-C or a signal, the terminal is as it was, nothing was
// done, and the exit code is that of an interrupt.
func TestPickerGivenUp(t *testing.T) {
	t.Parallel()
	environ := pickerHome(t)
	fresh, side, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(int(side.Fd()))
	if err := errors.Join(err, side.Close(), fresh.Close()); err != nil {
		t.Fatal(err)
	}
	for name, leave := range map[string]func(*exec.Cmd, *os.File){
		"Esc":     func(_ *exec.Cmd, tty *os.File) { tty.WriteString("d\x1b") },
		"Ctrl-C":  func(_ *exec.Cmd, tty *os.File) { tty.WriteString("\x03") },
		"SIGTERM": func(c *exec.Cmd, _ *os.File) { c.Process.Signal(syscall.SIGTERM) },
	} {
		command, tty, shown := startOnTerminal(t, environ, "console", "--profile", "default,dev")
		waitFor(t, shown, `2/2 > _`)
		leave(command, tty)
		command.Wait()
		waitForRaw(t, shown, leaveList)
		after, _ := term.GetState(int(tty.Fd()))
		_, rest, _ := strings.Cut(shown.raw(), leaveList)
		if code := command.ProcessState.ExitCode(); code != 130 || *after != *before || strings.Contains(rest, "http") {
			t.Errorf("%s: exit code %d, the same state of the terminal: %t, %q", name, code, *after == *before, shown.raw())
		}
	}
}

// TestPickRole: in one account, the user chooses between several permission sets. Esc ends the
// run: the account is no gap.
func TestPickRole(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{
  "accounts": [{"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "dev"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "assignments": {"*": ["Admin", "ReadOnly"]}}]
}`))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "XDG_CACHE_HOME="+t.TempDir())
	for _, args := range [][]string{
		{"exec", "dev", "--", "sh", "-c", "echo $MUSTER_ROLE $MUSTER_ACCOUNT_ID"},
		{"exec", "--account", "dev", "--sso-session", "corp", "--", "sh", "-c", "echo $MUSTER_ROLE $MUSTER_ACCOUNT_ID"},
		{"whoami", "dev", "--jq", `.Role + " " + .AccountId`},
		{"credentials", "dev", "--jq", `(.roles | keys[0]) + " " + .accountId`},
	} {
		for _, choose := range []bool{true, false} {
			command, tty, shown := startOnTerminal(t, environ, args...)
			waitFor(t, shown, `2 permission sets are assigned in dev \(200000000002\): choose one`)
			if choose {
				tty.WriteString("read\r")
				waitFor(t, shown, `ReadOnly 200000000002`)
			} else {
				tty.WriteString("\x1b")
			}
			command.Wait()
			waitForRaw(t, shown, leaveList)
			_, rest, _ := strings.Cut(shown.raw(), leaveList)
			code := command.ProcessState.ExitCode()
			if choose && code != 0 || !choose && (code != 130 || strings.Contains(rest, "muster: ") || strings.Contains(rest, "\n")) {
				t.Errorf("%v: exit code %d, %q", args, code, rest)
			}
		}
	}
}

// TestNoPicker: no list appears in a pipe, on a dumb terminal, or where the command can
// work in all accounts.
func TestNoPicker(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	environ := pickerHome(t)
	for _, test := range []struct {
		name  string
		run   string // by a shell on the terminal
		env   string
		shows string
	}{
		{"a pipe behind", `"$0" console --profile default,dev | cat`, "", "several accounts are selected"},
		{"a pipe in front", `echo | "$0" console --profile default,dev`, "", "several accounts are selected"},
		{"stderr in a file", `"$0" console --profile default,dev 2>"$1"; cat "$1"`, "", "several accounts are selected"},
		{"a dumb terminal", `"$0" console --profile default,dev`, "TERM=dumb", "several accounts are selected"},
		{"a command for all", `"$0" whoami --profile default,dev -o name`, "", "arn:aws:sts::200000000002:"},
	} {
		command := exec.Command("sh", "-c", test.run, binary, filepath.Join(t.TempDir(), "stderr"))
		command.Env = append(environ, test.env)
		file, err := pty.Start(command)
		if err != nil {
			t.Fatal(err)
		}
		shown := &screen{}
		over := make(chan struct{})
		go func() {
			defer close(over)
			part := make([]byte, 4096)
			for {
				n, err := file.Read(part)
				shown.Write(part[:n])
				if err != nil {
					return
				}
			}
		}()
		command.Wait()
		<-over
		file.Close()
		if text := shown.raw(); strings.Contains(text, enterList) || !strings.Contains(text, test.shows) {
			t.Errorf("%s: %q, want %q in it", test.name, text, test.shows)
		}
	}
}
