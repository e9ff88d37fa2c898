package inventory

import "hash/maphash"

// sightings remembers the ids of a place: as instances come and go between two pages,
// EC2 may list one on both. A place can have any number of ids, so that only the last
// are remembered, many pages of them, unless all must be.
type sightings struct {
	all bool

	seed           maphash.Seed
	recent, before map[uint64]struct{} // hashes
}

// remembered is how many ids are remembered at least.
const remembered = 16 * pageSize

func newSightings() *sightings {
	return &sightings{seed: maphash.MakeSeed(), recent: map[uint64]struct{}{}}
}

// again says whether an id has been seen, and remembers it.
func (s *sightings) again(id string) bool {
	hash := maphash.String(s.seed, id)
	_, seen := s.recent[hash]
	if !seen {
		_, seen = s.before[hash]
	}
	if len(s.recent) == remembered && !s.all {
		s.recent, s.before = s.before, s.recent
		if clear(s.recent); s.recent == nil {
			s.recent = map[uint64]struct{}{}
		}
	}
	s.recent[hash] = struct{}{}
	return seen
}
