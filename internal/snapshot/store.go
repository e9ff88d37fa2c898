package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Extension ends the names of the files.
const Extension = ".ndjson.zst"

const timeLayout = "20060102T150405Z"

// Store is a folder with a folder for each selection.
type Store struct{ Dir string }

// DefaultDir returns the folder of the user's snapshots: in dataHome (XDG_DATA_HOME), or in
// .local/share in home. It is "" if both are empty.
func DefaultDir(dataHome, home string) string {
	if !filepath.IsAbs(dataHome) { // the XDG specification says to ignore a relative path
		if home == "" {
			return ""
		}
		dataHome = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(dataHome, "muster")
}

// Create starts a snapshot of a selection.
func (s Store) Create(ctx context.Context, selection Selection) (*Writer, error) {
	folder := filepath.Join(s.Dir, selection.folder())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return create(ctx, folder)
}

// List returns the snapshots, sorted by selection and time, and the errors of the files that
// are broken. A store that does not exist has none.
func (s Store) List() (all []*Info, failed []error) {
	folders, err := s.folders()
	if err != nil {
		return nil, []error{err}
	}
	for _, folder := range folders {
		found, errs := s.listFolder(folder)
		all, failed = append(all, found...), append(failed, errs...)
	}
	return all, failed
}

// folders returns the names of the selections' folders.
func (s Store) folders() (names []string, err error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

func (s Store) listFolder(folder string) (all []*Info, failed []error) {
	names, err := s.names(folder)
	if err != nil {
		return nil, []error{err}
	}
	for _, name := range names {
		info, err := s.read(folder, name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed meanwhile
		case err != nil:
			failed = append(failed, err)
		default:
			all = append(all, info)
		}
	}
	slices.SortStableFunc(all, func(a, b *Info) int { return a.Time.Compare(b.Time) })
	return all, failed
}

// names returns the names of the snapshots of a selection, without the folder.
func (s Store) names(folder string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(s.Dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), Extension)
		if info, err := entry.Info(); ok && err == nil && info.Size() > 0 { // an empty file only reserves its name
			names = append(names, name)
		}
	}
	return names, err
}

// Names returns the names of all files that look like snapshots. It reads none of them.
func (s Store) Names() (all []string) {
	folders, _ := s.folders()
	for _, folder := range folders {
		names, _ := s.names(folder)
		for _, name := range names {
			all = append(all, folder+"/"+name)
		}
	}
	return all
}

func (s Store) read(folder, name string) (*Info, error) {
	i := &Info{Name: folder + "/" + name, Path: filepath.Join(s.Dir, folder, name+Extension)}
	var err error
	i.Meta, i.Size, err = readMeta(i.Path)
	return i, err
}

// NotFoundError means that a store has no such snapshot.
type NotFoundError struct{ Msg string }

func (e *NotFoundError) Error() string { return e.Msg }

func notFound(format string, args ...any) error { return &NotFoundError{fmt.Sprintf(format, args...)} }

// Newest is the reference to the newest snapshot of a selection.
const Newest = "latest"

// History is the snapshots of one selection, sorted by time. There is at least one.
type History struct {
	Folder string
	All    []*Info
}

// Histories returns the snapshots of the selections whose folders have a name with this
// prefix. "" means all of them.
func (s Store) Histories(prefix string) (all []*History, failed []error) {
	infos, failed := s.List()
	for _, info := range infos {
		switch last := len(all) - 1; {
		case !strings.HasPrefix(info.Folder(), prefix):
		case last >= 0 && all[last].Folder == info.Folder():
			all[last].All = append(all[last].All, info)
		default:
			all = append(all, &History{info.Folder(), []*Info{info}})
		}
	}
	if i := slices.IndexFunc(all, func(h *History) bool { return h.Folder == prefix }); i >= 0 {
		all = all[i : i+1]
	}
	return all, failed
}

// Of returns the snapshots of a selection.
func (s Store) Of(selection Selection) (*History, []error) {
	h := &History{Folder: selection.folder()}
	infos, failed := s.listFolder(h.Folder)
	for _, info := range infos {
		if info.Selection.Equal(selection) {
			h.All = append(h.All, info)
		}
	}
	return h, failed
}

// Latest returns the newest snapshot.
func (h *History) Latest() *Info { return h.All[len(h.All)-1] }

// Before returns the newest snapshot that is not newer than a time.
func (h *History) Before(t time.Time) (*Info, error) {
	for _, info := range slices.Backward(h.All) {
		if !info.Time.After(t) {
			return info, nil
		}
	}
	if len(h.All) == 0 {
		return nil, notFound("there is no snapshot of this selection")
	}
	return nil, notFound("no snapshot of %s is that old: the oldest one is of %s", h.Folder, h.All[0].Time.UTC().Format(time.RFC3339))
}

// Named returns the snapshot with a name, which may lack the folder.
func (h *History) Named(name string) *Info {
	i := slices.IndexFunc(h.All, func(info *Info) bool { return info.Name == name || info.Name == h.Folder+"/"+name })
	if i < 0 {
		return nil
	}
	return h.All[i]
}

// Remove removes a snapshot, and the folder of its selection if it was the last one.
func (s Store) Remove(i *Info) error {
	err := os.Remove(i.Path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		os.Remove(filepath.Dir(i.Path)) // fails while there are others
		return nil
	}
	return err
}
