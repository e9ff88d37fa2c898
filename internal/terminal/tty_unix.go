//go:build unix

package terminal

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func openTTY() (io.ReadWriteCloser, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// foreground reports whether the program may draw on a terminal. In the background of a
// shell it would draw over another program, or be stopped for trying.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == 0 || group == unix.Getpgrp() // not our session's terminal; not our namespace's
}

// ReaderGone reports whether the reader of a pipe has closed it.
func ReaderGone(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// The keyboard's signals whose default action stops or ends the program.
var (
	stoppingSignals = []os.Signal{syscall.SIGTSTP}
	endingSignals   = []os.Signal{syscall.SIGQUIT}
)

// raiseDefault lets a signal take its default action, and returns when the program
// continues.
func raiseDefault(s os.Signal) {
	if s != syscall.SIGTSTP {
		signal.Reset(s)
		syscall.Kill(os.Getpid(), s.(syscall.Signal))
		select {}
	}
	// The first process group of a session has no shell that would continue it.
	if session, err := unix.Getsid(0); err != nil || session == unix.Getpgrp() {
		return
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	syscall.Kill(os.Getpid(), syscall.SIGSTOP) // Go keeps its handler of SIGTSTP, even after Reset
	<-continued
}

// terminate asks a process to end.
func terminate(p *os.Process) { p.Signal(syscall.SIGTERM) }

// hideInput switches off the echo of typed characters, as term.ReadPassword does.
func hideInput(fd int) {
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return
	}
	state.Lflag &^= unix.ECHO
	state.Lflag |= unix.ICANON | unix.ISIG
	state.Iflag |= unix.ICRNL
	unix.IoctlSetTermios(fd, setTermios, state)
}

// readWriteNull reports whether a stream is /dev/null, opened as Go's runtime does it: for
// reading, too.
func readWriteNull(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	return err == nil && os.SameFile(info, null)
}
