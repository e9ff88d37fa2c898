//go:build !windows

package change

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// syncFolder waits until the name of a new file is on the disk.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // it may be a folder that cannot be read; the file itself is there
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return &JournalError{path, err}
	}
	return nil
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// lockPath returns the file that is locked for a journal: itself.
func lockPath(path string) string { return path }
