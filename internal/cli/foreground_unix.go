//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// foreground says whether a terminal is the program's to draw on. In the background
// of a shell it would draw over what is in front, or be stopped for it.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == 0 || group == unix.Getpgrp() // not the terminal of our session; not one of our namespace
}

// readerGone says whether what is written to a pipe would be read by nobody.
func readerGone(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// The keyboard's signals that stop or end the program as it stands.
var (
	stoppingKeys = []os.Signal{syscall.SIGTSTP}
	endingKeys   = []os.Signal{syscall.SIGQUIT}
)

// obey lets a signal of the keyboard do what it would have done, and returns
// when the program goes on.
func obey(s os.Signal) {
	if s != syscall.SIGTSTP {
		signal.Reset(s)
		syscall.Kill(os.Getpid(), s.(syscall.Signal))
		select {}
	}
	// A session's first group has no shell that would wake it again.
	if session, err := unix.Getsid(0); err != nil || session == unix.Getpgrp() {
		return
	}
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	syscall.Kill(os.Getpid(), syscall.SIGSTOP) // Go keeps its handler of SIGTSTP, even one that is reset
	<-goesOn
}
