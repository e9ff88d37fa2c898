//go:build unix

package child

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const terminate = syscall.SIGTERM

// passedOn are the signals by which others end a program.
var passedOn = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}

func fromKeyboard(s os.Signal) bool { return s == syscall.SIGINT || s == syscall.SIGQUIT }

// detach gives the child a session of its own. Without a terminal nothing in it
// can wait for an answer there or be stopped for trying, and the interrupts of
// the keyboard do not reach it twice.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// signalAll signals a detached child and whatever it has started.
func signalAll(p *os.Process, s os.Signal) error {
	err := syscall.Kill(-p.Pid, s.(syscall.Signal))
	if err == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return err
}

// causeSignal is the signal that ended a context of signal.NotifyContext, which
// tells it only in words; SIGTERM for any other end.
func causeSignal(cause error) os.Signal {
	if bySignal(cause) && strings.HasPrefix(cause.Error(), syscall.SIGINT.String()) {
		return syscall.SIGINT
	}
	return syscall.SIGTERM
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
