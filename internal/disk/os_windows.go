package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// openFile returns -1: Windows has no folder of open files.
func openFile(string, string) int { return -1 }

func (p *place) open() (*os.File, error) { return os.OpenFile(p.target, os.O_WRONLY, 0) }

func (p *place) writable() error { return nil }

func accessible(path string) error {
	_, err := os.Stat(path)
	return err
}

// lockStaged does nothing: an open file cannot be removed.
func lockStaged(*os.File) bool { return true }

// removeUnlocked leaves folders: whether another process uses one is not known.
func removeUnlocked(path string) { os.Remove(path) }

// renameLocked closes the file first: an open file cannot be renamed.
func renameLocked(file *os.File, to string) error {
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), to)
}

func otherDevice(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// writableByOthers reports false: the modes of files say nothing on Windows.
func writableByOthers(fs.FileInfo) bool { return false }
