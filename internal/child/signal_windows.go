package child

import (
	"os"
	"os/exec"
	"syscall"
)

// Windows knows no signals to processes: a console's Ctrl-C reaches all that
// share it, and anything else ends at once.
const terminate = syscall.SIGKILL

var passedOn = []os.Signal{os.Interrupt}

func fromKeyboard(os.Signal) bool { return true }

func detach(*exec.Cmd) {}

func signalAll(p *os.Process, _ os.Signal) error { return p.Kill() }

func causeSignal(error) os.Signal { return os.Kill }

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
