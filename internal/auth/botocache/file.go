package botocache

import (
	"os"
	"path/filepath"

	"muster/internal/disk"
)

// write gives a file of a cache new contents. The folder is made if it is missing.
func write(path string, data []byte, durable bool) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	replace := disk.ReplaceSoon
	if durable {
		replace = disk.Replace
	}
	return replace(path, above(folder), data)
}

// above is the folder over a cache, as far as there is one: what is staged there is
// on the same file system as a rule, and no program loads it.
func above(folder string) string {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return filepath.Dir(folder)
}

// Writable says why a file of a cache could not be written. It is asked before
// anything is exchanged that works only once.
func Writable(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return disk.CanReplace(path, above(folder))
}
