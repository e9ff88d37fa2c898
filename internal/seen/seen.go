// Package seen keeps the names that sweeps have met (accounts, roles, regions,
// instances, keys of tags), so that the shell can complete them without asking AWS: small files
// of tab-separated lines that only the user can read. They hold no secrets, and
// nothing is lost with them.
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

// maxAge is how long a name is remembered after it was last met.
const maxAge = 7 * 24 * time.Hour

// limit is the most names of one kind in a file; the latest stay.
const limit = 5000

// A cache on a file system that hangs must hold nobody up: completion is waited for
// at a key press, and the rest has its answers already.
const (
	readPatience   = 300 * time.Millisecond
	updatePatience = time.Second
)

// Kind is what a name is of.
type Kind string

// The kinds, and what the other columns hold for each.
const (
	Account  Kind = "account"  // ID, Name
	Role     Kind = "role"     // ID: the role's name
	Region   Kind = "region"   // ID: the region's name
	Instance Kind = "instance" // ID, Name, and Place: where it runs
	Tag      Kind = "tag"      // ID: the tag's key
)

// Entry is one name.
type Entry struct {
	Kind     Kind
	Scope    string // whose answer it was, in the user's own terms
	ID, Name string
	Place    string
	Seen     time.Time // by the second
}

// Path is the file of a key in the folder that XDG_CACHE_HOME or HOME lead to, ""
// where neither does.
func Path(cacheHome, home, key string) string {
	if !filepath.IsAbs(cacheHome) { // as the XDG specification has it
		if home == "" {
			return ""
		}
		cacheHome = filepath.Join(home, ".cache")
	}
	return filepath.Join(cacheHome, "muster", key+".tsv")
}

// Read returns what is remembered in a file, by kind and ID, of equal ones the
// latest first. A file that is missing or damaged holds as much as can be read of it.
// It is not waited for: one that is a pipe, or does not come at once, holds nothing.
func Read(path string, now time.Time) []Entry {
	ctx, cancel := context.WithTimeout(context.Background(), readPatience)
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

// Update adds to a file what has been met now, and drops what is too old, and
// what gone says is no longer there. It replaces the file in one step, without
// waiting for the disk; of two processes that do so at once, one is forgotten.
// It gives up after a second.
func Update(path string, now time.Time, met []Entry, gone func(Entry) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), updatePatience)
	defer cancel()
	return disk.Within(ctx, func() error { return update(ctx, path, now, met, gone) })
}

func update(ctx context.Context, path string, now time.Time, met []Entry, gone func(Entry) bool) error {
	type identity struct {
		kind      Kind
		scope, id string
	}
	known := map[identity]bool{}
	count := map[Kind]int{}
	var kept []Entry
	add := func(e Entry) {
		key := identity{e.Kind, e.Scope, e.ID}
		if known[key] || count[e.Kind] == limit || e.ID == "" || !printable(e.Scope+e.ID+e.Place) {
			return
		}
		if !printable(e.Name) {
			e.Name = ""
		}
		known[key] = true
		count[e.Kind]++
		kept = append(kept, e)
	}
	for _, e := range met {
		e.Seen = now
		add(e)
	}
	old := read(ctx, path, now)
	if ctx.Err() != nil {
		return ctx.Err() // what is there would be lost
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

// printable says whether a name can be typed, and kept on a line.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func replace(path string, data []byte, now time.Time) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	sweepOut(dir, now)
	return disk.ReplaceSoon(path, "", data)
}

// sweepOut removes files that nothing is left of, among them those of processes
// that ended half way.
func sweepOut(dir string, now time.Time) {
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
