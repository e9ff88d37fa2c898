package parquet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	pq "github.com/parquet-go/parquet-go"

	"muster/internal/render/shape"
)

type record struct {
	Id     string
	At     string    `render:"time"`
	Made   time.Time `render:"optional"`
	Count  int
	Part   float64
	Active bool
	Names  []string
	Inner  inner
	Nested []nested
	Tags   map[string]string
	Open   any
	Maybe  *string `render:"optional"`
	Deep   *inner  `render:"optional"`
	Bytes  []byte
}

type inner struct {
	Text  string
	Texts []string
}

type nested struct {
	Id     string
	Leaves []leaf
	Lists  [][]int
}

type leaf struct {
	Name string
	On   bool
}

// row is how the library reads a record.
type row struct {
	Id     string
	At     *time.Time `parquet:"At,optional,timestamp(microsecond)"`
	Made   *time.Time `parquet:"Made,optional,timestamp(microsecond)"`
	Count  int64
	Part   float64
	Active bool
	Names  []string `parquet:"Names,list"`
	Inner  rowInner
	Nested []rowNested       `parquet:"Nested,list"`
	Tags   map[string]string `parquet:"Tags"`
	Open   *string           `parquet:"Open,optional,json"`
	Maybe  *string           `parquet:"Maybe,optional"`
	Deep   *rowInner         `parquet:"Deep,optional"`
	Bytes  []byte
}

type rowInner struct {
	Text  string
	Texts []string `parquet:"Texts,list"`
}

type rowNested struct {
	Id     string
	Leaves []leaf    `parquet:"Leaves,list"`
	Lists  [][]int64 `parquet:"Lists,list"`
}

// TestRoundTrip: another reader of the format finds the values of generated records.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	schema := shape.SchemaOf[record]()
	var file bytes.Buffer
	w := NewWriter(&file, schema, "test")
	records := make([]record, 3*batchRows+7)
	for i := range records {
		records[i] = generate(random)
		if err := w.Write(shape.ValueOf(schema, reflect.ValueOf(&records[i]).Elem())); err != nil {
			t.Fatal(err)
		}
		if i == batchRows { // a row group ends
			w.rows = groupRows
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := pq.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(opened.RowGroups()); n != 2 {
		t.Errorf("%d row groups, want 2", n)
	}
	var names []string
	for _, f := range opened.Schema().Fields() {
		names = append(names, f.Name())
	}
	if want := schema.FieldNames(); !reflect.DeepEqual(names, want) {
		t.Errorf("columns %v, want them in the record's order: %v", names, want)
	}
	rows, err := pq.Read[row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(records) {
		t.Fatalf("%d rows, want %d", len(rows), len(records))
	}
	for i := range rows {
		if got, want := text(rows[i]), text(expected(records[i])); got != want {
			t.Fatalf("record %d:\n got %s\nwant %s", i, got, want)
		}
	}
}

// TestNoRecords: a file without records has the columns.
func TestNoRecords(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := NewWriter(&file, shape.SchemaOf[record](), "test").Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := pq.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil || opened.NumRows() != 0 || len(opened.Schema().Fields()) != 14 {
		t.Errorf("%v rows, %v", opened, err)
	}
}

func generate(random *rand.Rand) record {
	word := func() string {
		words := []string{"", "a", "ü", "a,b", "\x00", "x\xffy", "\u202e", strings.Repeat("long ", 50), fmt.Sprint(random.Uint64())}
		return words[random.IntN(len(words))]
	}
	list := func() []string {
		list := make([]string, random.IntN(4))
		for i := range list {
			list[i] = word()
		}
		return list
	}
	r := record{Id: word(), Count: random.Int(), Part: random.Float64(), Active: random.IntN(2) == 0, Names: list(), Inner: inner{word(), list()}, Bytes: []byte(word())}
	if random.IntN(2) == 0 {
		r.At = time.Unix(random.Int64N(2e9), 0).UTC().Format(time.RFC3339)
		r.Made = time.Unix(random.Int64N(2e9), 5000).UTC()
		r.Maybe = new(word())
		r.Deep = &inner{word(), list()}
		r.Open = map[string]any{"k": word(), "n": nil}
	}
	for range random.IntN(3) {
		n := nested{Id: word()}
		for range random.IntN(3) {
			n.Leaves = append(n.Leaves, leaf{word(), random.IntN(2) == 0})
			n.Lists = append(n.Lists, make([]int, random.IntN(3)))
		}
		r.Nested = append(r.Nested, n)
	}
	for range random.IntN(3) {
		if r.Tags == nil {
			r.Tags = map[string]string{}
		}
		r.Tags[fmt.Sprint(random.IntN(9))] = word()
	}
	return r
}

func expected(r record) row {
	clean := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
	cleanAll := func(list []string) (all []string) {
		for _, s := range list {
			all = append(all, clean(s))
		}
		return all
	}
	e := row{Id: clean(r.Id), Count: int64(r.Count), Part: r.Part, Active: r.Active, Names: cleanAll(r.Names), Inner: rowInner{clean(r.Inner.Text), cleanAll(r.Inner.Texts)}, Bytes: r.Bytes}
	if r.At != "" {
		at, _ := time.Parse(time.RFC3339, r.At)
		e.At, e.Made, e.Maybe, e.Deep = &at, &r.Made, new(clean(*r.Maybe)), &rowInner{clean(r.Deep.Text), cleanAll(r.Deep.Texts)}
		e.Open = new(openText(r.Open))
	}
	for _, n := range r.Nested {
		out := rowNested{Id: clean(n.Id)}
		for i, l := range n.Leaves {
			out.Leaves = append(out.Leaves, leaf{clean(l.Name), l.On})
			out.Lists = append(out.Lists, make([]int64, len(n.Lists[i])))
		}
		e.Nested = append(e.Nested, out)
	}
	for k, v := range r.Tags {
		if e.Tags == nil {
			e.Tags = map[string]string{}
		}
		e.Tags[k] = clean(v)
	}
	return e
}

func openText(open any) string {
	b, _ := json.Marshal(open)
	return string(b)
}

// text is a row as JSON, with nothing for a list or map that is empty.
func text(r row) string {
	if r.Open != nil {
		var open any
		json.Unmarshal([]byte(*r.Open), &open)
		r.Open = new(openText(open))
	}
	b, _ := json.Marshal(r)
	return strings.NewReplacer("[]", "null", "{}", "null").Replace(string(b))
}

// TestNames: no two columns have names that differ only in case.
func TestNames(t *testing.T) {
	t.Parallel()
	type record struct {
		Arn  string
		Name string
		ARN  string
		Own  struct{ Id, ID int }
		Arn1 string `json:"arn_1"`
		Arn2 string `json:"arn"`
	}
	columns := func(without ...string) string {
		var file bytes.Buffer
		if err := NewWriter(&file, shape.SchemaOf[record](), "test", without...).Close(); err != nil {
			t.Fatal(err)
		}
		opened, err := pq.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, path := range opened.Schema().Columns() {
			names = append(names, strings.Join(path, "."))
		}
		return strings.Join(names, " ")
	}
	if got, want := columns(), "Arn Name ARN_1 Own.Id Own.ID_1 arn_1_1 arn_2"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	// A column without a field keeps the name that it has with it: partitions are columns too.
	if got, want := columns("Arn", "Own"), "Name ARN_1 arn_1_1 arn_2"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}
