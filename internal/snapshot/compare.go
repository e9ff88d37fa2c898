package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Side is one side of a comparison.
type Side struct {
	Open   func() (io.ReadCloser, error) // opens the records; it is called more than once
	Fields []string                      // that the records can have; nil: those of the other side
	// Missed reports whether the run did not see what is in a place.
	Missed func(accountID, accountName, region string) bool
}

// Kind is how a record has changed.
type Kind string

// The kinds of changes. Unknown is a record that only one side has, because the other one
// did not see its place.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Unknown Kind = "unknown"
)

// Change is a record that differs.
type Change struct {
	Kind          Kind
	Before, After []byte  // the record as JSON; nil if the side lacks it
	Fields        []Field // of Changed, sorted by path

	place string // in the order of the changes
}

// Rules say how records are compared.
type Rules struct {
	Identity []string // the fields that identify a record
	Ignore   *Ignored
}

// Compare returns the records that differ, sorted by their identity.
//
// It reads each side twice: first it counts the hashes of all records, and then it looks at
// the records whose hashes differ. Several records with the same identity are compared in
// their order, after those that are equal.
func Compare(before, after Side, rules Rules) ([]Change, error) {
	c := &comparison{before: before, rules: rules, counts: map[sum]int32{}, left: map[string][][]byte{}}
	c.rules.Ignore = rules.Ignore.without(unshared(before.Fields, after.Fields))
	count := func(by int32) func([]byte) error {
		return func(text []byte) error {
			hash := sumOf(text)
			if n := c.counts[hash] + by; n != 0 {
				c.counts[hash] = n
			} else {
				delete(c.counts, hash)
			}
			return nil
		}
	}
	for _, step := range []struct {
		side Side
		do   func(text []byte) error
	}{{before, count(1)}, {after, count(-1)}, {before, c.keep}, {after, c.pair}} {
		if err := each(step.side.Open, step.do); err != nil {
			return nil, err
		}
	}
	for key, records := range c.left {
		for _, text := range records {
			c.single(key, Change{Kind: Removed, Before: text}, text, after)
		}
	}
	slices.SortStableFunc(c.changes, func(a, b Change) int { return strings.Compare(a.place, b.place) })
	return c.changes, nil
}

// unshared returns the fields that only one of two versions of muster knows.
func unshared(before, after []string) (fields []string) {
	if before == nil || after == nil {
		return nil
	}
	for _, pair := range [][2][]string{{before, after}, {after, before}} {
		for _, name := range pair[0] {
			if !slices.Contains(pair[1], name) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}

type sum [16]byte

func sumOf(text []byte) sum {
	hash := sha256.Sum256(text)
	return sum(hash[:16])
}

type comparison struct {
	before  Side
	rules   Rules
	counts  map[sum]int32       // how many more records with this text the old side has
	left    map[string][][]byte // of the old side, by identity, that the new side lacks
	changes []Change
}

// keep stores the records that only the old side has.
func (c *comparison) keep(text []byte) error {
	hash := sumOf(text)
	if c.counts[hash] <= 0 {
		return nil
	}
	c.counts[hash]--
	key, err := identity(text, c.rules.Identity)
	if err == nil {
		c.left[key] = append(c.left[key], bytes.Clone(text))
	}
	return err
}

// pair finds the record of the old side for one that only the new side has.
func (c *comparison) pair(text []byte) error {
	hash := sumOf(text)
	if c.counts[hash] >= 0 {
		return nil
	}
	c.counts[hash]++
	key, err := identity(text, c.rules.Identity)
	if err != nil {
		return err
	}
	text = bytes.Clone(text)
	old := c.left[key]
	if len(old) == 0 {
		c.single(key, Change{Kind: Added, After: text}, text, c.before)
		return nil
	}
	if c.left[key] = old[1:]; len(old) == 1 {
		delete(c.left, key)
	}
	fields, err := differences(old[0], text, c.rules.Ignore)
	if len(fields) > 0 {
		c.changes = append(c.changes, Change{Kind: Changed, Before: old[0], After: text, Fields: fields, place: key})
	}
	return err
}

// single adds a record that one side lacks. Its place decides whether that is known.
func (c *comparison) single(key string, change Change, text []byte, lacking Side) {
	var owner struct{ AccountId, AccountName, Region string }
	_ = json.Unmarshal(text, &owner) // identity has read it
	if lacking.Missed(owner.AccountId, owner.AccountName, owner.Region) {
		change.Kind = Unknown
	}
	change.place = key
	c.changes = append(c.changes, change)
}

// maxRecord limits the length of a record, against files that are no snapshots.
const maxRecord = 256 << 20

// each calls do for each record, a line of ndjson. The text is valid until the next one.
func each(open func() (io.ReadCloser, error), do func(text []byte) error) (err error) {
	file, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewReaderSize(file, 64<<10)
	var long []byte
	for {
		text, err := lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) && len(long) < maxRecord {
			long = append(long, text...)
			text, err = lines.ReadSlice('\n')
		}
		if len(long) > 0 {
			long = append(long, text...)
			text = long
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if err := do(text); err != nil {
				return err
			}
		}
		long = long[:0]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// Each calls do for each record of a snapshot.
func (i *Info) Each(do func(text []byte) error) error {
	return each(i.Open, do)
}

// identity returns the text of the fields that identify a record.
func identity(text []byte, fields []string) (string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return "", fmt.Errorf("a record of a snapshot is not JSON: %w", err)
	}
	var b strings.Builder
	for _, name := range fields {
		b.Write(values[name])
		b.WriteByte(0)
	}
	return b.String(), nil
}
