package account

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
)

// Shard is one of several equal parts of all accounts. Which part an account is
// in depends on its id alone, so that other accounts may come and go.
type Shard struct{ Index, Count int } // Index from 0; a Count of 0 is the whole

// has goes by the name of an account whose id nobody can tell.
func (s Shard) has(a *Account) bool {
	if s.Count == 0 {
		return true
	}
	key := a.ID
	if key == "" {
		key = a.Name
	}
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Count) == uint64(s.Index)
}

// of filters a list.
func (s Shard) of(accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for a, err := range accounts {
			if (err != nil || s.has(a)) && !yield(a, err) {
				return
			}
		}
	}
}
