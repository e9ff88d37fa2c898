package auth

import "os/exec"

// terminateFirst does nothing: Windows can only kill a process, as package exec does.
func terminateFirst(*exec.Cmd, bool) {}

// onSecondSignal does nothing: Ctrl-C ends all processes of a console there.
func onSecondSignal(func()) (stop func()) { return func() {} }

func killAll(cmd *exec.Cmd) { cmd.Process.Kill() }
