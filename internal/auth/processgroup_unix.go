//go:build unix

package auth

import (
	"os/exec"
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
