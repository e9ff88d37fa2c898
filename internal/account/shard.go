package account

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
)

// Shard is one of Count equal parts of the accounts; Index starts at 0. A Count of 0
// means all accounts. The part of an account depends on its id alone, so that it does
// not change when other accounts are added or closed.
type Shard struct{ Index, Count int }

// has reports whether an account is in the part. Its name decides if it has no id.
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

// filter yields the accounts of the part, and errors.
func (s Shard) filter(accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for a, err := range accounts {
			if (err != nil || s.has(a)) && !yield(a, err) {
				return
			}
		}
	}
}
