//go:build unix

package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"muster/internal/awssim"
)

// jobs is a shell with muster as one of its jobs.
type jobs struct {
	*display
	t      *testing.T
	tty    *os.File
	all    *screen // everything written so far
	cooked *term.State
}

func startJobs(t *testing.T, environ []string) *jobs {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("/bin/sh", "-i")
	shell.Env = append(environ, "TERM=xterm", "NO_COLOR=1", "PS1=READY> ", "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	tty, err := pty.StartWithSize(shell, &pty.Winsize{Rows: 20, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	j := &jobs{newDisplay(20, 100), t, tty, &screen{}, nil}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		io.Copy(io.MultiWriter(j, j.all), tty)
	}()
	t.Cleanup(func() {
		tty.Close()
		shell.Process.Kill()
		shell.Wait()
		<-copied
	})
	j.shows("READY>$", "")
	if j.cooked, err = term.GetState(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	return j
}

// hides waits until the terminal does not echo input.
func (j *jobs) hides() {
	j.t.Helper()
	if !eventually(func() bool {
		now, err := term.GetState(int(j.tty.Fd()))
		return err == nil && *now != *j.cooked
	}) {
		j.t.Fatal("the terminal still shows what is typed")
	}
}

// shows waits for a screen that contains one text and not the other.
func (j *jobs) shows(with, without string) {
	j.t.Helper()
	wanted := regexp.MustCompile(with)
	if !eventually(func() bool {
		text := j.String()
		return wanted.MatchString(strings.TrimSpace(text)) && (without == "" || !strings.Contains(text, without))
	}) {
		j.t.Fatalf("never shown: %s, without %q:\n%s", with, without, j)
	}
}

// cleared clears the screen, without the program clear.
const cleared = `printf '\033[H\033[J'; `

func (j *jobs) press(keys string) { io.WriteString(j.tty, keys) }

// TestStopped: Ctrl-Z restores the terminal. muster draws nothing in the background, and
// everything again in the foreground.
func TestStopped(t *testing.T) {
	t.Parallel()
	environ, _ := changing(t, watchedBy("", shopRunning))
	j := startJobs(t, environ)
	j.press("muster instances -w1 --region us-east-1 --columns Name\r")
	j.shows(`^Every 1s: (?s:.*) shop$`, "READY")
	j.press("\x1a")
	j.shows(`(?s)^READY> muster instances .*READY>$`, "Every")
	j.press("bg\r")
	j.shows(`bg\n(?s:.*)READY>$`, "Every")
	j.press("fg\r")
	j.shows(`^Every 1s: (?s:.*) shop$`, "READY")
	j.press("\x1c")
	j.shows(`rip +0x|READY>$`, "Every")
}

// TestLineStopped: the same for the progress line.
func TestLineStopped(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(hangingWorld))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	j := startJobs(t, environ)
	j.press("muster instances -o name\r")
	j.shows(`0/1 accounts, 1/2 regions`, "")
	j.press("\x1a")
	j.shows(`(?s)i-0a000000000000001\n.*READY>$`, "accounts")
	j.press("fg\r")
	j.shows(`0/1 accounts, 1/2 regions`, "")
	j.press("\x03")
	j.shows(`interrupted\nmuster: 1 instance .*\nREADY>$`, "0/1 accounts")
	shown := len(j.all.raw())
	j.press("muster instances -o name --timeout 1.5s &\r")
	j.shows(`stopped after --timeout 1.5s`, "")
	if background := j.all.raw()[shown:]; strings.Contains(background, "0/1 accounts") {
		t.Errorf("drawn in the background: %q", background)
	}
}

// TestWatchReaderGoesAway: --watch ends before the next round when the reader of its output goes
// away.
func TestWatchReaderGoesAway(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	environ, _ := changing(t, watchedBy("", shopRunning))
	command := exec.Command(binary, "instances", "--watch=1h", "--region", "us-east-1", "--columns", "Name")
	command.Env = environ
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill() })
	if _, err := io.ReadFull(stdout, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	stdout.Close()
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 141 {
		t.Errorf("exit code %d, want 141", code)
	}
}

