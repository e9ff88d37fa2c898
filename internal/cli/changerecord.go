package cli

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"muster/internal/render"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
	"muster/internal/snapshot"
)

// changeType is the type of the records of a comparison. They have how the record has changed,
// the fields of the listing that identify it or that its tables show, the fields that differ,
// and the record on both sides.
type changeType struct {
	t      reflect.Type
	source *recordSource
	copied []int // the fields of the record that a change has, too
	id     int   // the field that Id repeats; -1: none
}

// changeFields are the fields that a change has and its record does not.
var changeFields = []string{"Change", "Fields", "Changes", "Before", "After"}

func newChangeType(source *recordSource) *changeType {
	c := &changeType{source: source, id: -1}
	wanted := map[string]bool{"AccountId": true, "AccountName": true, "Region": true, "Kind": true, "Id": true, "Name": true}
	want := func(paths ...string) {
		for _, path := range paths {
			first, _, _ := strings.Cut(strings.TrimPrefix(path, "-"), ".")
			wanted[first] = true
		}
	}
	view := source.view
	want(source.identity...)
	want(view.Sort...)
	want(view.ID)
	for _, column := range view.Columns {
		want(column.Field)
	}
	want(slices.Concat(view.Tree...)...)
	fields := []reflect.StructField{{Name: "Change", Type: reflect.TypeFor[string]()}}
	for i, f := range reflect.VisibleFields(source.record) {
		if name := fieldName(f); len(f.Index) == 1 && f.IsExported() && wanted[name] && !slices.Contains(changeFields, name) && !slices.Contains(changeFields, f.Name) {
			fields, c.copied = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag}), append(c.copied, i)
			if name == view.ID && f.Type.Kind() == reflect.String {
				c.id = i
			}
		}
	}
	if slices.ContainsFunc(fields, func(f reflect.StructField) bool { return f.Name == "Id" }) {
		c.id = -1
	}
	if c.id >= 0 {
		fields = append(fields, reflect.StructField{Name: "Id", Type: reflect.TypeFor[string]()})
	}
	c.t = reflect.StructOf(append(fields,
		reflect.StructField{Name: "Fields", Type: reflect.TypeFor[[]string]()},
		reflect.StructField{Name: "Changes", Type: reflect.TypeFor[[]string]()},
		reflect.StructField{Name: "Before", Type: reflect.PointerTo(source.record), Tag: `render:"whole"`},
		reflect.StructField{Name: "After", Type: reflect.PointerTo(source.record), Tag: `render:"whole"`},
	))
	return c
}

func fieldName(f reflect.StructField) string {
	if name := f.Tag.Get("json"); name != "" {
		return name
	}
	return f.Name
}

// view returns the appearance of the changes: that of the records, with marks or with a column
// that says the same, and with what differs.
func (c *changeType) view(format string) render.View {
	v := c.source.view
	has := func(path string) bool {
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "-"), ".")
		return slices.ContainsFunc(c.copied, func(i int) bool { return fieldName(c.source.record.Field(i)) == first })
	}
	lacks := func(path string) bool { return !has(path) }
	changes := render.View{
		Sort: slices.DeleteFunc(slices.Clone(v.Sort), lacks), Mark: "Change", Absent: v.Absent,
		Columns: slices.DeleteFunc(slices.Clone(v.Columns), func(column render.Column) bool { return !has(column.Field) }),
	}
	if has(v.ID) {
		changes.ID = v.ID
	}
	for _, level := range v.Tree {
		if level = slices.DeleteFunc(slices.Clone(level), lacks); len(level) > 0 {
			changes.Tree = append(changes.Tree, level)
		}
	}
	for _, column := range changes.Columns {
		changes.Text = append(changes.Text, column.Field)
	}
	changes.Text = append([]string{"Change"}, append(changes.Text, "Changes")...)
	if format == "html" || format == "markdown" {
		changes.Mark = ""
		changes.Columns = append([]render.Column{{Field: "Change", Color: render.MarkColor}}, changes.Columns...)
	}
	changes.Columns = append(changes.Columns, render.Column{Field: "Changes", Need: 1, Shorten: true, Min: 24})
	return changes
}

