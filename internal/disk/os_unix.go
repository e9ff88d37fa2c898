//go:build !windows

package disk

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptors are the folders of a process's open files.
var descriptors = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:/dev|/proc/(\d+)(?:/task/\d+)?)/fd$`) })

// openFile returns the number of the process's own open file that a name in a
// folder stands for, and -1 if it stands for none.
func openFile(folder, name string) int {
	match := descriptors().FindStringSubmatch(folder)
	if match == nil || match[1] != "" && match[1] != strconv.Itoa(os.Getpid()) {
		return -1
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		return -1
	}
	return n
}

// open opens what is written to as it is. An open file is not opened anew, which
// would write over what is in it.
func (p *place) open() (*os.File, error) {
	if p.descriptor < 0 {
		return os.OpenFile(p.target, os.O_WRONLY, 0)
	}
	descriptor, err := unix.FcntlInt(uintptr(p.descriptor), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, &fs.PathError{Op: "write", Path: p.target, Err: err}
	}
	return os.NewFile(uintptr(descriptor), p.target), nil
}

// writable says why something cannot be written to. A pipe is not opened, which
// would wait for its reader.
func (p *place) writable() error {
	if p.descriptor < 0 {
		return accessible(p.target)
	}
	flags, err := unix.FcntlInt(uintptr(p.descriptor), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_ACCMODE == unix.O_RDONLY {
		err = errors.New("is open for reading only")
	}
	if err != nil {
		return &fs.PathError{Op: "write", Path: p.target, Err: err}
	}
	return nil
}

// accessible says why a file, or a folder, cannot be written to.
func accessible(path string) error {
	if err := unix.Access(path, unix.W_OK); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// hold takes a staged file for this process, until it is closed. It returns false
// if another process has taken it for a forgotten one. Where a file system knows no
// locks, everybody holds what they have made.
func hold(file *os.File) bool {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return !errors.Is(err, syscall.EWOULDBLOCK)
	}
	here, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(file.Name())
	return err == nil && os.SameFile(here, there)
}

// removeForgotten removes a staged file that no process holds.
func removeForgotten(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
	}
}

// moveOpen moves a file while it is held: once it is closed, another process could
// take it for a forgotten one.
func moveOpen(file *os.File, to string) error { return os.Rename(file.Name(), to) }

// otherDevice says that a file could not be moved because it would have to be copied.
func otherDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }
