package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bashAlias is an alias in bash, as the help of completion shows it.
const bashAlias = "alias m=muster\ncomplete -o default -F _muster m\n"

// shells are the shells with their start-up files. The prompt appears when completion is ready.
var shells = []struct {
	name   string
	needs  string // a file; if it is missing, the shell is skipped
	rc     string // its start-up file
	text   string
	args   []string
	listed string // how it shows a profile and its description
}{
	{"bash", "", "rc", "PS1='READY> '\nsource <(muster completion bash)\n" + bashAlias,
		[]string{"bash", "--rcfile", "rc", "-i"}, `dev\\ team +\(sso 264511973012 Read\)`},
	{"bash", "/usr/share/bash-completion/bash_completion", "rc", "PS1='READY> '\nsource /usr/share/bash-completion/bash_completion\nsource <(muster completion bash)\n" + bashAlias,
		[]string{"bash", "--rcfile", "rc", "-i"}, `dev\\ team +\(sso 264511973012 Read\)`},
	{"zsh", "", ".zshrc", "unsetopt global_rcs\nautoload -Uz compinit\ncompinit -u -D\nsource <(muster completion zsh)\nalias m=muster\nPS1='READY> '\n",
		[]string{"zsh", "-i"}, `dev team +-- sso 264511973012 Read`},
	{"fish", "", "rc", "set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nmuster completion fish | source\nalias m=muster\nfunction fish_prompt; echo -n 'READY> '; end\n",
		[]string{"fish", "--no-config", "-C", "source rc", "-i"}, `dev team +\(sso 264511973012 Read\)`},
}

// TestShells completes lines in the shells themselves, in tmux.
func TestShells(t *testing.T) {
	t.Parallel()
	for _, shell := range shells {
		t.Run(strings.TrimSuffix(shell.name+" "+filepath.Base(shell.needs), " ."), func(t *testing.T) {
			t.Parallel()
			for _, needed := range []string{"tmux", shell.name} {
				if _, err := exec.LookPath(needed); err != nil {
					t.Skipf("%s is not on PATH", needed)
				}
			}
			if _, err := os.Stat(shell.needs); shell.needs != "" && err != nil {
				t.Skipf("%s is not installed", filepath.Base(shell.needs))
			}
			home, _ := completionHome(t)
			for name, text := range map[string]string{shell.rc: shell.text, "cats and dogs.txt": ""} {
				if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			binary, err := built()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(binary, filepath.Join(home, "muster")); err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct{ typed, shown string }{
				{"muster inst\t", `READY> muster instances`},
				{"muster instances --profile \t\t", shell.listed},
				{"muster instances --profile dev\\ t\t", `--profile dev\\ team`},
				{"muster instances --profile='dev t\t", `--profile='dev team`},
				{"muster instances --profile \"a:\t", `--profile "a:b`},
				{"muster instances --profile a:\t", `--profile a:b`},
				{"muster instances --profile=a:\t", `--profile=a:b`},
				{"muster instances --account Dev\t", `--account Development`},
				{"muster instances --account Production,Dev\t", `--account Production,Development`},
				{"muster instances jum\t", `muster instances jump\\ host`},
				{"muster instances --columns InstanceId,Pri\t", `--columns InstanceId,PrivateIPs`},
				{"muster instances --jq '.InstanceI\t", `--jq '\.InstanceId`},
				{"muster accounts --report cat\t", `--report cats\\ and\\ dogs\.txt`},
				{"muster instances --output template='<<.Pub\t", `--output template='<<\.PublicIPs`},
				{"muster instances --region eu-west-1 --exclude-r\t", `--region eu-west-1 --exclude-region`},
				{"muster instances --retry-gaps=cat\t", `--retry-gaps=cats\\ and\\ dogs\.txt`},
				{"muster instances --ca-bundle ~/cat\t", `--ca-bundle ~/cats\\ and\\ dogs\.txt`},
				{"muster exec -- mkdi\t", `exec -- mkdir`},
				{"muster exec --account=Production --  cat cat\t", `cat cats\\ and\\ dogs\.txt`},
				{"~/muster inst\t", `~/muster instances`},
				{"m instances --account Dev\t", `m instances --account Development`},
			} {
				t.Run(test.typed, func(t *testing.T) {
					startShell(t, home, shell.args).press(test.typed, test.shown)
				})
			}
			// muster gets the completed text.
			terminal := startShell(t, home, shell.args)
			terminal.press("muster instances --demo --region us-west-2 --output template='<<.Pub\t", `PublicIPs`)
			terminal.press(">> here'\r", `(?s)54\.187\.3\.95 here\n.*READY>`) // muster has ended, and has written the names it found to home
		})
	}
}

// shellTerminal is a shell at its prompt, in tmux.
type shellTerminal struct {
	t      *testing.T
	socket string
}

func startShell(t *testing.T, home string, args []string) shellTerminal {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tmux") // t.TempDir() is longer than the path of a socket can be
	if err != nil {
		t.Fatal(err)
	}
	terminal := shellTerminal{t, filepath.Join(dir, "socket")}
	t.Cleanup(func() { // at once, or the shell writes its history down while its home is removed
		if pid, err := strconv.Atoi(strings.TrimSpace(terminal.tmux("display-message", "-p", "#{pane_pid}"))); err == nil {
			if shell, err := os.FindProcess(pid); err == nil {
				shell.Kill()
			}
		}
		exec.Command("tmux", "-S", terminal.socket, "kill-server").Run() // the server may have ended with the shell
		os.RemoveAll(dir)
	})
	terminal.tmux(slices.Concat([]string{"-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-c", home,
		"env", "-i", "HOME=" + home, "ZDOTDIR=" + home, "PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "TERM=screen", "LC_ALL=C.UTF-8"}, args)...)
	waitFor(t, terminal, "READY>")
	return terminal
}

func (s shellTerminal) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// press presses keys, and waits until the screen matches a pattern.
func (s shellTerminal) press(keys, shown string) {
	s.t.Helper()
	s.tmux("send-keys", "-l", "--", keys)
	waitFor(s.t, s, shown)
}

// String returns the text on the screen, with wrapped lines joined.
func (s shellTerminal) String() string { return s.tmux("capture-pane", "-p", "-J") }
