// Package seen remembers the names that sweeps have found (accounts, roles, regions,
// instances, keys of tags, resources), so that the shell can complete them without a call to AWS. They
// are in small files of tab-separated lines that only the user can read. The files hold no
// secrets, and may be deleted at any time.
package seen

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"muster/internal/disk"
)

// maxAge is how long a name is remembered after a sweep has last found it.
const maxAge = 7 * 24 * time.Hour

// maxNames bounds the names of one kind in a file. The latest ones stay.
const maxNames = 5000

// A file system may hang: completion and the end of a sweep do not. A busy machine may need
// a while for a file all the same, and its names should not be lost.
const (
	readTimeout   = time.Second
	updateTimeout = 10 * time.Second
)

// Kind is a kind of named things.
type Kind string

// The kinds, and the meaning of an Entry's fields for each.
const (
	Account  Kind = "account"  // ID, Name
	Role     Kind = "role"     // ID: the role's name
	Region   Kind = "region"   // ID: the region's name
	Instance Kind = "instance" // ID, Name, and Place: where it runs
	Tag      Kind = "tag"      // ID: the tag's key
	Used     Kind = "used"     // ID: of an account that a command was for; Seen is the last time
	// Other kinds are resources, as volumes: ID, Name and Place. Each has a file of its own,
	// so that a key press reads no other.
)

// Entry is one name.
type Entry struct {
	Kind     Kind
	Scope    string // Key of the Scope in which it was found
	ID, Name string
	Place    string
	Seen     time.Time // of the last sweep that found it, in whole seconds
}

// Path is the file of a key in muster's folder in the user's cache: in cacheHome
// (XDG_CACHE_HOME), or in .cache in home. It is "" if both are empty.
func Path(cacheHome, home, key string) string {
	if !filepath.IsAbs(cacheHome) { // the XDG specification says to ignore a relative path
		if home == "" {
			return ""
		}
		cacheHome = filepath.Join(home, ".cache")
	}
	return filepath.Join(cacheHome, "muster", key+".tsv")
}

// FileOf is the file of a kind of resources that belongs to the file at path.
func FileOf(path string, kind Kind) string {
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(path, ".tsv") + "-" + string(kind) + ".tsv"
}

// Read returns the entries of a file, sorted by kind and ID, the latest first among equal
// ones. A missing file has none, nor has a pipe, or a file that takes longer than a second.
// Damaged lines are left out.
func Read(path string, now time.Time) []Entry {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	return read(ctx, path, now)
}

func read(ctx context.Context, path string, now time.Time) []Entry {
	data, err := disk.ReadRegular(ctx, path)
	if err != nil {
		return nil
	}
	entries := make([]Entry, 0, bytes.Count(data, []byte("\n")))
	for line := range strings.Lines(string(data)) {
		kind, rest, _ := strings.Cut(line, "\t")
		e := Entry{Kind: Kind(kind)}
		for _, column := range []*string{&e.Scope, &e.ID, &e.Name, &e.Place} {
			*column, rest, _ = strings.Cut(rest, "\t")
		}
		seconds, err := strconv.ParseInt(strings.TrimSuffix(rest, "\n"), 10, 64)
		e.Seen = time.Unix(seconds, 0)
		if err == nil && now.Sub(e.Seen) < maxAge {
			entries = append(entries, e)
		}
	}
	return entries
}

// Update adds the entries that a sweep has found to a file. It drops entries that are too
// old, and older entries that gone reports. It replaces the file in one step, without
// waiting for the disk. If two processes update a file at once, the later one wins. Update
// gives up after ten seconds.
func Update(path string, now time.Time, found []Entry, gone func(Entry) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), updateTimeout)
	defer cancel()
	return disk.Within(ctx, func() error { return update(ctx, path, now, found, gone) })
}

func update(ctx context.Context, path string, now time.Time, found []Entry, gone func(Entry) bool) error {
	type identity struct {
		kind      Kind
		scope, id string
	}
	known := map[identity]bool{}
	count := map[Kind]int{}
	var kept []Entry
	add := func(e Entry) {
		key := identity{e.Kind, e.Scope, e.ID}
		if known[key] || count[e.Kind] == maxNames || e.ID == "" || !printable(e.Scope+e.ID+e.Place) {
			return
		}
		if !printable(e.Name) {
			e.Name = ""
		}
		known[key] = true
		count[e.Kind]++
		kept = append(kept, e)
	}
	for _, e := range found {
		e.Seen = now
		add(e)
	}
	old := read(ctx, path, now)
	if ctx.Err() != nil {
		return ctx.Err() // the old entries would be lost
	}
	slices.SortStableFunc(old, func(a, b Entry) int { return b.Seen.Compare(a.Seen) })
	for _, e := range old {
		if !gone(e) {
			add(e)
		}
	}
	slices.SortStableFunc(kept, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), b.Seen.Compare(a.Seen))
	})
	var text bytes.Buffer
	for _, e := range kept {
		seconds := strconv.FormatInt(e.Seen.Unix(), 10)
		text.WriteString(strings.Join([]string{string(e.Kind), e.Scope, e.ID, e.Name, e.Place, seconds}, "\t"))
		text.WriteByte('\n')
	}
	return replace(path, text.Bytes(), now)
}

// printable reports whether a name can be typed, and kept on a line.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func replace(path string, data []byte, now time.Time) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	removeOld(dir, now)
	return disk.ReplaceSoon(path, "", data)
}

// removeOld removes files whose entries are all too old, and the temporary files of processes
// that were killed.
func removeOld(dir string, now time.Time) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, f := range files {
		info, err := f.Info()
		ours := filepath.Ext(f.Name()) == ".tsv" || strings.HasPrefix(f.Name(), ".new-")
		if err == nil && ours && info.Mode().IsRegular() && now.Sub(info.ModTime()) > maxAge {
			os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}
