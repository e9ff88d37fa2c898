package render

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// compare compares values field by field.
func (a sortValue) compare(b sortValue) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.number, b.number), a.address.Compare(b.address), cmp.Compare(a.text, b.text))
}

type sortedRecord struct {
	Value string
	List  []string
	ID    int
}

// TestPlacesCompareAsValues: the bytes of a place compare as numbers, addresses and texts
// do, in both directions, and also where one text begins with another.
func TestPlacesCompareAsValues(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "0", "-0", "00", "1", "1.0", "01", "-1", "-2.5", "10", "9", "999999999999", "012345678901", "9007199254740992", "9007199254740993", "1-2", "1.2.3",
		"10.0.0.1", "10.0.0.10", "9.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fe80::1%eth1", "fe80::1", "a", "a\x00", "a\x00b", "a\x01", "a\xff", "\xff", "A", "aa", "b", "é",
	}
	for _, sorting := range []string{"Value", "-Value"} {
		p, err := Compile[sortedRecord](Options{Output: "json", SortBy: []string{sorting}}, View{ID: "ID"})
		if err != nil {
			t.Fatal(err)
		}
		key := p.plan.order[0]
		for _, a := range texts {
			for _, b := range texts {
				one, two := p.valueOf(&sortedRecord{Value: a}), p.valueOf(&sortedRecord{Value: b})
				want := sortValueOf(key.path, one).compare(sortValueOf(key.path, two))
				if key.descending {
					want = -want
				}
				places := [][]byte{appendPlace(nil, p.plan.order, one), appendPlace(nil, p.plan.order, two)}
				if got := bytes.Compare(places[0], places[1]); got != want {
					t.Errorf("--sort-by %s: %q and %q compare as %d, and their places as %d", sorting, a, b, want, got)
				}
				if a != b && bytes.HasPrefix(places[1], places[0]) {
					t.Errorf("the place of %q is the beginning of that of %q", a, b)
				}
			}
		}
	}
}

// TestKeptForms: records that wait as forms are printed in the order of records that wait
// themselves, and as a format without order prints them.
func TestKeptForms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var records []sortedRecord
	for i := range 3000 {
		record := sortedRecord{Value: fmt.Sprint(r.IntN(20)), ID: i}
		for range r.IntN(3) {
			record.List = append(record.List, strings.Repeat("long\n", r.IntN(200))+fmt.Sprint(r.IntN(5)))
		}
		records = append(records, record)
	}
	view := View{ID: "ID", Sort: []string{"Value", "List"}, Columns: []Column{{Field: "Value"}, {Field: "List"}, {Field: "ID"}}}
	print := func(o Options, records []sortedRecord) string {
		p, err := Compile[sortedRecord](o, view)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := p.Start(&out)
		for _, record := range records {
			if err := s.Write(record); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, sorting := range []string{"Value", "-Value,List", "List", "-ID"} {
		sortBy := strings.Split(sorting, ",")
		p, err := Compile[sortedRecord](Options{Output: "ndjson", SortBy: sortBy}, view)
		if err != nil {
			t.Fatal(err)
		}
		var sorted []sortedRecord
		for _, v := range p.Sorted(records) {
			sorted = append(sorted, v.Interface().(sortedRecord))
		}
		for _, output := range []string{"csv", "text", "name"} {
			if print(Options{Output: output, SortBy: sortBy}, records) != print(Options{Output: output}, sorted) {
				t.Errorf("-o %s --sort-by %s: another order than that of the records", output, sorting)
			}
		}
		for _, output := range []string{"table", "wide", "markdown"} {
			out := print(Options{Output: output, SortBy: sortBy, NoHeaders: output != "markdown"}, records)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if output == "markdown" {
				lines = lines[2:]
			}
			if len(lines) != len(sorted) {
				t.Fatalf("-o %s: %d lines", output, len(lines))
			}
			for i, line := range lines {
				if fields := strings.Fields(strings.Trim(line, "| ")); fields[len(fields)-1] != fmt.Sprint(sorted[i].ID) {
					t.Fatalf("-o %s --sort-by %s: line %d ends in %q, not in %d", output, sorting, i, fields[len(fields)-1], sorted[i].ID)
				}
			}
		}
	}
}
