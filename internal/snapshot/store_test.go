package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// save keeps a snapshot.
func save(t *testing.T, s Store, selection Selection, at time.Time, records string) *Info {
	t.Helper()
	w, err := s.Create(t.Context(), selection)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	if _, err := io.WriteString(w, records); err != nil {
		t.Fatal(err)
	}
	info, err := w.Commit(Meta{Selection: selection, Time: at, Records: strings.Count(records, "\n")}, []byte("[]"))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func text(t *testing.T, i *Info) string {
	t.Helper()
	r, err := i.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestStore(t *testing.T) {
	t.Parallel()
	s := Store{filepath.Join(t.TempDir(), "deep", "store")}
	if all, failed := s.List(); len(all)+len(failed) > 0 {
		t.Error(all, failed)
	}
	instances, volumes := Selection{Command: []string{"instances", "--org"}}, Selection{Command: []string{"list", "volumes"}}
	first := save(t, s, instances, noon, "{}\n{}\n")
	second := save(t, s, instances, noon.Add(time.Hour), "{\"A\":1}\n")
	save(t, s, volumes, noon, "")
	if first.Name != first.Folder()+"/20260102T120000Z" || !strings.HasPrefix(first.Name, "instances-") {
		t.Error(first.Name)
	}
	all, failed := s.List()
	if len(all) != 3 || len(failed) > 0 || !strings.HasPrefix(all[2].Name, "volumes-") {
		t.Fatal(all, failed)
	}
	if got := all[1]; got.Name != second.Name || got.Size != second.Size || got.Records != 1 || !got.Selection.Equal(instances) || text(t, got) != "{\"A\":1}\n" {
		t.Errorf("%+v", got)
	}
	if ledger, err := all[0].Ledger(); string(ledger) != "[]" || err != nil {
		t.Errorf("%s, %v", ledger, err)
	}
	h, _ := s.Of(instances)
	if h.Latest().Name != second.Name {
		t.Error(h.Latest().Name)
	}
	for at, want := range map[time.Time]string{noon: first.Name, noon.Add(59 * time.Minute): first.Name, noon.Add(time.Hour): second.Name} {
		if got, err := h.Before(at); err != nil || got.Name != want {
			t.Errorf("%s: %v, %v", at, got, err)
		}
	}
	if _, err := h.Before(noon.Add(-1)); err == nil {
		t.Error("there is nothing before the first one")
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{s.Dir: 0o700, filepath.Dir(first.Path): 0o700, first.Path: 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
	}
	for _, info := range h.All {
		if err := s.Remove(info); err != nil {
			t.Error(err)
		}
	}
	if folders, err := s.folders(); len(folders) != 1 || err != nil {
		t.Error(folders, err)
	}
}

// TestSaversAtOnce: savers of one second keep all snapshots, also in different processes: they
// share nothing but the folder.
func TestSaversAtOnce(t *testing.T) {
	t.Parallel()
	s, selection := Store{t.TempDir()}, Selection{Command: []string{"instances"}}
	var savers sync.WaitGroup
	for i := range 20 {
		savers.Go(func() { save(t, s, selection, noon, fmt.Sprintf("{\"N\":%d}\n", i)) })
	}
	savers.Wait()
	all, failed := s.List()
	var got []string
	for _, info := range all {
		got = append(got, text(t, info))
	}
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != 20 || len(failed) > 0 {
		t.Errorf("%d snapshots, %v", len(got), failed)
	}
}

// TestUnfinished: a snapshot that is not committed is never listed, and leaves nothing behind.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	s := Store{t.TempDir()}
	w, err := s.Create(t.Context(), Selection{Command: []string{"instances"}})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, strings.Repeat("{}\n", 1<<20))
	if all, failed := s.List(); len(all)+len(failed) > 0 || len(s.Names()) > 0 {
		t.Error(all, failed)
	}
	w.Discard()
	filepath.WalkDir(s.Dir, func(path string, entry os.DirEntry, err error) error {
		if !entry.IsDir() {
			t.Error(path, "is left")
		}
		return err
	})
}

// TestBroken: a file that was cut, or of which a byte has changed, is never taken for a whole
// snapshot with other records.
func TestBroken(t *testing.T) {
	t.Parallel()
	s := Store{t.TempDir()}
	info := save(t, s, Selection{Command: []string{"instances"}}, noon, strings.Repeat("{\"A\":\"text\"}\n", 100))
	want, whole := text(t, info), func() []byte { b, _ := os.ReadFile(info.Path); return b }()
	read := func() (string, error) {
		all, failed := s.List()
		if len(failed) > 0 {
			return "", failed[0]
		}
		if len(all) == 0 {
			return "", errors.New("not listed")
		}
		if _, err := all[0].Ledger(); err != nil {
			return "", err
		}
		r, err := all[0].Open()
		if err != nil {
			return "", err
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		return string(b), err
	}
	check := func(what string, b []byte, mayPass bool) {
		t.Helper()
		if err := os.WriteFile(info.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read()
		switch {
		case err == nil && got != want, err == nil && !mayPass:
			t.Errorf("%s: no error, and %d bytes", what, len(got))
		case err != nil && (strings.Contains(err.Error(), "\n") || len(b) > 0 && !strings.Contains(err.Error(), info.Path)):
			t.Errorf("%s: %v", what, err)
		}
	}
	for n := range whole {
		check(fmt.Sprintf("cut at %d", n), whole[:n], false)
	}
	for n := range whole {
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0x10
		check(fmt.Sprintf("byte %d", n), damaged, true)
	}
	check("text", []byte("hello\n"), false)
	check("whole", whole, true)
}

// TestZstd: zstd's own program reads the file as ndjson.
func TestZstd(t *testing.T) {
	t.Parallel()
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("zstd is not on PATH")
	}
	info := save(t, Store{t.TempDir()}, Selection{Command: []string{"instances"}}, noon, "{\"A\":1}\n{\"A\":2}\n")
	if got, err := exec.Command(zstd, "-dc", info.Path).CombinedOutput(); err != nil || string(got) != "{\"A\":1}\n{\"A\":2}\n" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := exec.Command(zstd, "-t", info.Path).CombinedOutput(); err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
