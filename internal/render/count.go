package render

import (
	"maps"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// counting is --count-by: it counts the records with each combination of values.
// The counts are records of a new type, so that every format can print them. It has
// the fields that are counted by, nested as in the counted records, and Count.
type counting struct {
	paths  []*shape.Path
	schema *shape.Schema // of the counts
}

const countField = "Count"

// countBy compiles --count-by. From then on the compiler's records are counts.
func (c *compiler) countBy() (*counting, error) {
	k := &counting{}
	if err := k.parse(c.CountBy, c.record); err != nil {
		return nil, err
	}
	var routes [][]shape.Step
	for _, p := range k.paths {
		routes = append(routes, routeOf(p))
	}
	fields := append(nested(routes, k.leaves()), reflect.StructField{Name: countField, Type: reflect.TypeFor[int]()})
	k.schema = shape.OfGoType(reflect.StructOf(fields))
	c.view, c.record, c.counted = k.view(c.view), k.schema, true
	return k, nil
}

// parse finds the fields to count by. A field that is named twice counts once.
func (k *counting) parse(fields []string, record *shape.Schema) error {
	for _, text := range fields {
		p, err := shape.ParsePath("--count-by", strings.TrimSpace(text), record)
		if err != nil {
			return err
		}
		if leaf := itemOf(p); !leaf.IsScalar() && leaf.Kind != shape.Any {
			return &caret.Error{Flag: "--count-by", Msg: "cannot count by " + p.Text + ", " + p.Leaf.WithArticle(), Offset: -1}
		}
		if other := k.otherForm(p); other != nil {
			return &caret.Error{Flag: "--count-by", Msg: "cannot count by " + other.Text + " and by " + p.Text, Offset: -1}
		}
		if !slices.ContainsFunc(k.paths, func(other *shape.Path) bool { return other.Text == p.Text }) {
			k.paths = append(k.paths, p)
		}
	}
	return nil
}

// otherForm returns an earlier path that leads to a list of pairs by key where p leads to
// its items, or the other way round: a count has one or the other.
func (k *counting) otherForm(p *shape.Path) *shape.Path {
	for _, other := range k.paths {
		one, two := routeOf(p), routeOf(other)
		for i := range min(len(one), len(two)) {
			if (one[i].Field == nil) != (two[i].Field == nil) {
				return other
			}
			if one[i].Field != two[i].Field {
				break
			}
		}
	}
	return nil
}

// view returns the view of the counts, from that of the records: the highest count
// comes first. The last field is the id, and the others are the levels of a tree.
func (k *counting) view(records View) View {
	view := View{Sort: []string{"-" + countField}, Tree: [][]string{}}
	for i, p := range k.paths {
		column := Column{Field: p.Text, Need: 1, Shorten: p.EndsAtKey}
		for _, known := range records.Columns {
			if known.Field == p.Text {
				column = known
			}
		}
		view.Columns = append(view.Columns, column)
		view.Wide = append(view.Wide, p.Text)
		view.Sort = append(view.Sort, p.Text)
		if i < len(k.paths)-1 {
			view.Tree = append(view.Tree, []string{p.Text})
		}
		view.ID = p.Text
	}
	view.Columns = append(view.Columns, Column{Field: countField})
	view.Wide = append(view.Wide, countField)
	return view
}

// itemOf returns the schema of the value at a path, or of its items if it is a list.
func itemOf(p *shape.Path) *shape.Schema {
	if p.Leaf.Kind == shape.List {
		return p.Leaf.Elem
	}
	return p.Leaf
}

// routeOf returns the steps of a path without lists: a count has one item of each.
func routeOf(p *shape.Path) []shape.Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s shape.Step) bool { return s.AllItems() })
}

// leaves returns the Go types of the values that are counted by.
func (k *counting) leaves() []reflect.Type {
	types := make([]reflect.Type, len(k.paths))
	for i, p := range k.paths {
		types[i] = reflect.TypeFor[string]()
		if leaf := itemOf(p); leaf.IsScalar() && leaf.Format == shape.Text {
			types[i] = leaf.GoType()
		}
	}
	return types
}

// nested returns struct fields with the names along the routes, and the types of the
// leaves at their ends.
func nested(routes [][]shape.Step, leaves []reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for i, route := range routes {
		first := route[0]
		field := reflect.StructField{Name: goName(first), Type: leaves[i], Tag: reflect.StructTag("json:" + strconv.Quote(first.Field.Name))}
		if slices.ContainsFunc(fields, func(f reflect.StructField) bool { return f.Name == field.Name }) {
			continue // an earlier route has it
		}
		switch {
		case len(route) == 1:
		case route[1].Field == nil:
			field.Type = reflect.MapOf(reflect.TypeFor[string](), leaves[i])
		default:
			var tails [][]shape.Step
			var ends []reflect.Type
			for j, other := range routes {
				if other[0].Field == first.Field {
					tails, ends = append(tails, other[1:]), append(ends, leaves[j])
				}
			}
			field.Type = reflect.StructOf(nested(tails, ends))
		}
		fields = append(fields, field)
	}
	return fields
}

func goName(s shape.Step) string { return s.In.GoName(s.Field) }

// tally holds the counts so far.
type tally struct {
	*counting
	counts map[string]marked // by the texts of the values
}

func (k *counting) start() *tally { return &tally{k, map[string]marked{}} }

// add counts a record once for each combination of its values: a list has several. A
// count takes over the mark of its records.
func (t *tally) add(r marked) {
	for _, texts := range t.combinations(r.record) {
		key := strings.Join(texts, "\x00")
		counted, ok := t.counts[key]
		if !ok {
			counted.record = shape.ValueOf(t.schema, reflect.New(t.schema.GoType()).Elem())
			for i, text := range texts {
				setAt(counted.record.Reflect(), routeOf(t.paths[i]), text)
			}
		}
		if r.mark != "" {
			counted.mark = r.mark
		}
		count := counted.record.Reflect().FieldByName(countField)
		count.SetInt(count.Int() + 1)
		t.counts[key] = counted
	}
}

// combinations returns each combination of a record's values, as texts.
func (t *tally) combinations(record shape.Value) [][]string {
	combinations := [][]string{nil}
	for _, p := range t.paths {
		items := encode.Items(p, record)
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
	return combinations
}

// records returns the counts in any order.
func (t *tally) records() []marked { return slices.Collect(maps.Values(t.counts)) }

// setAt sets the field at the end of a route to the value with this text.
func setAt(v reflect.Value, route []shape.Step, text string) {
	for _, s := range route {
		if s.Field != nil {
			v = v.FieldByName(goName(s))
			continue
		}
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		value := reflect.New(v.Type().Elem()).Elem()
		setText(value, text)
		v.SetMapIndex(reflect.ValueOf(s.Key), value)
		return
	}
	setText(v, text)
}

// setText sets a field to the value with this text. It reverses encode.Items.
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
