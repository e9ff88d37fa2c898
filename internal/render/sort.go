package render

import (
	"cmp"
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
		values []sortValue
	}
	entries := make([]entry, len(records))
	for i, record := range records {
		entries[i] = entry{record, make([]sortValue, len(keys))}
		for j, key := range keys {
			entries[i].values[j] = sortValueOf(key.path, record.record)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		for i, key := range keys {
			if order := a.values[i].compare(b.values[i]); order != 0 {
				if key.descending {
					return -order
				}
				return order
			}
		}
		return 0
	})
	for i := range entries {
		records[i] = entries[i].record
	}
}

// sortValue is a value to compare. A text that is a number or an IP address is compared as
// one.
type sortValue struct {
	class   int // 0: no value, 1: number, 2: address, 3: text
	number  float64
	address netip.Addr
	text    string
}

func (a sortValue) compare(b sortValue) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.number, b.number), a.address.Compare(b.address), cmp.Compare(a.text, b.text))
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
