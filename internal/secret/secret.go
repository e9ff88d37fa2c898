// Package secret removes the secrets of a run from everything that muster prints. Servers
// repeat secrets from requests in their errors, codes and headers, often encoded. Such a
// secret can be recognized only by its value.
package secret

import (
	"encoding/binary"
	"strings"
	"sync"
)

const (
	// minPart is the shortest part of a secret that is removed: half the length of a
	// secret access key.
	minPart = 20
	// minWord is the length of the shortest secret. Shorter texts occur everywhere.
	minWord = 4

	// Secrets are indexed by blocks. Each part of minPart bytes contains a whole block.
	blockSize = 8
	blockStep = minPart - blockSize + 1
)

// removed replaces a secret.
const removed = "[secret]"

// Set is a set of secrets. Adding a secret is cheap, because most runs print no text that
// may contain it: the next Scrub does the work. The zero Set is empty. A Set is safe for
// concurrent use.
type Set struct {
	mu    sync.Mutex
	known map[string]bool
	added []string // not indexed yet

	words  []string         // removed only as whole words
	long   []string         // removed in parts, too
	places []place          // of the blocks of long
	first  map[uint64]int32 // index in places, by block
	filter [1 << 13]uint64  // a bit for the hash of each block: most text has none of them
}

// place is the position of a block in a secret.
type place struct {
	secret, at int32 // index in long, and offset
	next       int32 // index of the next place of the same block, or -1
}

// Add adds secrets. Scrub removes parts of long secrets, too, but short secrets only as
// whole words.
func (s *Set) Add(secrets ...string) { s.add(false, secrets) }

// AddWords adds secrets that people choose or type, such as external ids and MFA codes.
// Parts of them may occur in any text, so that Scrub removes them only as whole words.
func (s *Set) AddWords(secrets ...string) { s.add(true, secrets) }

func (s *Set) add(wholeWords bool, secrets []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range secrets {
		text = strings.TrimSpace(text)
		if len(text) < minWord || s.known[text] {
			continue
		}
		if s.known == nil {
			s.known = map[string]bool{}
		}
		s.known[text] = true
		if wholeWords || len(text) < minPart {
			s.words = append(s.words, text)
		} else {
			s.added = append(s.added, text)
		}
	}
}

// index adds the blocks of new secrets. The caller holds mu.
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

// Scrub returns the text without secrets and parts of secrets. It also finds them in the
// encodings of URLs, JSON, XML and base64, up to three of them nested.
func (s *Set) Scrub(text string) string {
	if s == nil || len(text) < minWord {
		return text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index()
	if len(s.long) == 0 && len(s.words) == 0 {
		return text
	}
	found := search{Set: s, secret: make([]bool, len(text))}
	found.search(view{text: text}, maxDepth)
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

// Error returns an error with the same text but without secrets. It scrubs the text each
// time, so that it also removes secrets that were added later. It returns nil for nil.
func (s *Set) Error(err error) error {
	if err == nil || s == nil {
		return err
	}
	return &scrubbed{err, s}
}

// scrubbed is an error without secrets in its text.
type scrubbed struct {
	err error
	set *Set
}

func (e *scrubbed) Error() string { return e.set.Scrub(e.err.Error()) }

func (e *scrubbed) Unwrap() error { return e.err }

// Scrub removes secrets from a text that was made from the inner error.
func (e *scrubbed) Scrub(text string) string { return e.set.Scrub(text) }
