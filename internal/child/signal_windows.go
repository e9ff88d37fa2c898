package child

import (
	"os"
	"os/exec"
	"syscall"
)

// Windows has no signals between processes. Ctrl-C reaches every process of the console;
// any other signal ends the process at once.
const terminate = syscall.SIGKILL

var endingSignals = []os.Signal{os.Interrupt}

func fromKeyboard(os.Signal) bool { return true }

func detach(*exec.Cmd) {}

func signalAll(p *os.Process, _ os.Signal) error { return p.Kill() }

func causeSignal(error) os.Signal { return os.Kill }

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
