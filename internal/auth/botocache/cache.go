// Package botocache reads and writes the caches of the AWS CLI and boto3, so that
// the user signs in once for both them and muster. It alone knows their folders,
// file names and formats:
//
//   - ~/.aws/sso/cache: tokens of SSO sessions, and registrations of OIDC clients
//   - ~/.aws/cli/cache: credentials of roles and permission sets
//   - ~/.aws/login/cache: logins of `aws login`
//
// Other programs load every file of these folders as JSON. So no other file is ever
// in them: lock files are in another folder, and a new file is written in the parent
// folder and then renamed.
package botocache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muster/internal/disk"
)

// Cache is the caches of one user. Set its fields before use; it is then safe for
// concurrent use.
type Cache struct {
	Home   string                           // the folder that contains .aws; "" disables the caches
	Lookup func(name string) (string, bool) // the environment
	Warn   func(text string)                // prints that muster waits for a lock; may be nil
}

// ErrNoHome means that a file cannot be written because Cache.Home is "".
var ErrNoHome = errors.New("there is no home folder to keep a token in: set HOME")

// File is one file of a cache, which need not exist.
type File struct {
	cache *Cache
	path  string // "" if there is no home folder
}

// folder returns a folder below .aws, "" if there is no home folder.
func (c *Cache) folder(elements ...string) string {
	if c.Home == "" {
		return ""
	}
	return filepath.Join(append([]string{c.Home, ".aws"}, elements...)...)
}

func (c *Cache) file(folder, name string) File {
	if folder == "" {
		return File{cache: c}
	}
	return File{c, filepath.Join(folder, name)}
}

// Path returns the file's path, for code that reads the file by itself.
func (f File) Path() string { return f.path }

// Exists reports whether there is such a file.
func (f File) Exists() bool {
	if f.path == "" {
		return false
	}
	_, err := os.Stat(f.path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Lock keeps other processes from changing the file until unlock. The name describes
// the file in the warning that muster waits for another process.
func (f File) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if f.path == "" {
		return nil, ErrNoHome
	}
	return disk.LocksOf(f.cache.Lookup, f.cache.Home).Lock(ctx, f.path, func() {
		if f.cache.Warn != nil {
			f.cache.Warn("waiting for another process, which has locked " + name)
		}
	})
}

// UnwritableError says why a file cannot be written, and how to mend that.
type UnwritableError struct {
	Path string
	Err  error
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("cannot be written (%v): make %s writable", e.Err, filepath.Dir(e.Path))
}

func (e *UnwritableError) Unwrap() error { return e.Err }

// CheckWritable returns ErrNoHome or an *UnwritableError if the file cannot be
// written. Call it before a refresh token is exchanged: the old one is then lost.
func (f File) CheckWritable() error {
	if f.path == "" {
		return ErrNoHome
	}
	folder := filepath.Dir(f.path)
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		err = disk.CanReplace(f.path, parent(folder))
	}
	if err != nil {
		return &UnwritableError{f.path, err}
	}
	return nil
}

// Remove removes the file, and reports whether there was one.
func (f File) Remove() (removed bool, err error) {
	if f.path == "" {
		return false, nil
	}
	return disk.Remove(f.path)
}

func (f File) read(ctx context.Context) ([]byte, error) {
	if f.path == "" {
		return nil, fs.ErrNotExist
	}
	return disk.Read(ctx, f.path)
}

// write replaces the file's contents and creates the folder if necessary.
func (f File) write(data []byte) error { return f.replaceBy(disk.Replace, data) }

// writeSoon is write without waiting until the data is on the disk.
func (f File) writeSoon(data []byte) error { return f.replaceBy(disk.ReplaceSoon, data) }

func (f File) replaceBy(replace func(path, stagedIn string, data []byte) error, data []byte) error {
	if f.path == "" {
		return ErrNoHome
	}
	folder := filepath.Dir(f.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return replace(f.path, parent(folder), data)
}

// parent returns the folder above a cache's folder, behind its symbolic links: it is
// usually on the same file system.
func parent(folder string) string {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return filepath.Dir(folder)
}
