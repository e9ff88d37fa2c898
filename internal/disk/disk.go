// Package disk reads and writes files that other processes use at the same time. Its rules:
//
//   - A reader sees all of the old contents or all of the new contents, even after kill -9.
//   - A lock keeps two processes from changing a file at the same time.
//   - An interrupt ends the wait for a pipe, or for a file system that hangs.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Write writes a file that the user has named with a flag:
//
//   - It writes to a device, a pipe, or an open file of the process (/dev/fd/3,
//     /dev/stdout).
//   - It follows a symbolic link, even if the target does not exist yet.
//   - It replaces a regular file atomically. The new file is staged in the same folder,
//     because TMPDIR may be on another file system or readable by others.
//
// A file with secrets gets mode 0600. Other files keep their mode.
func Write(ctx context.Context, path string, secret bool, write func(io.Writer) error) error {
	p, err := follow(path)
	if err != nil {
		return err
	}
	if !p.direct() {
		return p.replace(staging{secret: secret, durable: true}, write)
	}
	return Within(ctx, func() error {
		file, err := p.open()
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	})
}

// File is a file whose contents grow while a program runs. Either Commit or Discard ends it.
type File struct {
	*os.File
	path    string // as the user named it
	place   *place
	staging staging
}

// Create is Write for contents that are not known yet. ctx limits the wait for the reader of
// a pipe.
func Create(ctx context.Context, path string, secret bool) (*File, error) {
	p, err := follow(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, place: p, staging: staging{secret: secret, durable: true}}
	if !p.direct() {
		f.File, err = p.stage(f.staging)
		return f, err
	}
	return f, Within(ctx, func() error {
		f.File, err = p.open()
		return err
	})
}

// Write names the user's file in an error, and not the staged one.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = f.path
	}
	return n, err
}

// Commit puts the contents in the file's place.
func (f *File) Commit() error {
	if f.place.direct() {
		return f.Close()
	}
	return f.place.commit(f.File, f.staging)
}

