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

// descriptors matches the folders of a process's open files.
var descriptors = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:/dev|/proc/(\d+)(?:/task/\d+)?)/fd$`) })

// openFile returns the descriptor of an open file of this process if a name in a folder
// stands for one, as in /dev/fd/3, else -1.
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

// open opens a target to write to. It duplicates the descriptor of an open file: opening
// the file again would write from its beginning.
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

// writable returns an error if the target cannot be written to. It does not open a pipe,
// because that would wait for a reader.
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

// accessible returns an error if a file or folder is not writable.
func accessible(path string) error {
	if err := unix.Access(path, unix.W_OK); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// lockStaged locks a staged file or folder until it is closed. It returns false if another
// process has removed it. On a file system without locks it returns true.
func lockStaged(file *os.File) bool {
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

// removeUnlocked removes a staged file or folder that no process has locked.
func removeUnlocked(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.RemoveAll(path)
	}
}

// renameLocked renames a staged file before it is closed: afterwards another process could
// remove it.
func renameLocked(file *os.File, to string) error { return os.Rename(file.Name(), to) }

// otherDevice reports whether a file was not renamed because the target is on another file
// system.
func otherDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }

func writableByOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }
