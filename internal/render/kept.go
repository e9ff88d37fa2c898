package render

import (
	"cmp"
	"iter"
	"slices"

	"muster/internal/render/shape"
)

// keptRecords are records that wait for the last one, in the form in which they are
// printed: a row of a table takes a fraction of the memory of its record.
type keptRecords struct {
	order   []sortKey
	records []keptRecord
	block   int32    // the last of blocks
	blocks  [][]byte // places and forms, one after the other

	// Most records have the same values as many others for all keys but the last, so these
	// values are kept once.
	places []string
	known  map[string]int32
}

// keptRecord is where a record is.
type keptRecord struct {
	place        int32 // by all keys but the last, in places
	block        int32
	from         int32
	byLast, size int32 // bytes of the place by the last key, and of the form behind it
}

// keptBlock is the size of a block in bytes.
const keptBlock = 256 << 10

func newKeptRecords(order []sortKey) *keptRecords {
	return &keptRecords{order: order, known: map[string]int32{}, block: -1}
}

// add keeps a record. form appends the form of shown, the record as it is printed.
func (k *keptRecords) add(record, shown shape.Value, form func(b []byte, record shape.Value) []byte) {
	last := max(0, len(k.order)-1)
	var few [64]byte
	place := appendPlace(few[:0], k.order[:last], record)
	r := keptRecord{}
	var ok bool
	if r.place, ok = k.known[string(place)]; !ok {
		r.place = int32(len(k.places))
		text := string(place)
		k.places = append(k.places, text)
		k.known[text] = r.place
	}
	if k.block < 0 || len(k.blocks[k.block]) > keptBlock*15/16 {
		k.blocks = append(k.blocks, make([]byte, 0, keptBlock))
		k.block++
	}
	b := k.blocks[k.block]
	r.block, r.from = k.block, int32(len(b))
	b = appendPlace(b, k.order[last:], record)
	r.byLast = int32(len(b)) - r.from
	b = form(b, shown)
	r.size = int32(len(b)) - r.from - r.byLast
	k.blocks[k.block] = b
	k.records = append(k.records, r)
}

// sorted yields the forms in order. A form is valid until the next one.
func (k *keptRecords) sorted() iter.Seq[[]byte] {
	ranks := k.ranks()
	slices.SortStableFunc(k.records, func(a, b keptRecord) int {
		if a.place != b.place {
			return cmp.Compare(ranks[a.place], ranks[b.place])
		}
		return slices.Compare(k.bytes(a.block, a.from, a.byLast), k.bytes(b.block, b.from, b.byLast))
	})
	return func(yield func([]byte) bool) {
		for _, r := range k.records {
			if !yield(k.bytes(r.block, r.from+r.byLast, r.size)) {
				return
			}
		}
	}
}

// ranks returns the rank of each place.
func (k *keptRecords) ranks() []int32 {
	byPlace := make([]int32, len(k.places))
	for i := range byPlace {
		byPlace[i] = int32(i)
	}
	slices.SortFunc(byPlace, func(a, b int32) int { return cmp.Compare(k.places[a], k.places[b]) })
	ranks := make([]int32, len(k.places))
	for rank, place := range byPlace {
		ranks[place] = int32(rank)
	}
	return ranks
}

func (k *keptRecords) bytes(block, from, n int32) []byte {
	return k.blocks[block][from : from+n : from+n]
}
