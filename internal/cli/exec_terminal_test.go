//go:build unix

package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"muster/internal/awssim"
)

// ptyRun is muster on a pseudo-terminal, with a user who reads and types.
type ptyRun struct {
	t       *testing.T
	pty     *os.File
	command *exec.Cmd
	mu      sync.Mutex
	shown   bytes.Buffer
	read    int // bytes that the test has waited for
	over    chan struct{}
}

func onPty(t *testing.T, args ...string) *ptyRun {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	_, environ := execHome(t)
	command := exec.Command(binary, args...)
	command.Env = append(environ, "SHELL=/bin/sh", "MUSTER_BINARY="+binary, "PS1=$MUSTER_ACCOUNT_NAME> ", "TERM=dumb", "TMPDIR="+t.TempDir())
	file, err := pty.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	term := &ptyRun{t: t, pty: file, command: command, over: make(chan struct{})}
	t.Cleanup(func() {
		command.Process.Kill()
		file.Close()
	})
	go func() {
		defer close(term.over)
		part := make([]byte, 1024)
		for {
			n, err := file.Read(part)
			term.mu.Lock()
			term.shown.Write(part[:n])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return term
}

// sees waits until the terminal shows a text after the text of the previous wait.
func (s *ptyRun) sees(text string) {
	s.t.Helper()
	there := eventually(func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		at := bytes.Index(s.shown.Bytes()[s.read:], []byte(text))
		if at >= 0 {
			s.read += at + len(text)
		}
		return at >= 0
	})
	if !there {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Fatalf("the terminal never showed %q, but %q", text, s.shown.Bytes()[s.read:])
	}
}

func (s *ptyRun) types(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.pty, text); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits until muster ends.
func (s *ptyRun) ends(code int) string {
	s.t.Helper()
	s.command.Wait()
	<-s.over
	if got := s.command.ProcessState.ExitCode(); got != code {
		s.t.Errorf("exit code %d, want %d; the terminal shows %q", got, code, s.shown.String())
	}
	return s.shown.String()
}

// TestExecShell: without a command, exec starts a shell in the account, which has the
// terminal, and says where it is.
func TestExecShell(t *testing.T) {
	t.Parallel()
	s := onPty(t, "exec", "DEV", "--profile", "dev")
	s.sees("muster: DEV is dev (200000000002)\r\n")
	s.sees("muster: shell in dev (200000000002) as Ops; expires 20")
	s.sees(", renewed until 'exit'\r\n")
	s.sees("dev> ")
	s.types("echo id=$MUSTER_ACCOUNT_ID role=$MUSTER_ROLE key=${AWS_ACCESS_KEY_ID-none} expires=${MUSTER_EXPIRES-none}\n")
	s.sees("id=200000000002 role=Ops key=none expires=none\r\n")
	s.types("test -t 0 && test -t 1 && test -t 2 && echo all yours\n")
	s.sees("yours\r\n")
	// Said by what is to be interrupted: before, the shell itself would be.
	s.types("sh -c 'echo sleep\"\"ing; exec sleep 1000'\n")
	s.sees("sleeping\r\n")
	s.types("\x03")
	s.sees("dev> ")
	s.types("$MUSTER_BINARY exec --profile dev; echo code=$?\n")
	s.sees("muster: this shell is in dev (200000000002) already: leave it with 'exit', or start another shell in it with --nested\r\ncode=2\r\n")
	s.types("$MUSTER_BINARY exec --nested\n")
	s.sees("muster: shell in account 200000000002 as Ops; expires 20")
	s.sees("> ")
	s.types("exit 3\n")
	s.sees("muster: the shell in account 200000000002 has ended\r\n")
	s.sees("dev> ")
	s.types("exit 5\n")
	s.sees("muster: the shell in dev (200000000002) has ended\r\n")
	if shown := s.ends(5); strings.Contains(shown, "job control") {
		t.Errorf("the terminal shows %q", shown)
	}
}

// TestExecShellOfHostileName: the name of an account does not control the terminal, neither by
// muster's lines nor by the prompt.
func TestExecShellOfHostileName(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{
  "organization": {}, "accounts": [{"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "evil\u001b[31m\u0007\nname $(echo run)"}],
  "users": [{"account": "main", "name": "ann"}], "roles": [{"name": "Ops"}], "home": {"profile": "ann"}
}`))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	environ = append(environ, "SHELL=/bin/sh", "PS1=$MUSTER_ACCOUNT_NAME> ", "TERM=dumb")
	command, tty, shown := startOnTerminal(t, environ, "exec", "EVIL", "--organization", "--role", "Ops")
	waitFor(t, shown, `muster: shell in evil\\x1b\[31m\\x07 name \$\(echo run\) \(200000000002\) as Ops`)
	waitFor(t, shown, `\nevil\\x1b\[31m\\x07\\nname \$\(echo run\)> `)
	tty.WriteString("exit\n")
	if err := command.Wait(); err != nil || strings.ContainsAny(shown.raw(), "\x1b\a") {
		t.Errorf("%v: %q", err, shown.raw())
	}
}

// TestExecShellWithoutRenewal: the credentials are then in the shell's environment, with
// their end for the prompt.
func TestExecShellWithoutRenewal(t *testing.T) {
	t.Parallel()
	s := onPty(t, "exec", "--profile", "dev", "--no-serve")
	s.sees("muster: shell in dev (200000000002) as Ops; expires 20")
	s.sees("dev> ")
	s.types("test $MUSTER_EXPIRES = $AWS_CREDENTIAL_EXPIRATION && echo sa''me\n")
	s.sees("same\r\n")
	s.types("exit\n")
	s.ends(0)
}

// TestExecShellInOneAccount: a shell is in one account only, and a word that is no account
// may be a command.
func TestExecShellInOneAccount(t *testing.T) {
	t.Parallel()
	s := onPty(t, "exec", "--profile", "default,dev")
	s.sees("muster: several accounts are selected (100000000001 default, 200000000002 dev, ...); choose one with --account\r\n")
	s.ends(1)
	s = onPty(t, "exec", "--profile", "default")
	s.sees("muster: shell in default (100000000001); does not expire\r\n")
	s.types("echo key=${AWS_ACCESS_KEY_ID:+he''re}; exit\n")
	s.sees("key=here\r\n")
	s.ends(0)
	s = onPty(t, "exec", "--profile", "default,dev", "env")
	s.sees("muster: account env: no such account among the 2 that can be listed; to run it as a command: muster exec -- env\r\n")
	s.ends(1)
}

// TestExecJobControl: a stopped job of the shell can continue.
func TestExecJobControl(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not on PATH")
	}
	s := onPty(t, "exec", "--profile", "dev", "--", bash, "--norc", "-i")
	s.sees("> ")
	s.types("sh -c 'echo beg''un; read line; echo re''ad $line'\n")
	s.sees("begun\r\n")
	s.types("\x1a")
	s.sees("Stopped")
	s.types("fg\n")
	s.types("this\n")
	s.sees("read this\r\n")
	s.types("exit\n")
	s.ends(0)
}

// TestExecKeyboardInterrupt: Ctrl-C reaches the command once, from the terminal, and the
// command decides when it ends.
func TestExecKeyboardInterrupt(t *testing.T) {
	t.Parallel()
	s := onPty(t, "exec", "--profile", "dev", "--", "sh", "-c", `trap 'echo interrupted' INT; trap 'echo terminated; exit 9' TERM; echo begun; while :; do sleep 0.1; done`)
	s.sees("begun\r\n")
	s.types("\x03")
	s.sees("interrupted\r\n")
	s.types("\x03")
	s.sees("interrupted\r\n")
	s.command.Process.Signal(syscall.SIGTERM)
	s.sees("terminated\r\n")
	if shown := s.ends(9); strings.Count(shown, "interrupted") != 2 {
		t.Errorf("the terminal shows %q", shown)
	}
}

// TestExecQuestion: exec asks on the terminal, and Ctrl-C is a no.
func TestExecQuestion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typed string
		code  int
		shows string
	}{
		{"y\n", 0, "==> 200000000002 dev <==\r\nno terminal\r\n"},
		{"n\n", 1, "muster: not confirmed: nothing was run\r\n"},
		{"\x03", 130, "muster: "},
	} {
		s := onPty(t, "exec", "--profile", "default,dev", "--", "sh", "-c", "(: </dev/tty) 2>/dev/null || echo no terminal; cat")
		s.sees("in 2 accounts? [y/N] ")
		s.types(test.typed)
		if shown := s.ends(test.code); !strings.Contains(shown, test.shows) {
			t.Errorf("%q: the terminal shows %q, want %q in it", test.typed, shown, test.shows)
		}
	}
}

// TestExecSignals: the first interrupt asks all children to end, the second kills them
// and the processes that they have started. No temporary file is left.
func TestExecSignals(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		signals []os.Signal
		stdout  string
	}{
		{"an interrupt", []os.Signal{syscall.SIGINT}, "got INT\n"},
		{"a termination", []os.Signal{syscall.SIGTERM}, "got TERM\n"},
		{"a user who insists", []os.Signal{syscall.SIGHUP, syscall.SIGINT}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, environ := execHome(t)
			dir, temporary := t.TempDir(), t.TempDir()
			script := `for s in INT TERM; do trap "echo got $s; kill \$!; exit 1" $s; done
				if [ -n "$1" ]; then trap ': >"$0/asked.$MUSTER_ACCOUNT_ID"' TERM; fi
				head -c 3000000 /dev/zero | tr '\0' '\n' >&2
				: >"$0/begun.$MUSTER_ACCOUNT_ID"; while :; do sleep 5 & wait; done` // a shell may miss a signal just before it waits
			stubborn := ""
			if len(test.signals) > 1 {
				stubborn = "stubborn"
			}
			command := exec.Command(binary, "exec", "--serve", "--profile", "default,dev", "--yes", "--", "sh", "-c", script, dir, stubborn)
			command.Env = append(environ, "TMPDIR="+temporary)
			command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			var stdout bytes.Buffer
			command.Stdout = &stdout
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { command.Process.Kill() })
			for i, s := range test.signals {
				for _, id := range []string{"100000000001", "200000000002"} {
					appears(t, filepath.Join(dir, []string{"begun.", "asked."}[i]+id))
				}
				command.Process.Signal(s)
			}
			command.Wait()
			if code := command.ProcessState.ExitCode(); code != 130 {
				t.Errorf("%v, want exit code 130; stdout %q", command.ProcessState, stdout.String())
			}
			for _, title := range []string{"==> 100000000001 default <==\n", "==> 200000000002 dev <==\n"} {
				if !strings.Contains(stdout.String(), title+test.stdout) {
					t.Errorf("stdout %q", stdout.String())
				}
			}
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
