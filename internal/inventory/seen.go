package inventory

import "hash/maphash"

// seenIDs remembers the ids of a place. While instances come and go, EC2 may list one on
// two pages. A place can have any number of ids, so only the recent ones, of many pages,
// are remembered, unless all is set.
type seenIDs struct {
	all bool

	seed           maphash.Seed
	recent, before map[uint64]struct{} // hashes
}

// minRemembered is the minimum number of ids that are remembered.
const minRemembered = 16 * pageSize

func newSeenIDs() *seenIDs {
	return &seenIDs{seed: maphash.MakeSeed(), recent: map[uint64]struct{}{}}
}

// again reports whether it has had the id before, and remembers it.
func (s *seenIDs) again(id string) bool {
	hash := maphash.String(s.seed, id)
	_, seen := s.recent[hash]
	if !seen {
		_, seen = s.before[hash]
	}
	if len(s.recent) == minRemembered && !s.all {
		s.recent, s.before = s.before, s.recent
		if clear(s.recent); s.recent == nil {
			s.recent = map[uint64]struct{}{}
		}
	}
	s.recent[hash] = struct{}{}
	return seen
}