// TestHangUp: closing the terminal ends the program as an interrupt does, and leaves
// nothing behind.
func TestHangUp(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	command, _, shown := startOnTerminal(t, []string{"TERM=xterm", "HOME=" + t.TempDir(), "TMPDIR=" + temporary}, "instances", "--demo", "-w")
	waitFor(t, shown, "Every 30s: 13 instances")
	ended := make(chan error)
	go func() { ended <- command.Wait() }()
	for tick := time.Tick(time.Millisecond); ; { // the kernel says so, and the shell
		command.Process.Signal(syscall.SIGHUP)
		select {
		case <-tick:
			continue
		case <-ended:
		}
		break
	}
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestIgnoredSignals: muster keeps ignoring the signals that nohup or a script has
// ignored.
func TestIgnoredSignals(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	_, environ := execHome(t)
	for _, test := range []struct{ script, want string }{
		{`trap "" HUP INT; "$0" exec --profile default,dev --yes -o name --sort-by AccountId -- sh -c 'kill -HUP $PPID; kill -INT $PPID'`, "100000000001\n200000000002\n"},
		{`trap "" HUP; exec "$0" exec --profile default -- sh -c 'kill -HUP $$; echo still here'`, "still here\n"},
	} {
		command := exec.Command("/bin/sh", "-c", test.script, binary)
		command.Env = append(environ, "PATH="+os.Getenv("PATH"))
		if got, err := command.CombinedOutput(); err != nil || string(got) != test.want {
			t.Errorf("%s: %v: %q, want %q", test.script, err, got, test.want)
		}
	}
}

// phoned is a world whose profile dev needs an MFA code.
const phoned = `{
  "regions": ["us-east-1"],
  "accounts": [{"id": "100000000001", "name": "root"}, {"id": "200000000002", "name": "dev"}],
  "users": [{"account": "root", "name": "admin", "mfa_serial": "arn:aws:iam::100000000001:mfa/phone", "mfa_codes": ["123456"]}],
  "roles": [{"name": "Ops", "trust": ["100000000001"], "require_mfa": true}],
  "instances": [{"account": "root", "region": "us-east-1", "id": "i-0a000000000000001"}, {"account": "dev", "region": "us-east-1", "id": "i-0a000000000000002"}],
  "home": {"config": "[profile dev]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nsource_profile = admin\nmfa_serial = arn:aws:iam::100000000001:mfa/phone\n"}
}`

// TestStoppedAfterQuestion: Ctrl-Z also stops a program that no longer draws. If only
// its child stopped, nobody would read the terminal.
func TestStoppedAfterQuestion(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(phoned))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	j := startJobs(t, environ)
	j.press(cleared + "muster exec --profile dev -- sh -c 'echo begun; while read line; do echo got $line; done'\r")
	j.shows("phone:$", "")
	j.press("123456\r")
	j.shows("begun$", "")
	for _, word := range []string{"one", "two"} {
		j.press("\x1a")
		j.shows("READY>$", "")
		j.press(cleared + "fg\r")
		j.shows("muster exec .*$", "READY")
		j.press(word + "\r")
		j.shows("got "+word+"$", "") // the job runs again, and gets the next Ctrl-Z
	}
	j.press("\x04")
	j.shows("READY>$", "")
}

// TestQuestionIsAskedAgain: records that arrive during a question wait for the answer. Ctrl-Z
// and Ctrl-C at a question restore the echo, and the question appears again.
func TestQuestionIsAskedAgain(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(phoned))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	j := startJobs(t, environ)
	const asked = `MFA code of arn:aws:iam::100000000001:mfa/phone:`
	left := func(why string) {
		t.Helper()
		j.shows(asked+`\nmuster: 1 place did not answer:\n  200000000002 dev: cancelled(?:, AssumeRole)?: `+why+`\nREADY>$`, "")
		j.press("stty -a\r")
		j.shows(`[^-]echo (?s:.*)READY>$`, "-echo ")
	}
	j.press(cleared + "muster instances --profile dev -o name\r")
	j.shows(asked+"$", "")
	j.hides()
	j.press("\x03")
	left("interrupted")
	withMoreTime(func(limit time.Duration, last bool) bool {
		why := "stopped after --timeout " + limit.String()
		j.press(cleared + "muster instances --profile dev -o name --timeout " + limit.String() + "\r")
		j.shows(why+`\nREADY>$`, "")
		if !strings.Contains(j.String(), asked) && !last {
			return false // there was no time to ask
		}
		left(why)
		return true
	})

	before := len(sim.Calls())
	j.press(cleared + "muster instances --all-profiles -o name\r")
	j.shows(asked+"$", "")
	j.hides()
	if !eventually(func() bool { return len(sim.Calls()) >= before+3 }) { // the caller, regions, instances
		t.Fatal("the other account was not asked")
	}
	j.press("\x1a")
	j.shows(`READY>$`, "")
	j.press("stty -a\r")
	j.shows(`[^-]echo (?s:.*)READY>$`, "-echo ")
	j.press("fg\r")
	j.shows(`fg\nmuster .*\n`+asked+"$", "")
	j.hides()
	j.press("123456\r")
	j.shows(asked+`\ni-0a000000000000001\ni-0a000000000000002\nmuster: 2 instances .*\nREADY>$`, "123456")
}
