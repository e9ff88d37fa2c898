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

// Staged files and folders have a prefix and a suffix of their own. A process locks those that
// it stages. One without a lock belongs to a process that was killed; the next process that
// writes into the same folder removes it.
const (
	stagedPrefix = ".muster-"
	stagedSuffix = ".tmp"
)

// staging is the options for replacing a file.
type staging struct {
	folder  string // for the staged file, if it is writable; "" for the file's own folder
	secret  bool   // mode 0600
	durable bool   // wait until the data is on the disk
}

// replace replaces the file with a new one.
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
	file, err := p.stage(s)
	if err != nil {
		return err
	}
	return p.fill(file, s, write)
}

// stage creates the staged file in the file's own folder.
func (p *place) stage(s staging) (*os.File, error) {
	perm := fs.FileMode(0o666) // minus the umask
	if s.secret || p.info != nil {
		perm = 0o600
	}
	return stage(filepath.Dir(p.target), perm)
}

// fill writes the staged file and renames it.
func (p *place) fill(file *os.File, s staging, write func(io.Writer) error) error {
	if err := write(file); err != nil {
		file.Close()
		os.Remove(file.Name())
		return err
	}
	return p.commit(file, s)
}

// commit renames the staged file, or removes it if that fails.
func (p *place) commit(file *os.File, s staging) (err error) {
	defer func() {
		file.Close()
		if err != nil {
			os.Remove(file.Name())
		}
	}()
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
	return renameLocked(file, p.target)
}

// protected returns an error if an existing file is read-only. Renaming would replace it all
// the same, because that needs only the folder's permission.
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

// probe returns the error that replace would return. It changes no existing file.
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

// stage creates and locks a staged file.
func stage(folder string, perm fs.FileMode) (*os.File, error) {
	clean(folder)
	for {
		name := filepath.Join(folder, stagedPrefix+rand.Text()+stagedSuffix)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if err != nil || lockStaged(file) {
			return file, err
		}
		file.Close() // another process removed it before it was locked
	}
}

// cleaned has the folders that this process has already cleaned.
var cleaned sync.Map

// clean removes from a folder what killed processes have staged there.
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
		if info, err := os.Lstat(path); err == nil && (info.Mode().IsRegular() || info.IsDir()) {
			removeUnlocked(path)
		}
	}
}
