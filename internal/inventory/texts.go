package inventory

import (
	"hash/maphash"
	"strings"
)

// texts makes the strings of one answer.
type texts struct {
	seed   maphash.Seed
	recent [256]string // by their hashes
	made   int         // bytes of what has been made of the answer so far
	memory strings.Builder
}

func newTexts() texts { return texts{seed: maphash.MakeSeed()} }

// recurring is the string of a value that is likely to be met again, such as a
// region or a VPC: all records then share one.
func (t *texts) recurring(b []byte) string {
	if len(b) == 0 || len(b) > 128 {
		return t.single(b)
	}
	recent := &t.recent[maphash.Bytes(t.seed, b)%uint64(len(t.recent))]
	if *recent != string(b) {
		*recent = t.single(b)
	}
	return *recent
}

// single is the string of a value. Many share an allocation.
func (t *texts) single(b []byte) string {
	t.made += len(b)
	const small, large = 256, 2048
	if t.memory.Cap()-t.memory.Len() < len(b) {
		size := min(max(2*t.memory.Cap(), small), large)
		if len(b) > size/4 {
			return string(b)
		}
		t.memory = strings.Builder{}
		t.memory.Grow(size)
	}
	from := t.memory.Len()
	t.memory.Write(b)
	return t.memory.String()[from:]
}

// forget drops the strings, which live on in the records.
func (t *texts) forget() {
	clear(t.recent[:])
	t.made = 0
	t.memory = strings.Builder{}
}
