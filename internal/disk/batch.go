package disk

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Batch is files below one folder that appear together at the end. Until then they grow in a
// staged folder of their own, whose name starts with a dot: engines that read the whole
// folder leave it out, and a process that is killed leaves nothing else.
type Batch struct {
	root  string
	made  bool     // the batch has made root
	stage *os.File // the staged folder, locked
	paths []string // of the files, below root; the staged ones are named by number
}

// BatchFile is a file of a Batch. Close ends it.
type BatchFile struct {
	*os.File
	path string // for errors: where it will be
}

// NewBatch starts a batch in a folder, and makes the folder if there is none.
func NewBatch(root string) (*Batch, error) {
	_, err := os.Stat(root)
	b := &Batch{root: root, made: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(root, 0o777); err != nil {
		return nil, err
	}
	clean(root)
	for {
		name := filepath.Join(root, stagedPrefix+rand.Text()+stagedSuffix)
		if err := os.Mkdir(name, 0o777); err != nil {
			return nil, err
		}
		b.stage, err = os.Open(name)
		if err == nil && lockStaged(b.stage) {
			return b, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		b.stage.Close() // another process removed it before it was locked
	}
}

// Create starts a file. Its path is below the folder of the batch.
func (b *Batch) Create(path string) (*BatchFile, error) {
	file, err := os.OpenFile(b.staged(len(b.paths)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	b.paths = append(b.paths, path)
	return &BatchFile{file, filepath.Join(b.root, path)}, nil
}

func (b *Batch) staged(i int) string { return filepath.Join(b.stage.Name(), strconv.Itoa(i)) }

func (f *BatchFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.named(err)
}

// Close waits until the data is on the disk.
func (f *BatchFile) Close() error { return f.named(errors.Join(f.Sync(), f.File.Close())) }

// named names the user's file in an error, and not the staged one.
func (f *BatchFile) named(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = f.path
	}
	return err
}

// Commit puts the files in their places, in the order in which they were created. If that
// fails, none of them stays.
func (b *Batch) Commit() error {
	for i, path := range b.paths {
		path = filepath.Join(b.root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		if err == nil {
			err = os.Rename(b.staged(i), path)
		}
		if err != nil {
			for _, path := range slices.Backward(b.paths[:i]) {
				os.Remove(filepath.Join(b.root, path))
			}
			return err
		}
	}
	b.Discard()
	return nil
}

// Discard removes what has not been committed. After Commit it does nothing.
func (b *Batch) Discard() {
	if b.stage.Close() != nil {
		return
	}
	os.RemoveAll(b.stage.Name())
	if b.made {
		os.Remove(b.root) // unless it has files
	}
}
