package disk

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Staged files are named so that they can be told from all others. Their maker
// holds a lock on them: one that nobody holds is of a process that was killed, and
// the next one to write in the folder removes it.
const (
	stagedPrefix = ".muster-"
	stagedSuffix = ".tmp"
)

// staging says how a file is replaced.
type staging struct {
	folder  string // to stage in where that works; "" for that of the file
	secret  bool   // the owner alone may read it
	durable bool   // wait for the disk
}

// replace puts a new file in the place of the one there.
func (p *place) replace(s staging, write func(io.Writer) error) error {
	own := filepath.Dir(p.target)
	if s.folder != "" && s.folder != own {
		clean(own)
		if file, err := stage(s.folder, 0o600); err == nil {
			err = p.fill(file, s, write)
			if err == nil || !otherDevice(err) {
				return err
			}
		}
	}
	perm := fs.FileMode(0o666) // less the umask
	if s.secret || p.info != nil {
		perm = 0o600
	}
	file, err := stage(own, perm)
	if err != nil {
		return err
	}
	return p.fill(file, s, write)
}

// fill writes a staged file and moves it into its place.
func (p *place) fill(file *os.File, s staging, write func(io.Writer) error) (err error) {
	defer func() {
		file.Close()
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if p.info != nil && !s.secret {
		if err := file.Chmod(p.info.Mode().Perm()); err != nil {
			return err
		}
	}
	if s.durable {
		if err := file.Sync(); err != nil {
			return err
		}
	}
	return moveOpen(file, p.target)
}

// protected says why a regular file that is there must not be replaced: its own
// permissions count, although only those of its folder are asked for.
func (p *place) protected() error {
	if p.info == nil {
		return nil
	}
	file, err := os.OpenFile(p.target, os.O_WRONLY, 0)
	if err == nil {
		file.Close()
	}
	return err
}

// probe says whether replace can work, without changing anything that is there.
func (p *place) probe(stagedIn string) error {
	folder := filepath.Dir(p.target)
	if err := accessible(folder); err != nil {
		return err
	}
	if stagedIn != "" && accessible(stagedIn) == nil {
		folder = stagedIn
	}
	file, err := stage(folder, 0o600)
	if err != nil {
		return err
	}
	file.Close()
	if err := os.Remove(file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// stage makes a file that no other process takes for a forgotten one.
func stage(folder string, perm fs.FileMode) (*os.File, error) {
	clean(folder)
	for {
		name := filepath.Join(folder, stagedPrefix+rand.Text()+stagedSuffix)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if err != nil || hold(file) {
			return file, err
		}
		file.Close() // another process has just removed it
	}
}

// cleaned are the folders that this process has looked through already.
var cleaned sync.Map

// clean removes what killed processes have left in a folder.
func clean(folder string) {
	if _, before := cleaned.LoadOrStore(folder, true); before {
		return
	}
	dir, err := os.Open(folder)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if !strings.HasPrefix(name, stagedPrefix) || !strings.HasSuffix(name, stagedSuffix) {
			continue
		}
		path := filepath.Join(folder, name)
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		removeForgotten(path)
	}
}
