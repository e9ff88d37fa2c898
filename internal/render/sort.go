package render

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

type sortKey struct {
	path       *shape.Path
	descending bool
}

// sortKeys returns the keys of --sort-by, followed by the view's own: otherwise equal
// records would stand in the order in which AWS answered.
func (c *compiler) sortKeys(byView bool) ([]sortKey, error) {
	var keys []sortKey
	add := func(flag, text string) error {
		name, descending := strings.CutPrefix(strings.TrimSpace(text), "-")
		p, err := shape.ParsePath(flag, name, c.record)
		if err != nil {
			return err
		}
		if leaf := p.Leaf; !leaf.IsScalar() && leaf.Kind != shape.Any && !leaf.IsScalarList() {
			return &caret.Error{Flag: flag, Msg: "cannot sort by " + name + ", " + leaf.WithArticle(), Offset: -1}
		}
		keys = append(keys, sortKey{p, descending})
		return nil
	}
	for _, text := range c.SortBy {
		if err := add("--sort-by", text); err != nil {
			return nil, err
		}
	}
	if byView || len(keys) > 0 {
		for _, text := range c.view.Sort {
			if err := add("the default order", text); err != nil {
				return nil, err
			}
		}
	}
	return keys, nil
}

func sortRecords(records []marked, keys []sortKey) {
	if len(keys) == 0 {
		return
	}
	type entry struct {
		record marked
		place  string
	}
	entries := make([]entry, len(records))
	for i, record := range records {
		entries[i] = entry{record, string(appendPlace(nil, keys, record.record))}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.place, b.place) })
	for i := range entries {
		records[i] = entries[i].record
	}
}

// appendPlace appends the place of a record in the order: the bytes of the places compare
// as the records do. No place is the beginning of another one.
func appendPlace(b []byte, keys []sortKey, record shape.Value) []byte {
	for _, key := range keys {
		from := len(b)
		b = sortValueOf(key.path, record).append(b)
		if key.descending {
			for i := range b[from:] {
				b[from+i] ^= 0xff
			}
		}
	}
	return b
}

// sortValue is a value to compare. A text that is a number or an IP address is compared as
// one, and as a text only where both are equal.
type sortValue struct {
	class   byte // 0: no value, 1: number, 2: address, 3: text
	number  float64
	address netip.Addr
	text    string
}

// append appends bytes that compare as the values do.
func (v sortValue) append(b []byte) []byte {
	b = append(b, v.class)
	switch v.class {
	case 1:
		const sign = 1 << 63
		bits := math.Float64bits(v.number + 0) // -0 is 0
		if bits&sign != 0 {
			bits = ^bits
		} else {
			bits |= sign
		}
		b = binary.BigEndian.AppendUint64(b, bits)
	case 2:
		b = append(b, byte(v.address.BitLen()))
		b = append(b, v.address.AsSlice()...)
		b = appendEnded(b, v.address.Zone())
	}
	return appendEnded(b, v.text)
}

// appendEnded appends a text and an end that is less than any byte.
func appendEnded(b []byte, text string) []byte {
	for {
		plain, rest, found := strings.Cut(text, "\x00")
		b = append(append(b, plain...), 0)
		if !found {
			return append(b, 0)
		}
		b, text = append(b, 0xff), rest
	}
}

// sortValueOf returns the first value at the end of a path.
func sortValueOf(p *shape.Path, record shape.Value) sortValue {
	var text []byte
	found := false
	p.Visit(record, func(v shape.Value) {
		if p.Leaf.Kind == shape.List {
			if v.Len() == 0 {
				return
			}
			v = v.Index(0)
		}
		if !found {
			text, found = encode.Plain(nil, v), true
		}
	})
	value := sortValue{text: string(text)}
	if value.text == "" {
		return value
	}
	value.class = 3
	if strings.Trim(value.text, "0123456789.-") == "" {
		if n, err := strconv.ParseFloat(value.text, 64); err == nil {
			value.class, value.number = 1, n
			return value
		}
	}
	if address, err := netip.ParseAddr(value.text); err == nil {
		value.class, value.address = 2, address
	}
	return value
}
