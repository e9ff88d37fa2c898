package xmlscan

import (
	"hash/maphash"
	"strings"
)

// Strings makes strings of the texts of one document, with few allocations.
type Strings struct {
	// Size is the number of bytes in the strings made so far. A caller that bounds the
	// memory for a document can add its other allocations, and subtract dropped strings.
	Size int

	seed   maphash.Seed
	recent [256]string // interned strings, by their hashes
	block  strings.Builder
}

// NewStrings returns an empty table.
func NewStrings() *Strings { return &Strings{seed: maphash.MakeSeed()} }

// Intern returns the string of a value that occurs often, such as the name of a region.
// Recent occurrences of the same value share one string.
func (t *Strings) Intern(b []byte) string {
	const longest = 128
	if len(b) == 0 || len(b) > longest {
		return t.Copy(b)
	}
	recent := &t.recent[maphash.Bytes(t.seed, b)%uint64(len(t.recent))]
	if *recent != string(b) {
		*recent = t.Copy(b)
	}
	return *recent
}

// Copy returns the string of a value that is unlikely to occur again. Short strings
// share an allocation.
func (t *Strings) Copy(b []byte) string {
	const smallest, largest = 256, 2048 // bytes of an allocation
	t.Size += len(b)
	if t.block.Cap()-t.block.Len() < len(b) {
		size := min(max(2*t.block.Cap(), smallest), largest)
		if len(b) > size/4 {
			return string(b)
		}
		t.block = strings.Builder{}
		t.block.Grow(size)
	}
	from := t.block.Len()
	t.block.Write(b)
	return t.block.String()[from:]
}

// Reset makes the table ready for another document, so that it keeps none of the
// earlier strings in memory.
func (t *Strings) Reset() {
	clear(t.recent[:])
	t.Size, t.block = 0, strings.Builder{}
}
