// Package secret keeps the secrets of a run out of what is printed. Servers repeat
// what they were sent, in errors, codes and headers, as it was or encoded; only its
// value tells such a secret from other text.
package secret

import (
	"encoding/binary"
	"strings"
	"sync"
)

const (
	// least is the length from which a part of a secret is removed, and not only the
	// whole. Half a secret access key has as many characters.
	least = 20
	// leastWord is the length of the shortest secret that is looked for. What is
	// shorter is in any text.
	leastWord = 4

	// Of any part of that length, one block lies within it whole.
	blockSize = 8
	blockStep = least - blockSize + 1
)

// removed is printed in place of a secret.
const removed = "[secret]"

// Set holds secrets. Adding one costs next to nothing, since most runs print nothing
// that could hold it: the first Scrub after that does the work. The zero Set is
// empty. A Set is safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	known map[string]bool
	added []string // to be indexed

	words  []string // found as whole words only
	long   []string // found in part
	places []place  // of the blocks of long
	first  map[uint64]int32
	filter [1 << 13]uint64 // of the blocks, a bit for each hash: most text has none of them
}

// place is where a block begins.
type place struct {
	secret, at int32
	next       int32 // of the same block, -1 for none
}

// Add remembers secrets. Those of some length are then found in part, too, short
// ones as whole words.
func (s *Set) Add(secrets ...string) { s.add(false, secrets) }

// AddWords remembers secrets that people choose or type, such as external ids and
// MFA codes: parts of them may be in any text, so they are found as whole words only.
func (s *Set) AddWords(secrets ...string) { s.add(true, secrets) }

func (s *Set) add(whole bool, secrets []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range secrets {
		text = strings.TrimSpace(text)
		if len(text) < leastWord || s.known[text] {
			continue
		}
		if s.known == nil {
			s.known = map[string]bool{}
		}
		s.known[text] = true
		if whole || len(text) < least {
			s.words = append(s.words, text)
		} else {
			s.added = append(s.added, text)
		}
	}
}

// index enters the blocks of what was added; mu is held.
func (s *Set) index() {
	if s.first == nil && len(s.added) > 0 {
		s.first = map[uint64]int32{}
	}
	for _, text := range s.added {
		n := int32(len(s.long))
		s.long = append(s.long, text)
		for at := 0; at+blockSize <= len(text); at += blockStep {
			block := blockAt(text, at)
			next, again := s.first[block]
			if !again {
				next = -1
			}
			s.first[block] = int32(len(s.places))
			s.places = append(s.places, place{n, int32(at), next})
			word, bit := s.filterBit(block)
			*word |= bit
		}
	}
	s.added = nil
}

func (s *Set) filterBit(block uint64) (word *uint64, bit uint64) {
	hash := block * 0x9e3779b97f4a7c15 >> (64 - 19)
	return &s.filter[hash>>6], 1 << (hash & 63)
}

func blockAt(text string, at int) uint64 {
	return binary.LittleEndian.Uint64([]byte(text[at : at+blockSize]))
}

// Scrub returns the text without the secrets, whole or in part, plain or encoded:
// as in URLs, JSON, XML, base64, or in several of these.
func (s *Set) Scrub(text string) string {
	if s == nil || len(text) < leastWord {
		return text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index()
	if len(s.long) == 0 && len(s.words) == 0 {
		return text
	}
	found := search{Set: s, secret: make([]bool, len(text))}
	found.in(view{text: text}, deepest)
	if !found.any {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case !found.secret[i]:
			out.WriteByte(text[i])
		case i == 0 || !found.secret[i-1]:
			out.WriteString(removed)
		}
	}
	return out.String()
}

// Error returns an error whose text is without the secrets that the set has when
// it is read; nil for nil.
func (s *Set) Error(err error) error {
	if err == nil || s == nil {
		return err
	}
	return &scrubbed{err, s}
}

type scrubbed struct {
	err error
	set *Set
}

func (e *scrubbed) Error() string { return e.set.Scrub(e.err.Error()) }

func (e *scrubbed) Unwrap() error { return e.err }

// Scrub is the set's, for those who word the error themselves.
func (e *scrubbed) Scrub(text string) string { return e.set.Scrub(text) }
