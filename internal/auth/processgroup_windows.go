package auth

import "os/exec"

// terminateFirst does nothing: Windows can only kill a process, as package exec does.
func terminateFirst(*exec.Cmd, bool) {}
