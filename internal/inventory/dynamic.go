package inventory

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// Records of the catalogue's operations have a Go type that is made when the operation
// is known, so that every format prints them as it prints others. Absent members are
// nil.

// owners are the fields that every record begins with.
var owners = []string{"AccountId", "AccountName", "Region"}

// RecordType returns the type of the operation's records. more are the fields Profile
// and Role, where they are wanted.
func (o *Operation) RecordType(more ...string) reflect.Type {
	var fields []reflect.StructField
	for _, name := range owners {
		fields = append(fields, reflect.StructField{Name: name, Type: reflect.TypeFor[string]()})
	}
	switch item := o.itemShape(); {
	case item == nil:
	case hasMembers(item):
		for _, m := range item.Members() {
			fields = appendMember(fields, recordName(m.Name), m.Shape, []*catalog.Shape{item})
		}
	default:
		fields = append(fields, optional("Value", "Value", memberType(item, nil)))
	}
	for _, name := range more {
		fields = append(fields, reflect.StructField{Name: name + "_", Tag: reflect.StructTag(fmt.Sprintf("json:%q", name)), Type: reflect.TypeFor[string]()})
	}
	return reflect.StructOf(fields)
}

// hasMembers reports whether the fields of a record are the members of its item. Other
// items are the record's Value: texts, numbers, maps, any JSON.
func hasMembers(item *catalog.Shape) bool {
	return item.Kind() == catalog.Structure && !item.Traits().Document
}

// HasList reports whether the answer has a list whose items are the records.
func (o *Operation) HasList() bool { return o.items != "" }

// AnswerType returns the type of the answers of all places in one, in the AWS CLI's own
// shape: the items of the main list are records, and the items of others are as AWS has
// them. It is for operations with HasList.
func (o *Operation) AnswerType(record reflect.Type) reflect.Type {
	if !hasMembers(o.itemShape()) {
		record = valueType(o.itemShape(), nil) // plain values stay plain
	}
	root := new(tree)
	root.put(o.items, reflect.SliceOf(record), false)
	for _, path := range o.lists {
		root.put(path, reflect.SliceOf(valueType(o.op.Output.At(path).Element().Shape, nil)), true)
	}
	return root.structType()
}

// tree is a structure that is put together from the paths of its lists.
type tree struct {
	names    []string
	children []*tree
	leaf     reflect.Type
	optional bool // an answer may lack the leaf
}

func (t *tree) put(path string, leaf reflect.Type, optional bool) {
	name, rest, nested := strings.Cut(path, ".")
	i := slices.Index(t.names, name)
	if i < 0 {
		i = len(t.names)
		t.names, t.children = append(t.names, name), append(t.children, new(tree))
	}
	if nested {
		t.children[i].put(rest, leaf, optional)
	} else {
		t.children[i].leaf, t.children[i].optional = leaf, optional
	}
}

func (t *tree) structType() reflect.Type {
	var fields []reflect.StructField
	for i, name := range t.names {
		field := optional("", name, t.children[i].leaf)
		if !t.children[i].optional {
			field.Tag = reflect.StructTag(fmt.Sprintf("json:%q", name))
		}
		if field.Type == nil {
			field.Type = t.children[i].structType()
		}
		field.Name = goName(fields, name)
		fields = append(fields, field)
	}
	return reflect.StructOf(fields)
}

