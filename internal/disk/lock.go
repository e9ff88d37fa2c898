package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Locks are folders for lock files: the cache's, or else that of what is kept while
// the user is logged in. A lock file beside the file that it is for would be read by
// whoever reads all files there.
type Locks struct{ Cache, Runtime string }

// LocksOf are the folders of a user; "" stands for one that there is not.
func LocksOf(lookup func(string) (string, bool), home string) (locks Locks) {
	cache, _ := lookup("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) && home != "" { // as the XDG specification has it
		cache = filepath.Join(home, ".cache")
	}
	runtime, _ := lookup("XDG_RUNTIME_DIR")
	for _, folder := range []struct {
		parent string
		locks  *string
	}{{cache, &locks.Cache}, {runtime, &locks.Runtime}} {
		if filepath.IsAbs(folder.parent) {
			*folder.locks = filepath.Join(folder.parent, "muster", "locks")
		}
	}
	return locks
}

// patience is how long a lock is waited for in silence.
const patience = time.Second

// Lock keeps other processes from a file, which need not exist, until unlock. A
// folder that is read-only or another user's does not do for the lock file; if none
// does, the folder of the file itself is locked. waiting is called once if another
// process has the lock for longer than a moment; nil: nobody needs to know.
func (l Locks) Lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	p, err := follow(path)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(p.target)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(absolute))
	name := hex.EncodeToString(sum[:16]) + ".lock"
	var candidates []*flock.Flock
	for _, folder := range []string{l.Cache, l.Runtime} {
		if folder == "" {
			continue
		}
		if info, err := os.Lstat(filepath.Join(folder, name)); err == nil && !info.Mode().IsRegular() {
			continue // a pipe would be waited for
		}
		if os.MkdirAll(folder, 0o700) == nil {
			// Nothing is in the file, and a lock on it needs no right to write: so it does
			// not matter whether root has made it.
			candidates = append(candidates, flock.New(filepath.Join(folder, name), flock.SetPermissions(0o644)))
		}
	}
	candidates = append(candidates, flock.New(filepath.Dir(absolute), flock.SetFlag(os.O_RDONLY)))
	if waiting != nil {
		late := time.AfterFunc(patience, waiting)
		defer late.Stop()
	}
	for _, lock := range candidates {
		if _, err = lock.TryLockContext(ctx, 20*time.Millisecond); err == nil {
			return func() { lock.Unlock() }, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return nil, err
}
