//go:build unix

package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"muster/internal/awssim"
)

// jobs is a shell that muster is a job of.
type jobs struct {
	*display
	t   *testing.T
	tty *os.File
	all *screen // what has been written
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
	j := &jobs{newDisplay(20, 100, nil), t, tty, &screen{}}
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
	return j
}

// shows waits for a screen with one text and without another.
func (j *jobs) shows(with, without string) {
	j.t.Helper()
	wanted := regexp.MustCompile(with)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text := j.String(); wanted.MatchString(strings.TrimSpace(text)) && (without == "" || !strings.Contains(text, without)) {
			return
		}
	}
	j.t.Fatalf("never shown: %s, without %q:\n%s", with, without, j)
}

func (j *jobs) press(keys string) { io.WriteString(j.tty, keys) }

// TestStopped: Ctrl-Z gives the terminal back as it was, in the background nothing
// is drawn, and in the foreground it all comes back.
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

// TestLineStopped: the same of the line that tells how far a sweep has come.
func TestLineStopped(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(hangingWorld))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	j := startJobs(t, environ)
	j.press("muster instances -o name\r")
	j.shows(`0/1 accounts, 2/3 regions`, "")
	j.press("\x1a")
	j.shows(`(?s)i-0a000000000000001\n.*READY>$`, "accounts")
	j.press("fg\r")
	j.shows(`0/1 accounts, 2/3 regions`, "")
	j.press("\x03")
	j.shows(`interrupted\nREADY>$`, "0/1 accounts")
	shown := len(j.all.raw())
	j.press("muster instances -o name --timeout 1.5s &\r")
	j.shows(`given up after --timeout 1.5s`, "")
	if background := j.all.raw()[shown:]; strings.Contains(background, "0/1 accounts") {
		t.Errorf("drawn in the background: %q", background)
	}
}