// record returns the record of a change.
func (c *changeType) record(change *snapshot.Change) (record, error) {
	v := reflect.New(c.t).Elem()
	v.FieldByName("Change").SetString(string(change.Kind))
	var present record
	for _, side := range []struct {
		field string
		text  []byte
	}{{"Before", change.Before}, {"After", change.After}} {
		if side.text == nil {
			continue
		}
		r, err := readRecord(c.source.record, side.text)
		if err != nil {
			return v, fmt.Errorf("a record of a snapshot: %w", err)
		}
		present = r
		pointer := v.FieldByName(side.field)
		pointer.Set(reflect.New(c.source.record))
		pointer.Elem().Set(r)
	}
	for i, from := range c.copied {
		v.Field(1 + i).Set(present.Field(from))
	}
	if c.id >= 0 {
		v.FieldByName("Id").SetString(present.Field(c.id).String())
	}
	names, texts := []string{}, []string{}
	for _, f := range change.Fields {
		names = append(names, f.Path)
		texts = append(texts, f.Path+": "+shownChange(f.Before, f.After))
	}
	v.FieldByName("Fields").Set(reflect.ValueOf(names))
	v.FieldByName("Changes").Set(reflect.ValueOf(texts))
	return v, nil
}

// mostShown is the length to which a value in Changes is cut. Before and After have all of it.
const mostShown = 80

// shownChange returns how a value has changed: of a list, the items that only one side has.
func shownChange(before, after any) string {
	old, wasList := before.([]any)
	now, isList := after.([]any)
	if !wasList || !isList {
		return shownValueOf(before) + " → " + shownValueOf(after)
	}
	texts := func(list []any) (texts []string) {
		for _, item := range list {
			texts = append(texts, shownValueOf(item))
		}
		return texts
	}
	gone, fresh := texts(old), texts(now)
	var parts []string
	for _, text := range gone {
		if i := slices.Index(fresh, text); i >= 0 {
			fresh = slices.Delete(fresh, i, i+1)
		} else {
			parts = append(parts, "-"+text)
		}
	}
	for _, text := range fresh {
		parts = append(parts, "+"+text)
	}
	return cutText(cmp.Or(strings.Join(parts, " "), "changed")) // further inside than a text shows
}

// shownValueOf returns a value in short.
func shownValueOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "-"
	case string:
		return cutText(cmp.Or(value, "-"))
	}
	return cutText(string(encode.JSON{}.Any(nil, value, 0)))
}

func cutText(text string) string {
	if runes := []rune(text); len(runes) > mostShown {
		return string(runes[:mostShown-1]) + "…"
	}
	return text
}

// ignoredByDefault are globs of the names of fields that change by themselves: what has last
// used a thing, how full it is, and until when it can be restored.
var ignoredByDefault = []string{
	"*LastUsed*", "*LastAccessed*", "LastActivity*", "*LastSeen*", "LastPing*", "*Heartbeat*", "*LastConnected*",
	"LastEventTimestamp", "LastIngestionTime", "LatestRestorableTime", "LatestRestorableDateTime", "*LastRefresh*",
	"StoredBytes", "ItemCount", "TableSizeBytes", "IndexSizeBytes", "AvailableIpAddressCount", "SizeInBytes", "ApproximateNumberOf*",
}

// reachedBy are fields that say how muster reached an account.
var reachedBy = []string{"AccountName", "Profile", "Role"}

// rules returns how records are compared.
func (s *recordSource) rules(flags *CompareFlags) (snapshot.Rules, error) {
	schema := shape.OfGoType(s.record)
	schema.Absent = s.view.Absent
	paths, ending := slices.Clone(flags.Ignore), []string(nil)
	for _, path := range paths {
		if strings.ContainsAny(path, `*?[{\`) {
			continue
		}
		if _, err := shape.ParsePath("--ignore", path, schema); err != nil {
			return snapshot.Rules{}, err
		}
	}
	if !flags.AllFields {
		noise := s.noise
		if noise == nil {
			noise = reachedBy
		}
		paths, ending = append(paths, noise...), ignoredByDefault
	}
	ignored, err := snapshot.Ignore(paths, ending)
	if err != nil {
		return snapshot.Rules{}, usage("--ignore %v", err)
	}
	return snapshot.Rules{Identity: s.identity, Ignore: ignored}, nil
}
