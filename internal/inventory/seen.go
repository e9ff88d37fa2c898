package inventory

import (
	"hash/maphash"
	"math/bits"
)

// seenIDs remembers the ids of a place. While instances come and go, EC2 may list one on
// two pages. A place can have any number of ids, and many places are listed at the same
// time, so only the ids of the last page or two are remembered, unless all is set.
type seenIDs struct {
	all bool

	seed           maphash.Seed
	recent, before hashSet
}

// minRemembered is the minimum number of ids that are remembered.
const minRemembered = pageSize

func newSeenIDs() *seenIDs { return &seenIDs{seed: maphash.MakeSeed()} }

// again reports whether it has had the id before, and remembers it.
func (s *seenIDs) again(id string) bool {
	hash := maphash.String(s.seed, id)
	seen := s.recent.has(hash) || s.before.has(hash)
	if s.recent.len == minRemembered && !s.all {
		clear(s.before.slots)
		s.recent, s.before = hashSet{slots: s.before.slots}, s.recent
	}
	s.recent.add(hash)
	return seen
}

// hashSet is a set of 64-bit hashes that takes about half the memory of a map: many places
// have one at the same time. The zero value is empty.
type hashSet struct {
	slots []uint64 // 0: free
	len   int
}

func (s *hashSet) has(hash uint64) bool {
	return len(s.slots) > 0 && s.slots[s.slot(hash)] != 0
}

func (s *hashSet) add(hash uint64) {
	if s.len >= len(s.slots)*4/5 {
		s.grow()
	}
	if slot := &s.slots[s.slot(hash)]; *slot == 0 {
		*slot = max(hash, 1)
		s.len++
	}
}

// slot returns the index of a hash, or else that of the free slot for it.
func (s *hashSet) slot(hash uint64) int {
	i, _ := bits.Mul64(hash, uint64(len(s.slots))) // in proportion to the hash
	for hash = max(hash, 1); s.slots[i] != 0 && s.slots[i] != hash; {
		if i++; i == uint64(len(s.slots)) {
			i = 0
		}
	}
	return int(i)
}

// grow doubles a small set, and makes room for one more page in a large one.
func (s *hashSet) grow() {
	const smallest, page = 16, pageSize * 5 / 4
	old := s.slots
	size := max(2*len(old), smallest)
	if size > page {
		size = len(old)/page*page + page
	}
	s.slots, s.len = make([]uint64, size), 0
	for _, hash := range old {
		if hash != 0 {
			s.add(hash)
		}
	}
}
