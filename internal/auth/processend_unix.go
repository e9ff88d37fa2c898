//go:build unix

package auth

import (
	"os/exec"
	"syscall"
)

// endWith has a process asked to end before it is killed. Apart from a terminal it is
// a group of its own, which ends with all that it has started; on a terminal it must
// stay in muster's, because it may ask the user.
func endWith(cmd *exec.Cmd, apart bool) {
	if apart {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		if apart {
			pid = -pid
		}
		return syscall.Kill(pid, syscall.SIGTERM)
	}
}
