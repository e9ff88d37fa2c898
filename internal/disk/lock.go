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

// Locks are the folders for lock files: one in the user's cache, else one in the runtime
// directory. A lock file is not beside the file that it protects, since some programs read
// every file there.
type Locks struct{ Cache, Runtime string }

// LocksOf returns the folders of a user; "" for a folder that does not exist.
func LocksOf(lookup func(string) (string, bool), home string) (locks Locks) {
	cache, _ := lookup("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) && home != "" { // the XDG specification ignores relative paths
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

// silentWait is the time before waiting is called.
const silentWait = time.Second

// Lock keeps other processes from changing a file until unlock; the file need not exist.
// If no folder for lock files is writable, it locks the folder of the file. It calls
// waiting once if another process holds the lock for longer than a second; waiting may be
// nil.
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
			continue // opening a pipe would block
		}
		if os.MkdirAll(folder, 0o700) == nil {
			// The lock file stays empty, and locking it needs no write permission: it does not
			// matter if root has created it.
			candidates = append(candidates, flock.New(filepath.Join(folder, name), flock.SetPermissions(0o644)))
		}
	}
	candidates = append(candidates, flock.New(filepath.Dir(absolute), flock.SetFlag(os.O_RDONLY)))
	for _, lock := range candidates {
		if err = hold(ctx, lock, waiting); err == nil {
			return func() { lock.Unlock() }, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return nil, err
}

// hold waits until the lock is free, and locks it.
func hold(ctx context.Context, lock *flock.Flock, waiting func()) error {
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for begun := time.Now(); ctx.Err() == nil; {
		if locked, err := lock.TryLock(); locked || err != nil {
			return err
		}
		if waiting != nil && time.Since(begun) > silentWait {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
		case <-retry.C:
		}
	}
	return ctx.Err()
}
