// Package snapshot keeps the records of listing commands in files, and compares them.
//
// A snapshot is one file, SELECTION/TIME.ndjson.zst, with the records of one run of one
// selection: a command with the flags that select its records. The rules:
//
//   - Any tool for zstd reads the file as ndjson. The ledger and the description of the run
//     are in zstd's skippable frames behind the records.
//   - A file appears under its name only once it is complete and on the disk, and it never
//     replaces another one. So a list has whole snapshots only, also after kill -9.
//   - Only the user can read the folders and files.
//   - Records are compared as JSON, one at a time. The memory for a comparison is a hash for
//     each record and the records that differ.
package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Selection is a command that lists records, with the flags that select them. Equal
// selections list the same records, as long as these do not change.
type Selection struct {
	Command []string // without the program
	Profile string   `json:",omitempty"` // AWS_PROFILE, if the accounts depend on it
}

// Equal reports whether two selections are the same.
func (s Selection) Equal(other Selection) bool {
	return s.Profile == other.Profile && slices.Equal(s.Command, other.Command)
}

// folder names the folder of a selection: by words for people, and by a hash.
func (s Selection) folder() string {
	var words []string
	for _, word := range s.Command {
		if strings.HasPrefix(word, "-") || len(words) == 3 {
			break
		}
		words = append(words, word)
	}
	if len(words) > 1 && words[0] == "list" {
		words = words[1:]
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(strings.Join(words, "-")))
	sum := sha256.Sum256([]byte(strings.Join(append([]string{s.Profile}, s.Command...), "\x00")))
	return name[:min(len(name), 40)] + "-" + hex.EncodeToString(sum[:4])
}

// Meta describes the run of a snapshot.
type Meta struct {
	Format string
	Selection
	Noun       string // names the records, in the plural
	Time       time.Time
	DurationMs int64
	Records    int
	Accounts   int
	Regions    int
	Gaps       int
	Fields     []string // that the records of this version of muster can have
	Version    string   // of muster

	LedgerAt int64 // where the ledger is in the file
}

const format = "muster snapshot 1"

// Info is a snapshot of a store.
type Info struct {
	Name string // SELECTION/TIME
	Path string
	Size int64
	Meta
}

// Folder returns the part of the name that stands for the selection.
func (i *Info) Folder() string {
	folder, _, _ := strings.Cut(i.Name, "/")
	return folder
}
