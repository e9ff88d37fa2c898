// Package disk reads and writes files that other processes use at the same time:
// whoever opens one sees all of the old contents or all of the new ones, also
// after kill -9; two processes do not change one at once; and nobody waits without
// end for a pipe or for a file system that hangs.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes to the place that the user has named, by one rule for every flag
// that names a file:
//
//   - A device, a pipe and an open file of the process (/dev/fd/3, /dev/stdout) are
//     written to.
//   - A symbolic link is followed, also to a file that does not exist yet.
//   - A regular file is replaced in one step. The new one is staged beside it: it
//     is never in TMPDIR, which may be another file system or another's to read.
//
// A file with secrets is readable by its owner alone, whatever it was before. Any
// other keeps its mode.
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

// Check says why Write would fail. What is to be written may be costly, or given
// only once.
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

// Replace gives a file with secrets new contents in one step; a symbolic link is
// followed. The new file is staged in another folder if there is one for it, so
// that a folder which programs read as a whole never holds half a file.
func Replace(path, stagedIn string, data []byte) error {
	return replace(path, staging{folder: stagedIn, secret: true, durable: true}, data)
}

// ReplaceSoon is Replace without waiting for the disk: for what is not missed if a
// crash of the machine cuts it short, and is written by the thousand.
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

// CanReplace says why Replace would fail.
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

// Remove removes a file and, if it is a symbolic link, the file that it leads to,
// whose contents are what is to go. One that is gone already is no error: removed
// says whether there was one.
func Remove(path string) (removed bool, err error) {
	p, err := follow(path)
	if err != nil {
		return false, err
	}
	for _, name := range []string{p.target, path} {
		switch gone := os.Remove(name); {
		case gone == nil:
			removed = true
		case !errors.Is(gone, fs.ErrNotExist):
			err = errors.Join(err, gone)
		}
	}
	return removed, err
}

// largest is the most that Read takes for a file of credentials, tokens or names.
const largest = 64 << 20

// Read is os.ReadFile for somebody who can be interrupted: to open a pipe that
// nobody writes to, or a file on a server that is down, may take for ever.
func Read(ctx context.Context, path string) (data []byte, err error) {
	type answer struct {
		data []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		data, err := readAll(path)
		read <- answer{data, err}
	}()
	select {
	case a := <-read:
		return a.data, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("reading %s: %w", path, context.Cause(ctx))
	}
}

// ReadRegular is Read of what must be a regular file.
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

func readAll(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err == nil && len(data) > largest {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d MiB", largest>>20)}
	}
	return data, err
}

// Within does what may block for ever, and gives up waiting with the context.
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

// place is where a path leads.
type place struct {
	target     string // behind all links
	info       fs.FileInfo
	descriptor int // of the process's open file that it is, else -1
}

func (p *place) mode() fs.FileMode {
	if p.info == nil {
		return 0 // a regular file to be made
	}
	return p.info.Mode()
}

// direct says that there is no file to replace, but something to write to.
func (p *place) direct() bool {
	return p.descriptor >= 0 || p.info != nil && !p.info.Mode().IsRegular()
}

// mostLinks is how many symbolic links are followed, as in Linux.
const mostLinks = 40

// follow goes where a path leads. A link to a file that does not exist leads to
// where that would be.
func follow(path string) (*place, error) {
	if path == "" || os.IsPathSeparator(path[len(path)-1]) {
		return nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("names no file")}
	}
	next := path
	for range mostLinks {
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
