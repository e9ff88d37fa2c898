//go:build unix

package child

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const terminate = syscall.SIGTERM

// endingSignals are the signals that end programs.
var endingSignals = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}

func fromKeyboard(s os.Signal) bool { return s == syscall.SIGINT || s == syscall.SIGQUIT }

// detach gives the command a session of its own, without a terminal. It cannot wait for
// input there, and it does not get the signals of the keyboard twice.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// signalAll signals a detached command and all processes that it has started.
func signalAll(p *os.Process, s os.Signal) error {
	err := syscall.Kill(-p.Pid, s.(syscall.Signal))
	if err == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return err
}

// causeSignal returns SIGINT if that signal ended a context of signal.NotifyContext, else
// SIGTERM. The cause contains the signal only in its text.
func causeSignal(cause error) os.Signal {
	if isSignal(cause) && strings.HasPrefix(cause.Error(), syscall.SIGINT.String()) {
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
