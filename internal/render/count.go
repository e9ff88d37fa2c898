package render

import (
	"fmt"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// counting is --count-by: how many records there are of each combination of
// values. What is printed are records of a type of its own, the fields and Count,
// which every format takes like any other.
type counting struct {
	paths []*path
	typ   reflect.Type
}

const countField = "Count"

// countBy makes the compiler one of counts.
func (c *compiler) countBy() (*counting, error) {
	k := &counting{}
	var fields []reflect.StructField
	view := View{Sort: []string{"-" + countField}}
	known := map[string]bool{countField: true}
	for _, text := range c.CountBy {
		p, err := parsePath("--count-by", strings.TrimSpace(text), c.record)
		if err != nil {
			return nil, err
		}
		if known[p.text] {
			return nil, &Error{Flag: "--count-by", Msg: p.text + " would be there twice", Offset: -1}
		}
		known[p.text] = true
		leaf := p.leaf
		if leaf.kind == aList {
			leaf = leaf.elem
		}
		typ := reflect.TypeFor[string]()
		switch {
		case leaf.scalar() && !leaf.time:
			typ = leaf.typ
		case !leaf.scalar() && leaf.kind != anything:
			return nil, &Error{Flag: "--count-by", Msg: "cannot count by " + p.text + ", a " + p.leaf.String(), Offset: -1}
		}
		k.paths = append(k.paths, p)
		fields = append(fields, reflect.StructField{Name: exported(len(fields), p.text), Type: typ, Tag: reflect.StructTag("json:" + strconv.Quote(p.text))})
		column := Column{Field: p.text, Need: 1, Shorten: true}
		for _, known := range c.view.Columns {
			if known.Field == p.text {
				column = known
			}
		}
		view.Columns = append(view.Columns, column)
		view.Sort = append(view.Sort, p.text)
		view.ID = p.text
	}
	fields = append(fields, reflect.StructField{Name: countField, Type: reflect.TypeFor[int]()})
	view.Columns = append(view.Columns, Column{Field: countField})
	k.typ = reflect.StructOf(fields)
	c.view, c.record, c.counted = view, shapeOf(k.typ), true
	return k, nil
}

// exported is the name of a field in Go, by which templates reach it.
func exported(i int, text string) string {
	if token.IsIdentifier(text) && token.IsExported(text) {
		return text
	}
	return fmt.Sprintf("Field%d", i)
}

// tally is what has been counted.
type tally struct {
	*counting
	counts map[string]reflect.Value // by the values' texts
}

func (k *counting) start() *tally { return &tally{k, map[string]reflect.Value{}} }

// add counts a record: once for each combination of values, of which there are
// several where a field is a list.
func (t *tally) add(record reflect.Value) {
	combinations := [][]string{nil}
	for _, p := range t.paths {
		items := p.items(record)
		slices.Sort(items)
		items = slices.Compact(items)
		if len(items) == 0 {
			items = []string{""}
		}
		var longer [][]string
		for _, start := range combinations {
			for _, item := range items {
				longer = append(longer, append(slices.Clip(start), item))
			}
		}
		combinations = longer
	}
	for _, texts := range combinations {
		key := strings.Join(texts, "\x00")
		counted, ok := t.counts[key]
		if !ok {
			counted = reflect.New(t.typ).Elem()
			for i, text := range texts {
				setText(counted.Field(i), text)
			}
			t.counts[key] = counted
		}
		count := counted.Field(len(t.paths))
		count.SetInt(count.Int() + 1)
	}
}

// records are the counts, in no order.
func (t *tally) records() []reflect.Value { return slices.Collect(maps.Values(t.counts)) }

// setText gives a field the value that a text was made of.
func setText(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(text == "true")
	case reflect.Float32, reflect.Float64:
		f, _ := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
	default:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && v.CanInt() {
			v.SetInt(n)
		} else if n, err := strconv.ParseUint(text, 10, 64); err == nil && v.CanUint() {
			v.SetUint(n)
		}
	}
}

// addBars draws the counts beside the rows, where there is room.
func (g *grid) addBars(rows []row) {
	last := len(g.columns) - 1
	if last < 0 || g.columns[last].Field != countField {
		return
	}
	most, digits := 0, 0
	counts := make([]int, len(rows))
	for i, row := range rows {
		if row.record.IsValid() {
			counts[i] = int(row.record.FieldByName(countField).Int())
			most, digits = max(most, counts[i]), max(digits, len(row.cells[last][0]))
		}
	}
	for i, row := range rows {
		if row.record.IsValid() {
			row.cells[last] = cell{fmt.Sprintf("%*d", digits, counts[i])}
		}
	}
	width := longBar
	if g.width > 0 {
		taken := gap
		for _, natural := range g.naturalWidths(rows, true) {
			taken += natural + gap
		}
		width = min(width, g.width-taken)
	}
	if width < shortBar {
		return
	}
	g.columns = append(g.columns, gridColumn{Column: Column{Title: " ", Need: 100}})
	for i := range rows {
		text := ""
		if counts[i] > 0 {
			text = bar(counts[i], most, width)
		}
		rows[i].cells = append(rows[i].cells, cell{text})
	}
}

// A bar is at most this wide; one of less than shortBar tells nothing.
const longBar, shortBar = 40, 5

// bar is a bar of n/most of the width, to an eighth of a column.
func bar(n, most, width int) string {
	eighths := max(1, (8*width*n+most/2)/most)
	return strings.Repeat("█", eighths/8) + strings.TrimSpace(string([]rune(" ▏▎▍▌▋▊▉")[eighths%8]))
}