// CommitNew puts the contents at another path in the same folder, unless there is a file: the
// error is then fs.ErrExist, and another path may be tried. A kill may leave an empty file
// there.
func (f *File) CommitNew(path string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	err := os.Link(f.Name(), path)
	switch {
	case err == nil:
		f.Discard()
		return nil
	case errors.Is(err, fs.ErrExist):
		return fs.ErrExist
	}
	// The file system has no hard links. An empty file keeps the path free of others.
	reserved, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	reserved.Close()
	f.place = &place{target: path, descriptor: -1}
	if err := f.Commit(); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

// Discard leaves a regular file as it was. After Commit it does nothing.
func (f *File) Discard() {
	if f.Close() == nil && !f.place.direct() {
		os.Remove(f.Name())
	}
}

// Check returns the error that Write would return. Call it before work that is expensive
// or cannot be repeated.
func Check(path string) error {
	p, err := follow(path)
	if err != nil {
		return err
	}
	switch mode := p.mode(); {
	case mode.IsDir():
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case mode&fs.ModeSocket != 0:
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a socket")}
	case p.direct():
		return p.writable()
	}
	if err := p.protected(); err != nil {
		return err
	}
	return p.probe("")
}

// Replace replaces a file with secrets atomically, and follows a symbolic link. The new
// file is staged in the folder stagedIn, or in the file's folder if that does not work:
// programs that read every file of a folder must not see a staged file.
func Replace(path, stagedIn string, data []byte) error {
	return replace(path, staging{folder: stagedIn, secret: true, durable: true}, data)
}

// ReplaceSoon is Replace without waiting until the data is on the disk. It is for thousands
// of files that may be lost in a crash of the machine.
func ReplaceSoon(path, stagedIn string, data []byte) error {
	return replace(path, staging{folder: stagedIn, secret: true}, data)
}

func replace(path string, s staging, data []byte) error {
	p, err := follow(path)
	if err != nil {
		return err
	}
	if p.direct() {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("not a regular file")}
	}
	return p.replace(s, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// CanReplace returns the error that Replace would return.
func CanReplace(path, stagedIn string) error {
	p, err := follow(path)
	if err != nil {
		return err
	}
	if p.direct() {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("not a regular file")}
	}
	return p.probe(stagedIn)
}

// Remove removes a file, and the target if the file is a symbolic link. A missing file is
// no error; removed reports whether there was one.
func Remove(path string) (removed bool, err error) {
	p, err := follow(path)
	if err != nil {
		return false, err
	}
	for _, name := range slices.Compact([]string{p.target, path}) {
		switch gone := os.Remove(name); {
		case gone == nil:
			removed = true
		case !errors.Is(gone, fs.ErrNotExist):
			err = errors.Join(err, gone)
		}
	}
	return removed, err
}

// maxSize limits the size of a file that Read accepts.
const maxSize = 64 << 20

// Read is os.ReadFile until ctx ends. Opening a pipe without a writer, or a file on a server
// that is down, may block forever.
func Read(ctx context.Context, path string) (data []byte, err error) {
	return read(ctx, path, func(fs.FileInfo) error { return nil })
}

// ReadTrusted is Read, but returns an error if other users may write the file.
func ReadTrusted(ctx context.Context, path string) (data []byte, err error) {
	return read(ctx, path, Trusted)
}

// Trusted returns an error for a file that other users may write: its contents may be theirs.
func Trusted(info fs.FileInfo) error {
	if info.Mode()&(fs.ModeDir|fs.ModeDevice) != 0 || !writableByOthers(info) {
		return nil
	}
	return errors.New("other users may write it: look at its contents, and keep them out with 'chmod go-w'")
}

func read(ctx context.Context, path string, check func(fs.FileInfo) error) ([]byte, error) {
	type answer struct {
		data []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		data, err := readAll(path, check)
		read <- answer{data, err}
	}()
	select {
	case a := <-read:
		return a.data, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("reading %s: %w", path, context.Cause(ctx))
	}
}

// ReadRegular is Read, but returns an error if the file is not a regular file.
func ReadRegular(ctx context.Context, path string) (data []byte, err error) {
	err = Within(ctx, func() error {
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return Read(ctx, path)
}

func readAll(path string, check func(fs.FileInfo) error) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		err = check(info)
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d MiB", maxSize>>20)}
	}
	return data, err
}

// Within calls a function that may block forever, and stops waiting when ctx ends.
func Within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// place is the target of a path.
type place struct {
	target     string      // behind all links
	info       fs.FileInfo // nil if there is no file
	descriptor int         // of an open file of the process; else -1
}

func (p *place) mode() fs.FileMode {
	if p.info == nil {
		return 0 // a new regular file
	}
	return p.info.Mode()
}

// direct reports whether the target is written to, not replaced.
func (p *place) direct() bool {
	return p.descriptor >= 0 || p.info != nil && !p.info.Mode().IsRegular()
}

// maxLinks is the number of symbolic links that are followed, as in Linux.
const maxLinks = 40

// follow returns the target of a path, which need not exist.
func follow(path string) (*place, error) {
	if path == "" || os.IsPathSeparator(path[len(path)-1]) {
		return nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("names no file")}
	}
	next := path
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(next))
		if err != nil {
			return nil, err
		}
		p := &place{target: filepath.Join(folder, filepath.Base(next)), descriptor: openFile(folder, filepath.Base(next))}
		if p.descriptor >= 0 {
			p.info, err = os.Stat(p.target)
			return p, err
		}
		p.info, err = os.Lstat(p.target)
		if errors.Is(err, fs.ErrNotExist) {
			return p, nil
		}
		if err != nil || p.info.Mode()&fs.ModeSymlink == 0 {
			return p, err
		}
		if next, err = os.Readlink(p.target); err != nil {
			return nil, err
		}
		if !filepath.IsAbs(next) {
			next = folder + string(filepath.Separator) + next
		}
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("too many levels of symbolic links")}
}
