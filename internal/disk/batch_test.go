package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// visible returns the paths of the files below a folder, without those that engines leave out.
func visible(t *testing.T, root string) string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case !entry.IsDir():
			path, err = filepath.Rel(root, path)
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return strings.Join(paths, " ")
}

// fill writes files into a batch.
func fill(t *testing.T, b *Batch, paths ...string) {
	t.Helper()
	for _, path := range paths {
		file, err := b.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(path)); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBatch: no file appears before Commit, and nothing stays after Discard.
func TestBatch(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "new", "folder")
	first, err := NewBatch(root)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewBatch(root)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, first, "a=1/part-0", "a=2/part-0", "_SUCCESS")
	fill(t, second, "a=1/part-1")
	if got := visible(t, root); got != "" {
		t.Errorf("before Commit: %s", got)
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	first.Discard()
	second.Discard()
	if got := visible(t, root); got != "_SUCCESS a=1/part-0 a=2/part-0" {
		t.Errorf("after Commit: %s", got)
	}
	if data, err := os.ReadFile(filepath.Join(root, "a=2", "part-0")); err != nil || string(data) != "a=2/part-0" {
		t.Errorf("%q, %v", data, err)
	}
	if staged, _ := filepath.Glob(filepath.Join(root, ".*")); len(staged) > 0 {
		t.Errorf("left behind: %v", staged)
	}

	fresh := filepath.Join(t.TempDir(), "fresh")
	third, err := NewBatch(fresh)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, third, "a=1/part-0")
	third.Discard()
	if _, err := os.Stat(fresh); err == nil {
		t.Error("the folder stays after Discard")
	}
}

// TestBatchFails: if a file cannot get to its place, none of the files stays.
func TestBatchFails(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	b, err := NewBatch(root)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	put(t, filepath.Join(root, "a=2"), "a file, not a folder", 0o600)
	fill(t, b, "a=1/part-0", "a=2/part-0", "_SUCCESS")
	if err := b.Commit(); err == nil {
		t.Error("no error")
	}
	if got := visible(t, root); got != "a=2" {
		t.Errorf("left: %s", got)
	}
}

// TestForgottenBatch: a batch of a killed process is removed, one in use is not.
func TestForgottenBatch(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("whether another process uses a folder is not known there")
	}
	root := t.TempDir()
	dead := filepath.Join(root, ".muster-DEAD.tmp")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dead, "0"), "PAR1", 0o600)
	live := filepath.Join(root, ".muster-LIVE.tmp")
	if err := os.Mkdir(live, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := os.Open(live)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if !lockStaged(folder) {
		t.Fatal("not held")
	}
	b, err := NewBatch(root)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	staged, _ := filepath.Glob(filepath.Join(root, ".muster-*"))
	if slices.Contains(staged, dead) || !slices.Contains(staged, live) {
		t.Errorf("staged: %v", staged)
	}
}
