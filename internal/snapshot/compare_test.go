package snapshot

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sideOf returns a side with these records, whose run missed some regions.
func sideOf(records []string, missed ...string) Side {
	return Side{
		Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(strings.Join(records, "\n"))), nil
		},
		Missed: func(_, _, region string) bool { return slices.Contains(missed, region) },
	}
}

// shown returns changes as text.
func shown(changes []Change) (all []string) {
	for _, c := range changes {
		text := fmt.Sprintf("%s %s %s", c.Kind, c.Before, c.After)
		for _, f := range c.Fields {
			text += fmt.Sprintf(" %s:%v>%v", f.Path, f.Before, f.After)
		}
		all = append(all, text)
	}
	return all
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after []string
		ignore        []string
		missedBefore  []string
		missedAfter   []string
		want          []string
	}{
		"equal":        {before: []string{`{"Id":"a","X":1}`, `{"Id":"b"}`}, after: []string{`{"Id":"b"}`, `{"Id":"a","X":1}`}},
		"other form":   {before: []string{`{"Id":"a","X":1,"Y":{"B":2,"A":1}}`}, after: []string{`{ "Y":{"A":1,"B":2}, "X":1, "Id":"a"}`}},
		"list order":   {before: []string{`{"Id":"a","L":[1,{"A":1,"B":2}]}`}, after: []string{`{"Id":"a","L":[{"B":2,"A":1},1]}`}},
		"null":         {before: []string{`{"Id":"a","X":null}`}, after: []string{`{"Id":"a"}`}},
		"large number": {before: []string{`{"Id":"a","X":9007199254740993}`}, after: []string{`{"Id":"a","X":9007199254740992}`}, want: []string{`changed {"Id":"a","X":9007199254740993} {"Id":"a","X":9007199254740992} X:9007199254740993>9007199254740992`}},
		"type":         {before: []string{`{"Id":"a","X":"1"}`}, after: []string{`{"Id":"a","X":1}`}, want: []string{`changed {"Id":"a","X":"1"} {"Id":"a","X":1} X:1>1`}},
		"added, removed": {
			before: []string{`{"Id":"b"}`, `{"Id":"c"}`}, after: []string{`{"Id":"c"}`, `{"Id":"a"}`},
			want: []string{`added  {"Id":"a"}`, `removed {"Id":"b"} `},
		},
		"nested": {
			before: []string{`{"Id":"a","T":{"x":"1","y":"2"}}`}, after: []string{`{"Id":"a","T":{"x":"3","y":"2","z":""}}`},
			want: []string{`changed {"Id":"a","T":{"x":"1","y":"2"}} {"Id":"a","T":{"x":"3","y":"2","z":""}} T.x:1>3 T.z:<nil>>`},
		},
		"ignored":       {before: []string{`{"Id":"a","T":{"x":"1"},"L":[{"A":1,"B":1}]}`}, after: []string{`{"Id":"a","T":{"x":"2"},"L":[{"A":1,"B":2}]}`}, ignore: []string{"T", "L.B"}},
		"ignored globs": {before: []string{`{"Id":"a","T":{"aws:x":"1"}}`}, after: []string{`{"Id":"a","T":{"aws:x":"2"}}`}, ignore: []string{"T.aws:*"}},
		"missed places": {
			before: []string{`{"Id":"a","Region":"r1"}`, `{"Id":"b","Region":"r2"}`}, after: []string{`{"Id":"c","Region":"r3"}`, `{"Id":"d","Region":"r4"}`},
			missedAfter: []string{"r1"}, missedBefore: []string{"r3"},
			want: []string{`unknown {"Id":"a","Region":"r1"} `, `removed {"Id":"b","Region":"r2"} `, `unknown  {"Id":"c","Region":"r3"}`, `added  {"Id":"d","Region":"r4"}`},
		},
		"changed in a missed place": {
			before: []string{`{"Id":"a","Region":"r1","X":1}`}, after: []string{`{"Id":"a","Region":"r1","X":2}`}, missedAfter: []string{"r1"},
			want: []string{`changed {"Id":"a","Region":"r1","X":1} {"Id":"a","Region":"r1","X":2} X:1>2`},
		},
		"same identity": {
			before: []string{`{"Id":"a","X":1}`, `{"Id":"a","X":2}`, `{"Id":"a","X":2}`}, after: []string{`{"Id":"a","X":2}`, `{"Id":"a","X":3}`},
			want: []string{`changed {"Id":"a","X":1} {"Id":"a","X":3} X:1>3`, `removed {"Id":"a","X":2} `},
		},
		"no records": {before: []string{``}, after: []string{``}},
	} {
		ignored, err := Ignore(test.ignore, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Compare(sideOf(test.before, test.missedBefore...), sideOf(test.after, test.missedAfter...), Rules{Identity: []string{"Id"}, Ignore: ignored})
		if err != nil || !slices.Equal(shown(got), test.want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, strings.Join(shown(got), "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// TestCompareWithTheDefinition compares random records with what the words mean: by identity,
// one by one.
func TestCompareWithTheDefinition(t *testing.T) {
	t.Parallel()
	pick := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		sides := [2]map[string]string{{}, {}}
		var lines [2][]string
		for i := range sides {
			for range pick.IntN(30) {
				id := fmt.Sprint(pick.IntN(20))
				sides[i][id] = fmt.Sprintf(`{"Id":%q,"X":%d}`, id, pick.IntN(3))
			}
			for _, text := range sides[i] {
				lines[i] = append(lines[i], text)
			}
		}
		var want []string
		for id, text := range sides[0] {
			switch now, ok := sides[1][id]; {
			case !ok:
				want = append(want, "removed "+text+" ")
			case now != text:
				want = append(want, "changed "+text+" "+now)
			}
		}
		for id, text := range sides[1] {
			if _, ok := sides[0][id]; !ok {
				want = append(want, "added  "+text)
			}
		}
		changes, err := Compare(sideOf(lines[0]), sideOf(lines[1]), Rules{Identity: []string{"Id"}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			got = append(got, fmt.Sprintf("%s %s %s", c.Kind, c.Before, c.After))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q\nwant\n%q", got, want)
		}
	}
}

// TestCompareVersions: a field that one version of muster does not know is not compared.
func TestCompareVersions(t *testing.T) {
	t.Parallel()
	before, after := sideOf([]string{`{"Id":"a"}`}), sideOf([]string{`{"Id":"a","New":1}`})
	before.Fields, after.Fields = []string{"Id"}, []string{"Id", "New"}
	if got, err := Compare(before, after, Rules{Identity: []string{"Id"}}); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", shown(got), err)
	}
	before.Fields = after.Fields
	if got, err := Compare(before, after, Rules{Identity: []string{"Id"}}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", shown(got), err)
	}
}

// TestCompareNoJSON: a file that holds something else is one error.
func TestCompareNoJSON(t *testing.T) {
	t.Parallel()
	_, err := Compare(sideOf([]string{"hello"}), sideOf(nil), Rules{Identity: []string{"Id"}})
	if err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Error(err)
	}
}
