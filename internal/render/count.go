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

// counting is --count-by: how many records there are of each combination of
// values. What is printed are records of a type of its own, which every format
// takes like any other: the fields counted by, where they are in the records
// counted, and Count.
type counting struct {
	paths  []*shape.Path
	schema *shape.Schema // of the counts
}

const countField = "Count"

// countBy makes the compiler one of counts.
func (c *compiler) countBy() (*counting, error) {
	k := &counting{}
	view := View{Sort: []string{"-" + countField}, Tree: [][]string{}}
	var routes [][]shape.Step
	for _, text := range c.CountBy {
		p, err := shape.ParsePath("--count-by", strings.TrimSpace(text), c.record)
		if err != nil {
			return nil, err
		}
		if leaf := itemOf(p); !leaf.IsScalar() && leaf.Kind != shape.Any {
			return nil, &caret.Error{Flag: "--count-by", Msg: "cannot count by " + p.Text + ", a " + p.Leaf.String(), Offset: -1}
		}
		if slices.ContainsFunc(k.paths, func(other *shape.Path) bool { return other.Text == p.Text }) {
			continue
		}
		k.paths = append(k.paths, p)
		routes = append(routes, routeOf(p))
		column := Column{Field: p.Text, Need: 1, Shorten: p.EndsAtKey}
		for _, known := range c.view.Columns {
			if known.Field == p.Text {
				column = known
			}
		}
		if view.ID != "" {
			view.Tree = append(view.Tree, []string{view.ID})
		}
		view.ID = p.Text
		view.Columns = append(view.Columns, column)
		view.Wide = append(view.Wide, p.Text)
		view.Sort = append(view.Sort, p.Text)
	}
	view.Columns = append(view.Columns, Column{Field: countField})
	view.Wide = append(view.Wide, countField)
	fields := append(mirrored(routes, k.leaves()), reflect.StructField{Name: countField, Type: reflect.TypeFor[int]()})
	k.schema = shape.OfGoType(reflect.StructOf(fields))
	c.view, c.record, c.counted = view, k.schema, true
	return k, nil
}

// item is the shape of what the path leads to, or of each item of it.
func itemOf(p *shape.Path) *shape.Schema {
	if p.Leaf.Kind == shape.List {
		return p.Leaf.Elem
	}
	return p.Leaf
}

// route is the path without the lists on the way.
func routeOf(p *shape.Path) []shape.Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s shape.Step) bool { return s.In.Kind == shape.List })
}

// leaves are the types of the values that are counted.
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

// mirrored are fields with the names of those that routes go through, and the
// leaves where they end.
func mirrored(routes [][]shape.Step, leaves []reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for i, route := range routes {
		first := route[0]
		field := reflect.StructField{Name: goName(first), Type: leaves[i], Tag: reflect.StructTag("json:" + strconv.Quote(first.Field.Name))}
		if slices.ContainsFunc(fields, func(f reflect.StructField) bool { return f.Name == field.Name }) {
			continue // with the one before that goes the same way
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
			field.Type = reflect.StructOf(mirrored(tails, ends))
		}
		fields = append(fields, field)
	}
	return fields
}

func goName(s shape.Step) string { return s.In.GoName(s.Field) }

// tally is what has been counted.
type tally struct {
	*counting
	counts map[string]marked // by the values' texts
}

func (k *counting) start() *tally { return &tally{k, map[string]marked{}} }

// add counts a record: once for each combination of values, of which there are
// several where a field is a list. A count with a record in it that was not looked
// for is marked so itself.
func (t *tally) add(r marked) {
	combinations := [][]string{nil}
	for _, p := range t.paths {
		items := encode.Items(p, r.record)
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

// records are the counts, in no order.
func (t *tally) records() []marked { return slices.Collect(maps.Values(t.counts)) }

// setAt gives the field at the end of a route the value that a text was made of.
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
