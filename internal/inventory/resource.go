package inventory

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/wire"
)

// Resource is a record of a kind. The kind decides which fields it has.
type Resource struct {
	AccountId, AccountName, Region string
	Profile, Role                  string

	Kind                 *Kind
	Id, Name, Arn, State string
	CreatedAt            time.Time // zero: unknown
	Tags                 map[string]string

	item   wire.Object
	lister *lister
}

// commonFields are the fields of the records of all kinds, behind the owners.
var commonFields = []string{"Kind", "Id", "Name", "Arn", "State", "CreatedAt", "Tags"}

// has reports whether the lister's resources have a common field.
func (l *lister) has(field string) bool {
	switch field {
	case "Name":
		return l.Name != nil || len(l.Tags) > 0
	case "Arn":
		return l.ARN != nil
	case "State":
		return l.State != nil
	case "CreatedAt":
		return l.Created != nil
	case "Tags":
		return len(l.Tags) > 0
	}
	return true
}

// fieldOf returns the name that a member of the item has in a record; "" if a common
// field has the same value, or if the list operation never returns the member.
func (l *lister) fieldOf(name string) string {
	if !slices.Contains(commonFields, name) && !slices.Contains(owners, name) {
		return name
	}
	source := map[string]texts{"Id": l.ID, "Name": l.Name, "Arn": l.ARN, "State": l.State, "CreatedAt": l.Created, "Tags": l.Tags}[name]
	if source.isMember(name) || source != nil && len(source) == 0 {
		return ""
	}
	return "Own" + name
}

// resource returns the record of an item.
func (l *lister) resource(k *Kind, r Resource, item wire.Object, p placeText) Resource {
	r.Kind, r.item, r.lister = k, item, l
	r.Id, r.Arn, r.State = l.ID.text(item, p), l.ARN.text(item, p), l.State.text(item, p)
	r.CreatedAt = timeOf(l.Created.value(item, p))
	r.Tags = tagsOf(l.Tags.value(item, p))
	if r.Name = l.Name.text(item, p); l.Name == nil {
		r.Name = r.Tags["Name"]
	}
	if l.Region != nil {
		r.Region = l.Region.text(item, p)
	}
	return r
}

// timeLayouts are the forms in which services write a time as text.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05", time.DateOnly}

// timeOf returns the time that a value is: a timestamp, a text, or a number of seconds or
// milliseconds since 1970, which may be a text, too.
func timeOf(value any) time.Time {
	switch v := value.(type) {
	case time.Time:
		return v
	case string:
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, v); err == nil {
				return t
			}
		}
		if number, err := strconv.ParseFloat(v, 64); err == nil {
			return timeOf(number)
		}
	case int64:
		return timeOf(float64(v))
	case float64:
		const year5138 = 100_000_000_000 // in seconds
		if v < year5138 {
			v *= 1000
		}
		return time.UnixMilli(int64(v)).UTC()
	}
	return time.Time{}
}

// tagsOf returns tags, which services have as maps, or as lists of keys and values in
// several spellings.
func tagsOf(value any) map[string]string {
	tags := map[string]string{}
	switch v := value.(type) {
	case wire.Object:
		for key, value := range v.All() {
			tags[key] = plainText(value)
		}
	case []any:
		for _, item := range v {
			tag, _ := item.(wire.Object)
			var key, text string
			for name, value := range tag.All() {
				switch strings.TrimPrefix(strings.ToLower(name), "tag") {
				case "key":
					key = plainText(value)
				case "value":
					text = plainText(value)
				}
			}
			tags[key] = text
		}
	}
	return tags
}

// RecordType returns the type of the records. more are the fields Profile and Role,
// where they are wanted. Members of different kinds that have the same name and not the
// same type may be of any type.
func (r *Resources) RecordType(more ...string) reflect.Type {
	var fields []reflect.StructField
	for _, name := range append(slices.Clone(owners), "Kind", "Id") {
		fields = append(fields, reflect.StructField{Name: name, Type: reflect.TypeFor[string]()})
	}
	for _, name := range commonFields[2:] {
		some, all := r.have(name)
		var t reflect.Type
		switch {
		case !some:
			continue
		case name == "CreatedAt":
			t, all = reflect.TypeFor[*time.Time](), false
		case name == "Tags":
			t = reflect.TypeFor[map[string]string]()
		case all:
			t = reflect.TypeFor[string]()
		default:
			t = reflect.TypeFor[*string]()
		}
		f := reflect.StructField{Name: name, Type: t}
		if !all {
			f = optional(name, name, t)
		}
		fields = append(fields, f)
	}
	fields = r.appendItemFields(fields)
	for _, name := range more {
		fields = append(fields, reflect.StructField{Name: name + "_", Tag: reflect.StructTag(fmt.Sprintf("json:%q", name)), Type: reflect.TypeFor[string]()})
	}
	return reflect.StructOf(fields)
}

// have reports whether resources of some listers have a common field, and of all.
func (r *Resources) have(field string) (some, all bool) {
	all = true
	for _, l := range r.listers() {
		some, all = some || l.has(field), all && l.has(field)
	}
	return some, all
}

func (r *Resources) appendItemFields(fields []reflect.StructField) []reflect.StructField {
	position := map[string]int{}
	for _, l := range r.listers() {
		for _, m := range l.members {
			name := l.fieldOf(m.name)
			if name == "" {
				continue
			}
			t := memberType(m.shape, nil)
			if i, found := position[name]; !found {
				position[name] = len(fields)
				fields = append(fields, optional(goName(fields, name), name, t))
			} else if fields[i].Type != t {
				fields[i].Type = reflect.TypeFor[any]()
			}
		}
	}
	return fields
}

// Fill sets a value of RecordType to a record.
func (r *Resources) Fill(v reflect.Value, record *Resource) {
	v.SetZero()
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("json")
		if name == "" {
			name = f.Name
		}
		switch value, isCommon := record.common(name); {
		case name == "Profile" && f.Tag.Get("render") == "":
			v.Field(i).SetString(record.Profile)
		case name == "Role" && f.Tag.Get("render") == "":
			v.Field(i).SetString(record.Role)
		case name == "Tags" && record.lister.has(name):
			v.Field(i).Set(reflect.ValueOf(record.Tags))
		case name == "CreatedAt":
			if !record.CreatedAt.IsZero() {
				v.Field(i).Set(reflect.ValueOf(&record.CreatedAt))
			}
		case isCommon && record.lister.has(name):
			fill(v.Field(i), value)
		case !isCommon:
			fill(v.Field(i), record.Member(name))
		}
	}
}

// common returns the value of a field that is text and that kinds share.
func (r *Resource) common(field string) (text string, isCommon bool) {
	switch field {
	case "AccountId":
		return r.AccountId, true
	case "AccountName":
		return r.AccountName, true
	case "Region":
		return r.Region, true
	case "Kind":
		return r.Kind.Name, true
	case "Id":
		return r.Id, true
	case "Name":
		return r.Name, true
	case "Arn":
		return r.Arn, true
	case "State":
		return r.State, true
	}
	return "", false
}

// Member returns the value of a member of AWS's answer, by its name in a record.
func (r *Resource) Member(field string) any {
	if own, ok := strings.CutPrefix(field, "Own"); ok && r.lister.fieldOf(own) == field {
		field = own
	}
	return r.item.Get(field)
}
