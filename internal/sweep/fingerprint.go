package sweep

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
)

// Fingerprints identify records by a 64-bit hash of each one's id. The ids themselves
// would take too much memory while many places are under way.
type Fingerprints []uint64

func fingerprint(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// MarshalText encodes the fingerprints as base64, eight bytes each.
func (f Fingerprints) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 8*len(f))
	for _, hash := range f {
		raw = binary.BigEndian.AppendUint64(raw, hash)
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText decodes the text of MarshalText, and sorts the fingerprints.
func (f *Fingerprints) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(raw)%8 != 0 {
		return errors.New("the field Printed is damaged")
	}
	*f = make(Fingerprints, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		*f = append(*f, binary.BigEndian.Uint64(raw))
	}
	slices.Sort(*f)
	return nil
}

// contain reports whether f, which must be sorted, has a fingerprint.
func (f Fingerprints) contain(hash uint64) bool {
	_, found := slices.BinarySearch(f, hash)
	return found
}
