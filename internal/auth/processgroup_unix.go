//go:build unix

package auth

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// terminateFirst makes the command's context end it with SIGTERM before it is killed.
// With ownGroup the command leads a process group, and the signal reaches its children
// as well. A command that may ask the user has to stay in muster's group: only that
// may read from the terminal.
func terminateFirst(cmd *exec.Cmd, ownGroup bool) {
	if ownGroup {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		if ownGroup {
			pid = -pid
		}
		return syscall.Kill(pid, syscall.SIGTERM)
	}
}

// killAll kills a command, with its children if it leads a process group.
func killAll(cmd *exec.Cmd) {
	pid := cmd.Process.Pid
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.Setpgid {
		pid = -pid
	}
	syscall.Kill(pid, syscall.SIGKILL)
}

// onSecondSignal calls kill at the user's second signal, and then lets that signal take its
// effect. The first one ends the run. stop ends the watch.
func onSecondSignal(kill func()) (stop func()) {
	arrived, ended := make(chan os.Signal, 2), make(chan struct{})
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			signal.Notify(arrived, s)
		}
	}
	go func() {
		for n := 1; ; n++ {
			select {
			case s := <-arrived:
				if n < 2 {
					continue
				}
				kill()
				signal.Stop(arrived)
				syscall.Kill(os.Getpid(), s.(syscall.Signal))
			case <-ended:
			}
			return
		}
	}()
	return func() {
		signal.Stop(arrived)
		close(ended)
	}
}