// Answer sets a value of AnswerType from records, which are values of RecordType, and from
// the other lists.
func (o *Operation) Answer(v reflect.Value, records []reflect.Value) {
	list := fieldAt(v, o.items)
	list.Set(reflect.MakeSlice(list.Type(), len(records), len(records)))
	for i, record := range records {
		if record.Type() == list.Type().Elem() {
			list.Index(i).Set(record)
		} else if value := record.Field(len(owners)); !value.IsZero() { // a plain value
			list.Index(i).Set(reflect.Indirect(value))
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, path := range o.lists {
		if items := o.others[path]; items != nil {
			fill(fieldAt(v, path), items)
		}
	}
}

// fieldAt returns the field at the end of a path.
func fieldAt(v reflect.Value, path string) reflect.Value {
	for name := range strings.SplitSeq(path, ".") {
		t := v.Type()
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("json") == name {
				v = v.Field(i)
				break
			}
		}
	}
	return v
}

// optional is a field that a record may lack.
func optional(goName, name string, t reflect.Type) reflect.StructField {
	return reflect.StructField{Name: goName, Type: t, Tag: reflect.StructTag(fmt.Sprintf("json:%q render:\"optional\"", name))}
}

// recordName returns the name that a member of an item has in a record.
func recordName(member string) string {
	if slices.Contains(owners, member) {
		return "Own" + member
	}
	return member
}

// appendMember appends the field of a structure's member. outer are the structures around
// it.
func appendMember(fields []reflect.StructField, name string, s *catalog.Shape, outer []*catalog.Shape) []reflect.StructField {
	return append(fields, optional(goName(fields, name), name, memberType(s, outer)))
}

// goName returns an exported name of Go that no other field has.
func goName(fields []reflect.StructField, name string) string {
	name = strings.ToUpper(name[:1]) + strings.Map(func(r rune) rune {
		if r == '_' || r < 128 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, name[1:])
	for slices.ContainsFunc(fields, func(f reflect.StructField) bool { return f.Name == name }) {
		name += "_"
	}
	return name
}

// memberType returns the type of a member, whose nil is an absent value.
func memberType(s *catalog.Shape, outer []*catalog.Shape) reflect.Type {
	t := valueType(s, outer)
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Interface:
		return t
	}
	return reflect.PointerTo(t)
}

func valueType(s *catalog.Shape, outer []*catalog.Shape) reflect.Type {
	switch s.Kind() {
	case catalog.Boolean:
		return reflect.TypeFor[bool]()
	case catalog.Integer, catalog.Long:
		return reflect.TypeFor[int64]()
	case catalog.Float, catalog.Double:
		return reflect.TypeFor[float64]()
	case catalog.Blob:
		return reflect.TypeFor[[]byte]()
	case catalog.Timestamp:
		return reflect.TypeFor[time.Time]()
	case catalog.List:
		return reflect.SliceOf(elementType(s, outer))
	case catalog.Map:
		return reflect.MapOf(reflect.TypeFor[string](), elementType(s, outer))
	case catalog.Structure:
		if s.Traits().Document || slices.Contains(outer, s) { // any JSON, or a structure within itself
			return reflect.TypeFor[any]()
		}
		var fields []reflect.StructField
		outer = append(slices.Clip(outer), s)
		for _, m := range s.Members() {
			fields = appendMember(fields, m.Name, m.Shape, outer)
		}
		return reflect.StructOf(fields)
	}
	if s.Traits().HasJSON() {
		return reflect.TypeFor[any]()
	}
	return reflect.TypeFor[string]()
}

// elementType returns the type of the items of a list or the values of a map.
func elementType(s *catalog.Shape, outer []*catalog.Shape) reflect.Type {
	if s.Traits().Sparse { // null is not the same as empty
		return reflect.TypeFor[any]()
	}
	return valueType(s.Element().Shape, outer)
}

// Fill sets a value of RecordType to a record.
func (o *Operation) Fill(v reflect.Value, r *Record) {
	v.SetZero()
	v.Field(0).SetString(r.AccountId)
	v.Field(1).SetString(r.AccountName)
	v.Field(2).SetString(r.Region)
	t := v.Type()
	item := o.itemShape()
	object, _ := r.Item.(wire.Object)
	for i := len(owners); i < t.NumField(); i++ {
		f := t.Field(i)
		switch name := f.Tag.Get("json"); {
		case f.Tag.Get("render") == "" && name == "Profile":
			v.Field(i).SetString(r.Profile)
		case f.Tag.Get("render") == "":
			v.Field(i).SetString(r.Role)
		case !hasMembers(item):
			fill(v.Field(i), r.Item)
		default:
			fill(v.Field(i), object.Get(strings.TrimPrefix(name, ownPrefix(name))))
		}
	}
}

// ownPrefix returns Own for the name of a member that has an owner's name.
func ownPrefix(name string) string {
	if own, ok := strings.CutPrefix(name, "Own"); ok && slices.Contains(owners, own) {
		return "Own"
	}
	return ""
}

// fill sets a field to a value as package wire has it; nil leaves it as it is.
func fill(v reflect.Value, value any) {
	if value == nil {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch value := value.(type) {
	case []any:
		if v.Kind() != reflect.Slice {
			break
		}
		v.Set(reflect.MakeSlice(v.Type(), len(value), len(value)))
		for i := range value {
			fill(v.Index(i), value[i])
		}
		return
	case wire.Object:
		switch v.Kind() {
		case reflect.Map:
			v.Set(reflect.MakeMapWithSize(v.Type(), len(value)))
			for key, item := range value.All() {
				element := reflect.New(v.Type().Elem()).Elem()
				fill(element, item)
				v.SetMapIndex(reflect.ValueOf(key), element)
			}
			return
		case reflect.Struct:
			t := v.Type()
			for i := range t.NumField() {
				fill(v.Field(i), value.Get(t.Field(i).Tag.Get("json")))
			}
			return
		}
	}
	if v.Kind() == reflect.Interface {
		v.Set(reflect.ValueOf(plain(value)))
		return
	}
	v.Set(reflect.ValueOf(value))
}

// plain returns a value as filters and templates take any JSON: objects as maps, times and
// blobs as text.
func plain(value any) any {
	switch v := value.(type) {
	case wire.Object:
		m := make(map[string]any, len(v))
		for key, item := range v.All() {
			m[key] = plain(item)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case time.Time:
		return wire.FormatTime(v.UTC())
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return value
}

// RecordField is a field of an operation's records, for help.
type RecordField struct{ Name, Type string }

// Fields lists the fields of the operation's records.
func (o *Operation) Fields() (all []RecordField) {
	for _, name := range owners {
		all = append(all, RecordField{name, "string"})
	}
	switch item := o.itemShape(); {
	case item == nil:
	case hasMembers(item):
		for _, m := range item.Members() {
			all = append(all, RecordField{recordName(m.Name), Type(m.Shape)})
		}
	default:
		all = append(all, RecordField{"Value", Type(item)})
	}
	return all
}
